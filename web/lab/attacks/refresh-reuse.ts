/** 8: a copy of a refresh token. */
import { isAuthError } from '../../../src/errors.ts'
import { toProblem } from '../../../src/http/problem.ts'
import { createTestIssuer } from '../../../src/testing/test-issuer.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import {
  type Answer,
  BANK,
  type Bank,
  bearer,
  createBank,
  LOGIN,
  message,
  paying,
  Refusal,
  stealing,
  tokenBank,
} from './bank.ts'
import type { Exercise, Stage } from './exercise.ts'
import { createProduct } from './product.ts'

interface Pair {
  readonly access: string
  readonly refresh: string
}
interface Scene {
  readonly bank: Bank
  signIn(): Promise<Pair>
  refresh(token: string): Promise<Pair>
}

export const refreshReuse: Exercise = {
  id: 'refresh-reuse',
  title: 'A copy of a refresh token (rotation, reuse and the end of a family)',
  attackerHas: "a copy of the refresh token on alice's phone, from a backup",
  naive: 'A refresh token is good for 90 days, as often as it is presented.',
  naiveCode: `const subject = naiveTokens.get(token) ?? refuse()
return { access: await issuer.token({ sub: subject }), refresh: token }`,
  defence:
    'createAuth: each refresh spends the token and hands out its successor. A spent one that returns ends the whole family, and the access tokens with it.',
  remains: [
    'A thief who comes first is in until the phone refreshes next: then the phone presents what the thief has spent, and both are out. The last lines act that out on a second server.',
    'Within ten seconds the very last token gets its same successor again, for phones whose answer was lost. A thief who is that fast is not noticed at once.',
    'If the phone never comes back (lost, or alice stopped using it), nobody presents the other copy, and nothing tells.',
  ],
  async attack(server, stage) {
    const open = server === 'naive' ? naiveScene : productScene
    const scene = await open(stage)
    const phone = await scene.signIn()
    stage.tell('alice', 'signs in on her phone; a backup keeps a copy of the refresh token')
    stage.clock.advance(3600)
    const next = await scene.refresh(phone.refresh)
    stage.tell(
      'alice',
      'refreshes an hour later and pays 20 to bob',
      await scene.bank.handle(paying(bearer(next.access))),
    )
    stage.clock.advance(3600)
    const stolen = await attempt(() => scene.refresh(phone.refresh))
    stage.tell('attacker', 'presents the copy from the backup', stolen.answer)
    const access = stolen.pair?.access ?? phone.refresh
    stage.tell('attacker', 'sends a transfer with what he has', await scene.bank.handle(stealing(bearer(access))))
    if (server === 'naive') return scene.bank.book

    const after = await attempt(() => scene.refresh(next.refresh))
    stage.tell('alice', 'is signed out: her phone cannot refresh either, and she has to sign in', after.answer)
    await thiefFirst(await open(stage), stage)
    return scene.bank.book
  },
}

/** The other order, told apart: its harm is the price of noticing late. */
async function thiefFirst({ signIn, refresh, bank }: Scene, stage: Stage): Promise<void> {
  const phone = await signIn()
  stage.clock.advance(3600)
  const thief = await refresh(phone.refresh)
  const answer = await bank.handle(message('GET', '/balance', bearer(thief.access)))
  stage.tell('server', 'a second server, where the thief comes first: he reads the balance', answer)
  stage.clock.advance(60)
  const { answer: noticed } = await attempt(() => refresh(phone.refresh))
  stage.tell(
    'server',
    'a minute later the phone refreshes with the token that the thief has spent: the family ends',
    noticed,
  )
  const later = await bank.handle(message('GET', '/balance', bearer(thief.access)))
  stage.tell('server', 'the thief reads the balance again', later)
}

/** A refresh as the client sees it. */
async function attempt(refresh: () => Promise<Pair>): Promise<{ readonly pair: Pair | null; readonly answer: Answer }> {
  try {
    return { pair: await refresh(), answer: { status: 200, code: null, text: 'an access token' } }
  } catch (error) {
    if (!isAuthError(error)) throw error
    const { status, code, detail } = toProblem(error)
    return { pair: null, answer: { status, code, text: detail } }
  }
}

async function naiveScene(stage: Stage): Promise<Scene> {
  const issuer = await createTestIssuer({ issuer: LOGIN, audience: BANK, clock: stage.clock.now })
  const naiveTokens = new Map([['r-alice', 'alice']])
  const refuse = (): never => {
    throw new Refusal('no such refresh token')
  }
  const refresh = async (token: string): Promise<Pair> => {
    const subject = naiveTokens.get(token) ?? refuse()
    return { access: await issuer.token({ sub: subject }), refresh: token }
  }
  return { bank: tokenBank(createVerifier(issuer.verifierOptions).verify), signIn: () => refresh('r-alice'), refresh }
}

async function productScene(stage: Stage): Promise<Scene> {
  const auth = stage.opened(await createProduct(stage.clock, BANK))
  return {
    bank: createBank({ identify: async (request) => (await auth.require(request)).subject }),
    async signIn() {
      const { tokens } = await auth.logIn({ subject: 'alice', mode: 'token' }, message('POST', '/sign-in'))
      return { access: tokens?.accessToken ?? '', refresh: tokens?.refreshToken ?? '' }
    },
    async refresh(token) {
      const tokens = await auth.wiring.logins.refresh(token)
      return { access: tokens.accessToken, refresh: tokens.refreshToken }
    },
  }
}
