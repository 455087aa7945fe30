/** A throw-away account and its devices, over the server's real routes, with the product's own client. */

import type { Client } from '../../../src/client/client.ts'
import { createCookieClient } from '../../../src/client/cookie-client.ts'
import { randomId } from '../../../src/crypto/random.ts'

export type Who = 'this browser' | 'second device'

/** A request as it went over the wire. */
export interface Seen {
  readonly who: Who
  readonly what: string
  readonly status: number
  readonly ms: number
  /** Whether a script may read a `Set-Cookie` of the answer. */
  readonly setCookie: string | null
}

export interface Devices {
  readonly email: string
  readonly browser: Client
  signUp(): ReturnType<Client['signUp']>
  /** A login whose cookie this browser does not keep, as if it had gone to another device. */
  signInElsewhere(): ReturnType<Client['signIn']>
}

export function createDevices(onRequest: (seen: Seen) => void): Devices {
  const email = `lab-${randomId().slice(0, 12).toLowerCase()}@example.org`
  // Nobody is told it: the account is lost when the page is closed.
  const password = `${randomId()}-${randomId()}`
  const watched =
    (who: Who, more: RequestInit = {}) =>
    async (input: string | Request, init?: RequestInit) => {
      const started = performance.now()
      const response = await fetch(input, { ...init, ...more })
      const { pathname, search } = new URL(response.url)
      const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
      const setCookie = response.headers.get('set-cookie')
      const ms = performance.now() - started
      onRequest({ who, what: `${method} ${pathname}${search}`, status: response.status, ms, setCookie })
      return response
    }
  const browser = createCookieClient({ mode: 'cookie', environment: { fetch: watched('this browser') } })
  const elsewhere = createCookieClient({
    mode: 'cookie',
    name: 'second device',
    environment: { fetch: watched('second device', { credentials: 'omit' }) },
  })
  return {
    email,
    browser,
    signUp: () => browser.signUp({ email, password }),
    async signInElsewhere() {
      const answer = await elsewhere.signIn({ email, password })
      const isThrownAway = !answer.ok && answer.problem.code === 'session.cookie_not_kept'
      return isThrownAway ? { ok: true, value: { deviceToken: null } } : answer
    },
  }
}
