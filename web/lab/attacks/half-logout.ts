/** 12: a logout that only the browser knows of. */

import { readCookie } from '../../../src/http/cookie.ts'
import { createTestIssuer } from '../../../src/testing/test-issuer.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { createBrowser } from '../browser/browser.ts'
import { BANK, type Bank, bearer, createBank, LOGIN, message, paying, stealing, tokenBank } from './bank.ts'
import type { Exercise, Stage } from './exercise.ts'
import { createProduct } from './product.ts'

/** Another service, which is handed tokens of the session. */
const API = 'https://api.bank.test'

interface Scene {
  readonly bank: Bank
  readonly api: Bank
  signIn(): Promise<string>
  /** A token of the session, for the other service. */
  mint(cookie: string): Promise<string>
  /** @returns `Set-Cookie` */
  signOut(cookie: string): Promise<string>
}

export const halfLogout: Exercise = {
  id: 'half-logout',
  title: 'The logout that does not log out',
  attackerHas: "a copy of alice's cookie and of a token, from the shared computer where she signed out",
  naive:
    'The session is a signed text in the cookie, and signing out removes the cookie from the browser. The server has nothing to end.',
  naiveCode: `const naiveSignOut = async () => 'sid=; Path=/; Max-Age=0'`,
  defence:
    'auth.signOut ends the session in the store and returns when every verifier refuses it: the cookie, its copies, and the tokens that were made from it.',
  remains: [
    'What was downloaded before stays downloaded: pages in a cache, files on disk. Clear-Site-Data, which the product can send, empties what the browser keeps.',
    'Each application of a single sign-on has a session of its own: the SSO screen shows what reaches them, and when.',
    'Signing out is not signing out everywhere: other browsers have other sessions, which revoke({ subject }) ends.',
  ],
  async attack(server, stage) {
    const scene = server === 'naive' ? await naiveScene(stage) : await productScene(stage)
    const { bank, api } = scene
    const browser = createBrowser(stage.clock.wallMs)
    const visit = () => browser.send({ kind: 'typed', method: 'GET', url: `${BANK}/balance`, page: null })
    const keep = (line: string) => browser.keep({ headers: new Headers([['set-cookie', line]]) }, visit().exchange)
    keep(await scene.signIn())
    const { request } = visit()
    const cookie = request.headers.get('cookie') ?? ''
    stage.tell('alice', 'signs in and pays 20 to bob', await bank.handle(paying({ cookie, origin: BANK })))
    const token = await scene.mint(cookie)
    stage.tell('attacker', 'copies the cookie, and a token that the page got for another service')
    keep(await scene.signOut(cookie))
    stage.tell('alice', `signs out; cookies left in the browser: ${browser.jar.list(stage.clock.wallMs()).length}`)
    stage.tell(
      'attacker',
      'sends a transfer with the copied cookie',
      await bank.handle(stealing({ cookie, origin: BANK })),
    )
    stage.tell(
      'attacker',
      'sends a transfer to the other service, with the copied token',
      await api.handle(stealing(bearer(token))),
    )
    return [...bank.book, ...api.book]
  },
}

async function naiveScene(stage: Stage): Promise<Scene> {
  const issuer = await createTestIssuer({ issuer: LOGIN, audience: BANK, clock: stage.clock.now })
  const { verify } = createVerifier(issuer.verifierOptions)
  const naiveSignOut = async () => 'sid=; Path=/; Max-Age=0'
  return {
    bank: createBank({
      identify: async ({ headers }) => (await verify(readCookie(headers.get('cookie') ?? '', 'sid') ?? '')).sub,
    }),
    api: tokenBank(verify),
    signIn: async () => `sid=${await issuer.token({ sub: 'alice' })}; Path=/; Secure; HttpOnly; SameSite=Lax`,
    mint: async () => issuer.token({ sub: 'alice' }),
    signOut: naiveSignOut,
  }
}

async function productScene(stage: Stage): Promise<Scene> {
  const auth = stage.opened(await createProduct(stage.clock, BANK, { audiences: { [API]: {} } }))
  const asked = (cookie: string) => message('POST', '/', { cookie, origin: BANK })
  const { verify } = createVerifier({
    keys: await auth.keys.publicKeys(),
    issuer: BANK,
    audience: API,
    clock: stage.clock.now,
    revocations: auth.revocations,
  })
  return {
    bank: createBank({ identify: async (request) => (await auth.require(request)).subject }),
    api: tokenBank(verify),
    signIn: async () => (await auth.logIn({ subject: 'alice' }, message('POST', '/sign-in'))).setCookie ?? '',
    mint: async (cookie) => (await auth.mint(await auth.require(asked(cookie)), { audience: API })).accessToken,
    signOut: async (cookie) => (await auth.signOut(asked(cookie))).setCookie ?? '',
  }
}
