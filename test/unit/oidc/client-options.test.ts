/** What `createOidcLogin` refuses at the start, and how many sign-ins one browser may have under way. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAuth } from '../../../src/index.ts'
import { createOidcLogin, type OidcLoginOptions } from '../../../src/oidc/client/index.ts'
import { checkOptions } from '../../../src/oidc/client/options.ts'
import { createTransactions } from '../../../src/oidc/client/transaction.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { SECRET } from '../../support/sso-client.ts'

function given(change: Partial<OidcLoginOptions> = {}): OidcLoginOptions {
  const store = createMemoryStore()
  const auth = createAuth({ store, issuer: 'https://app.example', secrets: SECRET })
  onTestFinished(async () => {
    await auth.close()
    await store.close()
  })
  const redirectUri = 'https://app.example/auth/sso/callback'
  return { auth, store, secrets: SECRET, issuer: 'https://id.example', clientId: 'app', redirectUri, ...change }
}

describe('the options', () => {
  it.each<[Partial<OidcLoginOptions>, RegExp]>([
    [{ issuer: 'http://id.example' }, /issuer is https/],
    [{ issuer: 'https://user:word@id.example' }, /credentials/],
    [{ redirectUri: 'http://app.example/auth/sso/callback' }, /redirectUri is https/],
    [{ redirectUri: 'https://app.example/callback' }, /two segments/],
    [{ redirectUri: 'https://app.example/auth/sso/callback?x=1' }, /nothing behind it/],
    [{ clientId: '' }, /clientId/],
    [{ clientSecret: '' }, /clientSecret/],
    [{ scopes: ['email'] }, /openid/],
    [{ timeoutSeconds: 0 }, /timeoutSeconds/],
    [{ afterSignOut: 'https://evil.example' }, /afterSignOut/],
    [{ secrets: 'short' }, /32 characters/],
    [{ allowInsecureCookie: true }, /localhost only/],
  ])('%o is refused', (change, message) => {
    expect(() => createOidcLogin(given(change))).toThrow(TypeError)
    expect(() => createOidcLogin(given(change))).toThrow(message)
  })

  it('put all routes beside the callback, and the auth takes them once', () => {
    const options = given()
    const auth = options.auth as ReturnType<typeof createAuth>
    const { routes } = createOidcLogin(options)
    auth.mount(routes)
    expect(auth.covers('/auth/sso/backchannel-logout')).toBe(true)
    expect(auth.covers('/auth/session')).toBe(true)
    expect(() => auth.mount(routes)).toThrow(/two routes/)
  })
})

it('of sign-ins under way a browser keeps four', async () => {
  const transactions = createTransactions(checkOptions(given()))
  const asked = { returnTo: '/', maxAge: null, acr: [], prompt: null }
  const cookies: string[] = []
  for (let i = 0; i < 4; i++) {
    const { setCookies } = await transactions.begin(asked, cookies.join('; '))
    expect(setCookies).toHaveLength(1)
    cookies.push(setCookies[0]?.split(';')[0] ?? '')
  }
  expect(cookies.join('; ').length).toBeLessThan(4096)
  const { setCookies } = await transactions.begin(asked, cookies.join('; '))
  expect(setCookies.map((line) => line.includes('Max-Age=0'))).toEqual([true, true, true, true, false])
})
