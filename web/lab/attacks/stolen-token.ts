/** 7: a copy of an access token. */
import { createTestIssuer } from '../../../src/testing/test-issuer.ts'
import { importVerifyKey } from '../../../src/token/jwk.ts'
import { BANK, type Bank, bearer, createBank, LOGIN, message, paying, Refusal, stealing, tokenBank } from './bank.ts'
import type { Exercise, Stage } from './exercise.ts'
import { takeApart } from './forge.ts'
import { createProduct } from './product.ts'

const DAY = 86_400
const NAIVE_LIFE = 30 * DAY

/** A token of alice, of which there is a copy, and what she can do about that. */
interface Scene {
  readonly bank: Bank
  signIn(): Promise<string>
  signOutEverywhere(): Promise<void>
  readonly stepSeconds: number
}

export const stolenToken: Exercise = {
  id: 'stolen-token',
  title: 'A copy of a bearer token (replay)',
  attackerHas: "a copy of alice's access token, from a log file, a proxy or a crash report",
  naive:
    'Tokens live 30 days and the bank checks signature and time only. Signing out removes a row that nobody reads.',
  naiveCode: `if (!(await key.verify(input, signature))) throw new Refusal('the signature does not match')
if (stage.clock.now() < Number(payload.exp)) return payload`,
  defence:
    'createAuth: access tokens live ten minutes, and revoke() returns when every verifier that follows the revocation log refuses them.',
  remains: [
    'Until somebody notices, or ten minutes are over, the copy works: a bearer token is good for whoever bears it. The run shows that, too.',
    'DPoP (RFC 9449) and device-bound sessions would make the copy useless without the key beside it. The product does not have them yet.',
    'A service that neither follows the log nor reads status lists knows of a revocation only when the token expires.',
  ],
  async attack(server, stage) {
    const scene = server === 'naive' ? await naiveScene(stage) : await productScene(stage)
    const { bank, stepSeconds } = scene
    const token = await scene.signIn()
    stage.tell('alice', 'pays 20 to bob with her own token', await bank.handle(paying(bearer(token))))
    stage.clock.advance(30)
    const look = await bank.handle(message('GET', '/balance', bearer(token)))
    stage.tell('attacker', 'looks at the balance with the copy, half a minute later', look)
    await scene.signOutEverywhere()
    stage.tell('alice', 'notices, and signs out everywhere')
    stage.tell('attacker', 'sends a transfer with the copy', await bank.handle(stealing(bearer(token))))

    // Another theft, that nobody notices.
    const unnoticed = await scene.signIn()
    const stolenAt = stage.clock.now()
    while ((await bank.handle(message('GET', '/balance', bearer(unnoticed)))).status === 200)
      stage.clock.advance(stepSeconds)
    const seconds = stage.clock.now() - stolenAt
    stage.figure(
      'a copy that nobody notices works for',
      server === 'naive' ? seconds / DAY : seconds / 60,
      server === 'naive' ? 'days' : 'minutes',
    )
    return bank.book
  },
}

async function naiveScene(stage: Stage): Promise<Scene> {
  const issuer = await createTestIssuer({ issuer: LOGIN, audience: BANK, clock: stage.clock.now })
  const key = importVerifyKey(issuer.jwks.keys[0], ['ES256'])
  const rows = new Set(['alice'])
  const bank = tokenBank(async (token) => {
    const { payload, input, signature } = takeApart(token)
    if (!(await key.verify(input, signature))) throw new Refusal('the signature does not match')
    if (stage.clock.now() < Number(payload.exp)) return payload
    throw new Refusal('the token has expired')
  })
  return {
    bank,
    stepSeconds: DAY,
    signIn: () => issuer.token({ sub: 'alice', exp: stage.clock.now() + NAIVE_LIFE }),
    async signOutEverywhere() {
      rows.delete('alice')
    },
  }
}

async function productScene(stage: Stage): Promise<Scene> {
  const auth = stage.opened(await createProduct(stage.clock, BANK))
  return {
    bank: createBank({ identify: async (request) => (await auth.require(request)).subject }),
    stepSeconds: 60,
    async signIn() {
      const { tokens } = await auth.logIn({ subject: 'alice', mode: 'token' }, message('POST', '/sign-in'))
      return tokens?.accessToken ?? ''
    },
    async signOutEverywhere() {
      await auth.revoke({ subject: 'alice' })
    },
  }
}
