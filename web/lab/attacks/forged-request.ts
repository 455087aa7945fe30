/** 9: requests that other pages make with alice's cookie (CSRF), one for each way in which a browser sends requests. */
import { randomId } from '../../../src/crypto/random.ts'
import { readCookie } from '../../../src/http/cookie.ts'
import { type Asking, createBrowser } from '../browser/browser.ts'
import { withheldText } from '../jar/reasons.ts'
import { BANK, type Bank, createBank, message, Refusal } from './bank.ts'
import type { Exercise, Stage } from './exercise.ts'
import { createProduct } from './product.ts'

const EVIL = 'https://evil.test/win'
const SIBLING = 'https://blog.bank.test/post'
const FIELDS = { to: 'mallory', amount: '100' }

/** How a page makes a browser send something. */
const CONTEXTS: readonly (readonly [what: string, asking: Asking])[] = [
  [
    'a form on evil.test that sends itself',
    { kind: 'top-post', method: 'POST', url: `${BANK}/transfer`, page: EVIL, fields: FIELDS },
  ],
  [
    'a link on evil.test',
    { kind: 'top-get', method: 'GET', url: `${BANK}/transfer?to=mallory&amount=100`, page: EVIL },
  ],
  [
    'a fetch by a script of evil.test',
    { kind: 'fetch', method: 'POST', url: `${BANK}/transfer`, page: EVIL, fields: FIELDS },
  ],
  [
    'a form in a hidden frame of evil.test',
    { kind: 'iframe', method: 'POST', url: `${BANK}/transfer`, page: EVIL, fields: FIELDS },
  ],
  [
    'a form on blog.bank.test, a sibling that was taken over',
    { kind: 'top-post', method: 'POST', url: `${BANK}/transfer`, page: SIBLING, fields: FIELDS },
  ],
]

interface Scene {
  readonly bank: Bank
  /** `Set-Cookie` of alice's sign-in. */
  signIn(): Promise<string>
}

export const forgedRequest: Exercise = {
  id: 'forged-request',
  title: "Requests that other pages make with alice's cookie (CSRF)",
  attackerHas: 'a page that alice opens while she is signed in, and a sibling host of the bank',
  naive:
    'The cookie says nothing about SameSite, the transfer is a link, too, and nobody asks where a request comes from.',
  naiveCode: `\`sid=\${sid}; Path=/; Secure; HttpOnly\`
createBank({ identify, naiveTransferByGet: true })`,
  defence:
    'The cookie of createAuth is SameSite=Lax, and every unsafe request with a cookie passes checkCsrf: Sec-Fetch-Site, then Origin. Transfers take POST only.',
  remains: [
    'A link may not change anything: the check passes every GET, because a link from elsewhere is what the web is made of. That is yours to keep.',
    'SameSite=Lax would have let the sibling in: it is the same site. Only the check stopped it.',
    "A script on the bank's own page is not another page: exercise 10.",
    'Which contexts carry the cookie is a model of Chromium with third-party cookies blocked; the Cookies screen has all of it.',
  ],
  async attack(server, stage) {
    const { bank, signIn } = server === 'naive' ? naiveScene() : await productScene(stage)
    const browser = createBrowser(stage.clock.wallMs)
    const home = browser.send({ kind: 'typed', method: 'GET', url: `${BANK}/`, page: null })
    browser.keep({ headers: new Headers([['set-cookie', await signIn()]]) }, home.exchange)
    const send = async (asking: Asking) => {
      const { request, cookies } = browser.send(asking)
      const what = asking.method === 'GET' ? 'GET' : `${asking.kind === 'top-post' ? '' : `${asking.kind} `}POST`
      const [verdict] = cookies
      const why = verdict?.withheld.map((code) => withheldText(code, what)).join('; ')
      return { answer: await bank.handle(request), carried: why ? `cookie withheld: ${why}` : 'cookie carried' }
    }

    const own: Asking = {
      kind: 'top-post',
      method: 'POST',
      url: `${BANK}/transfer`,
      page: `${BANK}/`,
      fields: { to: 'bob', amount: '20' },
    }
    const paid = await send(own)
    stage.tell('alice', `pays 20 to bob on the bank's own page (${paid.carried})`, paid.answer)
    stage.clock.advance(60)
    let accepted = 0
    for (const [what, asking] of CONTEXTS) {
      const { answer, carried } = await send(asking)
      stage.tell('attacker', `sends a transfer by ${what} (${carried})`, answer)
      if (answer.status === 200) accepted++
    }
    stage.figure('forged requests accepted', accepted, `of ${CONTEXTS.length}`)
    return bank.book
  },
}

function naiveScene(): Scene {
  const sid = randomId()
  const identify: Parameters<typeof createBank>[0]['identify'] = async ({ headers }) => {
    if (readCookie(headers.get('cookie') ?? '', 'sid') === sid) return 'alice'
    throw new Refusal('sign in first')
  }
  return {
    bank: createBank({ identify, naiveTransferByGet: true }),
    signIn: async () => `sid=${sid}; Path=/; Secure; HttpOnly`,
  }
}

async function productScene(stage: Stage): Promise<Scene> {
  const auth = stage.opened(await createProduct(stage.clock, BANK))
  return {
    bank: createBank({ identify: async (request) => (await auth.require(request)).subject }),
    async signIn() {
      const { setCookie } = await auth.logIn({ subject: 'alice' }, message('POST', '/sign-in'))
      return setCookie ?? ''
    },
  }
}
