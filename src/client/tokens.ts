/** A pair of tokens with the time at which it came, and how it travels. */
import type { Environment } from './environment.ts'
import { fail, member, type Result, succeed } from './result.ts'

export interface Tokens {
  /** null for a token of the bridge, which has none. */
  readonly refreshToken: string | null
  /** null when only the refresh token was kept. */
  readonly accessToken: string | null
  readonly lifeMs: number
  /** Before the request for it was sent, on either clock. */
  readonly monoMs: number
  readonly wallMs: number
  /** How long before its end it is worth refreshing; not the same in every client, so that they do not come all at once. */
  readonly aheadMs: number
}

/** When something was asked for, on either clock. */
export type Asked = Pick<Tokens, 'monoMs' | 'wallMs'>

type Clocks = Pick<Environment, 'monoMs' | 'wallMs' | 'random'>

export function tokens(
  { monoMs, wallMs, random }: Clocks,
  given: Pick<Tokens, 'refreshToken' | 'accessToken' | 'lifeMs'>,
  elapsedMs = 0,
): Tokens {
  return {
    ...given,
    monoMs: monoMs() - elapsedMs,
    wallMs: wallMs() - elapsedMs,
    aheadMs: given.lifeMs * (0.2 + random() / 10),
  }
}

/**
 * Milliseconds since the tokens were asked for. Only the pace of the clocks counts, never what the wall clock shows; of the
 * two the faster, because a monotonic clock may stand still while a machine sleeps.
 */
export function elapsed({ monoMs, wallMs }: Clocks, since: Tokens): number {
  return Math.max(monoMs() - since.monoMs, wallMs() - since.wallMs)
}

/** `due`: good, but worth refreshing. `spent`: must not be sent any more. */
export function freshness(clocks: Clocks, of: Tokens): 'good' | 'due' | 'spent' {
  const leftMs = of.accessToken === null ? 0 : of.lifeMs - elapsed(clocks, of)
  if (leftMs > of.aheadMs) return 'good'
  return leftMs > Math.min(5000, of.lifeMs / 10) ? 'due' : 'spent'
}

export function leftSeconds(clocks: Clocks, of: Tokens): number {
  return Math.floor((of.lifeMs - elapsed(clocks, of)) / 1000)
}

/** What may stand in an `Authorization` header. */
const TOKEN = /^[\x21-\x7e]{1,16384}$/

/** Reads `{access_token, refresh_token, expires_in}` (RFC 6749 §5.1). @param pair there must be a refresh token */
export function readTokens(clocks: Clocks, value: unknown, asked: Asked, pair = true): Result<Tokens> {
  const accessToken = member(value, 'access_token')
  const refreshToken = member(value, 'refresh_token')
  const seconds = member(value, 'expires_in')
  if (
    typeof accessToken !== 'string' ||
    !TOKEN.test(accessToken) ||
    (pair && typeof refreshToken !== 'string') ||
    typeof seconds !== 'number' ||
    !(seconds >= 0)
  ) {
    return fail('client.answer', 200)
  }
  const given = { refreshToken: pair ? String(refreshToken) : null, accessToken, lifeMs: seconds * 1000 }
  return succeed({ ...tokens(clocks, given), ...asked })
}
