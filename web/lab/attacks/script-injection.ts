/** 10: a script of the attacker on the bank's own page (XSS): what it can take away, and what it can do there. */
import { createTestIssuer } from '../../../src/testing/test-issuer.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { type Asking, createBrowser, type SimulatedBrowser } from '../browser/browser.ts'
import { type Answer, BANK, type Bank, bearer, createBank, LOGIN, stealing, tokenBank } from './bank.ts'
import type { Exercise, Stage } from './exercise.ts'
import { createProduct } from './product.ts'

const PAGE = `${BANK}/account`
const RECENT_SECONDS = 300

interface Scene {
  readonly bank: Bank
  /** What a script can read there. */
  readonly storage: Map<string, string>
  signIn(browser: SimulatedBrowser): Promise<void>
  /** What a script does there, with alice's own browser. */
  ride(browser: SimulatedBrowser, asking: Asking): Promise<Answer>
  /** Sends for a token that could be taken away. */
  askForToken(browser: SimulatedBrowser): Promise<Answer>
}

export const scriptInjection: Exercise = {
  id: 'script-injection',
  title: "A script on the bank's own page (XSS): take away, or ride along",
  attackerHas: "a line of script in the bank's page, by a careless template or a bad package",
  naive: 'The page keeps its access token in localStorage, and a transfer needs nothing but the token.',
  naiveCode: `storage.set('access_token', await issuer.token({ sub: 'alice' }))`,
  defence:
    'The session is an HttpOnly cookie, so no script can read it and no token lies in the page; the transfer demands a sign-in of the last five minutes (auth.demand).',
  remains: [
    'HttpOnly stops taking away, not riding along: the script asks for the balance from inside the page, the browser adds the cookie, and the bank answers. The run shows it.',
    'Just after alice has signed in, the script could send the transfer as well. Only what the script does not have helps then: a confirmation by passkey, or on another device.',
    "Keep scripts out in the first place: encoding, Content-Security-Policy, Trusted Types. No session design repairs a page that runs strangers' code.",
  ],
  async attack(server, stage) {
    const scene = server === 'naive' ? await naiveScene(stage) : await productScene(stage)
    const browser = createBrowser(stage.clock.wallMs)
    await scene.signIn(browser)
    const pay = {
      kind: 'fetch',
      method: 'POST',
      url: `${BANK}/transfer`,
      page: PAGE,
      fields: { to: 'bob', amount: '20' },
    } as const
    stage.tell('alice', 'signs in and pays 20 to bob', await scene.ride(browser, pay))
    stage.tell('alice', 'opens the page with the script an hour later')
    stage.clock.advance(3600)
    if (server === 'naive') await scene.signIn(browser)
    const taken = [...scene.storage.values()].join('')
    const read = browser.readCookies(PAGE)
    stage.figure('credentials that the script could read', taken.length + read.length, 'characters')
    stage.tell(
      'attacker',
      `the script reads the page's storage (${taken.length} characters) and document.cookie (${read.length})`,
    )
    const elsewhere = await scene.bank.handle(stealing(taken === '' ? {} : bearer(taken)))
    stage.tell('attacker', 'sends the transfer from his own machine, with what was read', elsewhere)
    stage.tell('attacker', 'the script asks for a token that it could take away', await scene.askForToken(browser))
    const transfer = { ...pay, fields: { to: 'mallory', amount: '100' } }
    stage.tell('attacker', 'the script sends the transfer from inside the page', await scene.ride(browser, transfer))
    const look = await scene.ride(browser, { kind: 'fetch', method: 'GET', url: `${BANK}/balance`, page: PAGE })
    stage.tell('attacker', 'the script asks for the balance from inside the page', look)
    return scene.bank.book
  },
}

async function naiveScene(stage: Stage): Promise<Scene> {
  const issuer = await createTestIssuer({ issuer: LOGIN, audience: BANK, clock: stage.clock.now })
  const bank = tokenBank(createVerifier(issuer.verifierOptions).verify)
  const storage = new Map<string, string>()
  const held = () => bearer(storage.get('access_token') ?? '')
  return {
    bank,
    storage,
    async signIn() {
      storage.set('access_token', await issuer.token({ sub: 'alice' }))
    },
    ride: (browser, asking) => bank.handle(browser.send({ ...asking, headers: held() }).request),
    askForToken: async () => ({ status: 200, code: null, text: 'it has one already' }),
  }
}

async function productScene(stage: Stage): Promise<Scene> {
  const auth = stage.opened(await createProduct(stage.clock, BANK))
  const recent = auth.demand({ maxAge: RECENT_SECONDS })
  const bank = createBank({
    async identify(request) {
      const login = await auth.require(request)
      return (request.method === 'POST' ? await recent(login, request) : login).subject
    },
  })
  return {
    bank,
    storage: new Map(),
    async signIn(browser) {
      const { request, exchange } = browser.send({
        kind: 'top-post',
        method: 'POST',
        url: `${BANK}/sign-in`,
        page: `${BANK}/`,
      })
      const { setCookie } = await auth.logIn({ subject: 'alice' }, request)
      browser.keep({ headers: new Headers([['set-cookie', setCookie ?? '']]) }, exchange)
    },
    ride: (browser, asking) => bank.handle(browser.send(asking).request),
    async askForToken(browser) {
      const asking: Asking = { kind: 'fetch', method: 'POST', url: `${BANK}/auth/token`, page: PAGE, fields: {} }
      const { status, body } = await auth.handler(browser.send(asking).request)
      const { code = null, detail = 'a token' } = JSON.parse(String(body)) as { code?: string; detail?: string }
      return { status, code, text: detail }
    },
  }
}
