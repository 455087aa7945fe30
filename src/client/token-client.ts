/** Token mode: the client holds an access token and the refresh token that brings the next one. */
import { createAuthorizedFetch } from './authorized-fetch.ts'
import { type Client, createClientBy, type Parts, type Way } from './client.ts'
import type { Environment } from './environment.ts'
import { checkOrigin, type TokenClientOptions } from './options.ts'
import { createRefresher } from './refresher.ts'
import { fail, member, SIGNED_OUT, succeed } from './result.ts'
import { createTokenHolder } from './token-holder.ts'
import { leftSeconds, readTokens } from './tokens.ts'
import { exclusive } from './turns.ts'

/** @throws TypeError for an origin that is none or would send tokens in the clear */
export function createTokenClient(options: TokenClientOptions): Client {
  return createClientBy(options, (parts) => byToken(options, parts))
}

function byToken({ audience, origins = [], storage }: TokenClientOptions, parts: Parts): Way {
  const environment: Environment = { exclusive, ...parts.environment }
  const { events, listener, issuer, name, plainly, readTold, told, learn, session } = parts
  const holder = createTokenHolder(environment, events, name, listener, storage)
  const refresher = createRefresher(environment, events, holder, name, plainly)
  const allowed = new Set([issuer, ...origins.map(checkOrigin)])
  const authorized = createAuthorizedFetch(environment, holder, refresher, allowed, () => void checkClaims())

  let checking = false

  /** After a token was refused because its claims are old. */
  async function checkClaims(): Promise<void> {
    if (checking) return
    checking = true
    const known = told().claims !== null
    if (!(await session()).ok) learn({ ...told(), claims: null }, true)
    else if (!known) learn(told(), true)
    checking = false
  }

  return {
    holder,
    fetch: authorized.fetch,
    async ready() {
      await holder.load()
      return !!holder.current()?.tokens
    },
    terms: { audience },
    async begin(answer, asked) {
      const pair = readTokens(environment, answer, asked)
      if (!pair.ok) return pair
      await holder.start(pair.value)
      const token = member(answer, 'device_token')
      return succeed({ deviceToken: typeof token === 'string' ? token : null })
    },
    idle: () => (holder.loaded() ? 'signedOut' : 'unknown'),
    confirm: async () => undefined,

    async signOut() {
      await holder.load()
      const refreshToken = holder.current()?.tokens?.refreshToken
      if (!refreshToken) return succeed(null)
      await holder.end(null, 'here')
      const body = new URLSearchParams({ token: refreshToken })
      return plainly({ method: 'POST', path: '/oauth/revoke', body })
    },

    async endOthers(request) {
      const login = await authorized.ready(false)
      if (!login) return SIGNED_OUT
      if ('code' in login) return { ok: false, problem: login }
      const asked = { monoMs: environment.monoMs(), wallMs: environment.wallMs() }
      // The answer brings the pair of a new family, and the old one is dead: nobody may spend its token meanwhile.
      return environment.exclusive(name, async () => {
        const now = holder.current() ?? login
        const answer = await plainly({ ...request, bearer: now.tokens?.accessToken ?? '' })
        const pair = answer.ok ? readTokens(environment, answer.value, asked) : answer
        if (!pair.ok) return pair
        await holder.renew(now, pair.value)
        readTold(null)
        return answer
      })
    },

    async tokenFor(wanted, scope) {
      if (wanted !== (audience ?? issuer) || scope !== undefined) {
        return fail('policy.denied', 403, null, 'sign in for this audience')
      }
      const login = await authorized.ready(true)
      if (login && 'code' in login) return { ok: false, problem: login }
      const tokens = login?.tokens
      return tokens?.accessToken
        ? succeed({ accessToken: tokens.accessToken, expiresInSeconds: leftSeconds(environment, tokens) })
        : SIGNED_OUT
    },

    forget: () => undefined,
  }
}
