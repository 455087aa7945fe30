/** The routes over the real logins on the memory store, asked without sockets. */
import { createIdentify } from '../../src/http/identify.ts'
import type { HttpResponse } from '../../src/http/message.ts'
import { createOriginPolicy } from '../../src/http/origin.ts'
import { createRouter } from '../../src/http/router.ts'
import { authRoutes } from '../../src/http/routes/auth-routes.ts'
import type { RouteParts } from '../../src/http/routes/parts.ts'
import { createSessionCookie } from '../../src/http/session-cookie.ts'
import { createTestClock } from '../../src/testing/clock.ts'
import { memoryLogins } from './memory-logins.ts'

export const ORIGIN = 'https://app.example'
export const COOKIE = '__Host-Http-sid'
export const NOW = 1_800_000_000

export interface Answer extends HttpResponse {
  readonly json: Record<string, unknown>
  readonly cookies: readonly string[]
}

const DEVICE = { userAgent: 'curl', address: null }

export async function httpParts(more: Partial<RouteParts> = {}) {
  const { logins, keys, clock, state, live } = await memoryLogins(ORIGIN, {
    clock: createTestClock({ now: NOW }),
    audiences: { 'for-browsers': { browser: true }, api: { scopes: ['read'] } },
  })
  // As an application does by `ready`.
  await logins.prepare()
  const origins = createOriginPolicy(ORIGIN)
  const cookie = createSessionCookie(ORIGIN)
  const identify = createIdentify(logins, cookie, origins)
  const parts: RouteParts = { logins, origins, cookie, identify, clock, keys, ...more }
  const router = createRouter({ routes: authRoutes(parts), origins })

  const ask = async (
    method: string,
    url: string,
    { body, ...headers }: Record<string, string | undefined> = {},
  ): Promise<Answer> => {
    const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)
    const response = await router.handle({
      method,
      url,
      headers: new Headers([['host', 'app.example'], ...given]),
      body: body ?? null,
    })
    const json = typeof response.body === 'string' && response.body.startsWith('{') ? JSON.parse(response.body) : {}
    return { ...response, json: json as Record<string, unknown>, cookies: response.headers.getSetCookie() }
  }

  const signIn = async (subject = 'alice', presentedCookie?: string) => {
    const { session, cookie: value } = await logins.logIn({
      subject,
      mode: 'cookie',
      device: DEVICE,
      amr: ['pwd'],
      ...(presentedCookie ? { presentedCookie } : {}),
    })
    return { id: session.id, value: value ?? '', headers: { cookie: `${COOKIE}=${value}`, origin: ORIGIN } }
  }

  const signInWithTokens = async (subject = 'alice') => {
    const { session, tokens } = await logins.logIn({ subject, mode: 'token', device: DEVICE })
    const access = tokens?.accessToken ?? ''
    return {
      id: session.id,
      access,
      refresh: tokens?.refreshToken ?? '',
      headers: { authorization: `Bearer ${access}` },
    }
  }
  return { parts, logins, state, live, router, ask, signIn, signInWithTokens }
}
