/** 11: a cookie that somebody else put into alice's browser: before her sign-in (fixation), or beside it (tossing). */
import { randomId } from '../../../src/crypto/random.ts'
import { parseCookie } from '../../../src/http/cookie.ts'
import type { HttpRequest } from '../../../src/http/message.ts'
import { type Asking, createBrowser, type SimulatedBrowser } from '../browser/browser.ts'
import { rejectionText } from '../jar/reasons.ts'
import { BANK, type Bank, createBank, message, Refusal, stealing } from './bank.ts'
import type { Exercise, Stage } from './exercise.ts'
import { createProduct } from './product.ts'

const SIBLING = 'https://blog.bank.test/post'

interface Scene {
  readonly bank: Bank
  readonly cookieName: string
  /** A session for the attacker; the naive bank gives one to every visitor. */
  visit(): Promise<string>
  /** @returns `Set-Cookie`; null: none is needed, what was presented goes on */
  signIn(subject: string, request: HttpRequest): Promise<string | null>
}

export const plantedCookie: Exercise = {
  id: 'planted-cookie',
  title: 'A cookie that somebody planted (fixation, and tossing by a sibling)',
  attackerHas: 'a page on blog.bank.test, a sibling of the bank, that alice opens; and an account of his own',
  naive:
    'The bank goes on with whatever session the browser brings to the sign-in, and reads the first cookie of the name sid.',
  naiveCode: `const sid = firstOf(request, 'sid') ?? randomId()
naiveSessions.set(sid, subject)`,
  defence:
    'The cookie is called __Host-Http-sid, so no sibling can set it; a sign-in never adopts what was presented; and two cookies of the name are an error, not a choice.',
  remains: [
    'Other cookies of yours (language, cart, CSRF token) can still be tossed by siblings unless they have a __Host- name, too.',
    'An old browser that knows no prefixes would keep the tossed one: the run acts that out by hand, and the bank refuses both.',
    'Whoever sits at the keyboard can sign alice in to his own account. Show whose account is open.',
  ],
  async attack(server, stage) {
    const scene = server === 'naive' ? naiveScene() : await productScene(stage)
    const { bank, cookieName } = scene
    const browser = createBrowser(stage.clock.wallMs)
    const open = (asking: Asking) => browser.send(asking)
    const form: Asking = { kind: 'top-post', method: 'POST', url: `${BANK}/sign-in`, page: `${BANK}/` }
    const signIn = async (): Promise<void> => {
      const { request, exchange } = open(form)
      const line = await scene.signIn('alice', request)
      if (line !== null) browser.keep({ headers: new Headers([['set-cookie', line]]) }, exchange)
    }

    const planted = await scene.visit()
    stage.tell('attacker', 'gets a session of his own')
    tell(stage, 'plants it', toss(browser, `${cookieName}=${planted}; Domain=bank.test; Path=/; Secure`))
    const cookie = `${cookieName}=${planted}`
    if (server === 'defended') {
      stage.tell(
        'alice',
        'signs in by a browser that knows no prefixes, too: there the planted cookie arrives with the form',
      )
      await scene.signIn('alice', message('POST', '/sign-in', { cookie, origin: BANK }))
    }
    await signIn()
    const deposit = { ...form, url: `${BANK}/deposit`, fields: { card: 'alice', amount: '50' } }
    stage.tell('alice', 'signs in and pays 50 in from her card', await bank.handle(open(deposit).request))
    stage.tell(
      'attacker',
      'sends a transfer with the session that he planted',
      await bank.handle(stealing({ cookie, origin: BANK })),
    )

    const own = message('POST', '/sign-in')
    const second = cookieValue(await scene.signIn('mallory', own)) ?? planted
    tell(
      stage,
      'signs in to his own account and plants that, for /deposit',
      toss(browser, `${cookieName}=${second}; Domain=bank.test; Path=/deposit; Secure`),
    )
    stage.tell('alice', 'pays 50 in from her card', await bank.handle(open(deposit).request))
    if (server === 'defended') {
      const both = `${cookieName}=${second}; ${open(deposit).request.headers.get('cookie')}`
      const asked = message('POST', '/deposit', { cookie: both, origin: BANK }, deposit.fields)
      stage.tell('attacker', 'in a browser that knows no prefixes both cookies would arrive', await bank.handle(asked))
    }
    return bank.book
  },
}

/** By the sibling's server. @returns why it was not kept; empty: it was */
function toss(browser: SimulatedBrowser, line: string): readonly string[] {
  const { exchange } = browser.send({ kind: 'typed', method: 'GET', url: SIBLING, page: null })
  const [verdict] = browser.keep({ headers: new Headers([['set-cookie', line]]) }, exchange)
  return !verdict || verdict.stored ? [] : verdict.reasons.map(rejectionText)
}

function tell(stage: Stage, what: string, why: readonly string[]): void {
  stage.tell(
    'attacker',
    `${what} by blog.bank.test with Domain=bank.test: ${why.length === 0 ? 'the browser keeps it' : `refused by the browser (${why.join('; ')})`}`,
  )
}

function cookieValue(line: string | null): string | null {
  return line === null ? null : (parseCookie(line)[0]?.[1] ?? null)
}

function naiveScene(): Scene {
  const naiveSessions = new Map<string, string | null>()
  const firstOf = ({ headers }: HttpRequest, name: string): string | null =>
    parseCookie(headers.get('cookie') ?? '').find(([given]) => given === name)?.[1] ?? null
  return {
    cookieName: 'sid',
    bank: createBank({
      async identify(request) {
        const subject = naiveSessions.get(firstOf(request, 'sid') ?? '')
        if (subject) return subject
        throw new Refusal('sign in first')
      },
    }),
    async visit() {
      const sid = randomId()
      naiveSessions.set(sid, null)
      return sid
    },
    async signIn(subject, request) {
      const sid = firstOf(request, 'sid') ?? randomId()
      naiveSessions.set(sid, subject)
      return `sid=${sid}; Path=/; Secure; HttpOnly; SameSite=Lax`
    },
  }
}

async function productScene(stage: Stage): Promise<Scene> {
  const auth = stage.opened(await createProduct(stage.clock, BANK))
  const signIn: Scene['signIn'] = async (subject, request) => (await auth.logIn({ subject }, request)).setCookie
  return {
    cookieName: '__Host-Http-sid',
    bank: createBank({ identify: async (request) => (await auth.require(request)).subject }),
    visit: async () => cookieValue(await signIn('mallory', message('POST', '/sign-in'))) ?? '',
    signIn,
  }
}
