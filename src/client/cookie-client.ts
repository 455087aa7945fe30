/** Cookie mode: the browser holds an HttpOnly cookie, there is nothing to refresh; left is to notice when it is over. */
import { createAudienceTokens } from './audience-tokens.ts'
import type { FetchLike } from './calls.ts'
import { type Client, createClientBy, type Parts, type Way } from './client.ts'
import type { CookieClientOptions } from './options.ts'
import { refusal, retryAfter, succeed } from './result.ts'
import { createLoginHolder } from './shared-login.ts'

/** A page's login before it has asked. */
const UNKNOWN = { at: 1, id: '', n: 0, tokens: null, ended: null }

/** @throws TypeError for an origin that is none */
export function createCookieClient(options: CookieClientOptions): Client {
  return createClientBy(options, byCookie)
}

function byCookie({ environment, events, listener, issuer, name, plainly, asMyself, told, readTold }: Parts): Way {
  const holder = createLoginHolder(environment, events, name, listener)
  const audienceTokens = createAudienceTokens(environment, asMyself)
  let nobody = false

  const cookieFetch: FetchLike = async (input, init) => {
    const request = input instanceof Request ? input : null
    const url = request ? request.url : new Request(input).url
    // What is answered later is about the login of now.
    const of = holder.current()
    const response = await environment.fetch(request ?? url, request ? init : { credentials: 'same-origin', ...init })
    if (new URL(response.url || url).origin !== issuer) return response
    if (response.status === 503) events.emit({ type: 'unavailable', retryAfterSeconds: retryAfter(response) ?? 5 })
    const code = await refusal(response)
    if (code === 'session.ended') {
      const { expiresAt } = told()
      const early = expiresAt !== null && environment.wallMs() < expiresAt * 1000
      await holder.end(of ?? UNKNOWN, early ? 'elsewhere' : 'expired')
    } else if (code === 'credentials.missing') {
      nobody = true
      // The browser has dropped the cookie.
      if (of && !of.ended) await holder.end(of, 'expired')
    }
    return response
  }

  return {
    holder,
    fetch: cookieFetch,
    ready: async () => true,
    terms: {},
    async begin(answer) {
      // A browser may have refused the cookie: then nobody is signed in, and the server says what to do.
      const kept = await plainly({ method: 'GET', path: '/auth/cookie-check' })
      if (!kept.ok) return kept
      const begun = holder.start(null)
      readTold(answer)
      await begun
      return succeed({ deviceToken: null })
    },
    idle: () => (nobody ? 'signedOut' : 'unknown'),
    async confirm() {
      if (holder.current()) await holder.start(null)
      else holder.confirm(UNKNOWN)
    },
    async signOut() {
      const answer = await plainly({ method: 'POST', path: '/auth/sign-out', body: {} })
      if (answer.ok) await holder.end(null, 'here')
      return answer
    },
    async endOthers(request) {
      const answer = await asMyself(request)
      if (answer.ok) readTold(answer.value)
      return answer
    },
    tokenFor: audienceTokens.get,
    forget: audienceTokens.forget,
  }
}
