/** Tokens of the token bridge: one per audience and scope, in memory, asked for once at a time. */
import type { AudienceToken } from './answers.ts'
import type { Call } from './calls.ts'
import type { Machine } from './environment.ts'
import { type Result, succeed } from './result.ts'
import { freshness, leftSeconds, readTokens, type Tokens } from './tokens.ts'

export interface AudienceTokens {
  get(audience: string, scope?: string): Promise<Result<AudienceToken>>
  /** Drops all; what is under way is not kept either. */
  forget(): void
}

export function createAudienceTokens(
  environment: Machine,
  ask: (request: Call) => Promise<Result<unknown>>,
): AudienceTokens {
  let kept = new Map<string, Tokens>()
  let flights = new Map<string, Promise<Result<Tokens>>>()

  const obtain = async (key: string, body: object): Promise<Result<Tokens>> => {
    const [mine, flying] = [kept, flights]
    const asked = { monoMs: environment.monoMs(), wallMs: environment.wallMs() }
    const answer = await ask({ method: 'POST', path: '/auth/token', body })
    const read = answer.ok ? readTokens(environment, answer.value, asked, false) : answer
    if (read.ok) mine.set(key, read.value)
    flying.delete(key)
    return read
  }

  return {
    async get(audience, scope) {
      const key = JSON.stringify([audience, scope])
      let token = kept.get(key)
      if (!token || freshness(environment, token) !== 'good') {
        const flight = flights.get(key) ?? obtain(key, { audience, scope })
        flights.set(key, flight)
        const read = await flight
        if (!read.ok) return read
        token = read.value
      }
      return succeed({ accessToken: token.accessToken ?? '', expiresInSeconds: leftSeconds(environment, token) })
    },
    forget() {
      kept = new Map()
      flights = new Map()
    },
  }
}
