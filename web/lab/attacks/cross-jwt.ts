/** 6: a good token of the right issuer, made for something else. */
import { createTestIssuer } from '../../../src/testing/test-issuer.ts'
import { importVerifyKey } from '../../../src/token/jwk.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { BANK, bearer, LOGIN, paying, Refusal, stealing, tokenBank } from './bank.ts'
import type { Exercise } from './exercise.ts'
import { takeApart } from './forge.ts'

const GAME = 'https://game.test'

export const crossJwt: Exercise = {
  id: 'cross-jwt',
  title: 'A good token, made for something else (typ and aud)',
  attackerHas:
    'a game that alice signed in to with the same issuer, and so tokens about alice that the issuer really signed',
  naive:
    'The bank checks the signature, the issuer and the time. Everything that the issuer signs is an access token to it.',
  naiveCode: `const good = await key.verify(input, signature)
if (good && payload.iss === LOGIN && Number(payload.exp) > stage.clock.now()) return payload`,
  defence:
    'createVerifier demands typ at+jwt (RFC 9068) and an aud that names this very service, besides iss, exp, sub and the rest.',
  remains: [
    'aud is only as narrow as you make it: ten services that accept one audience can use the tokens that each of them is sent.',
    "Within the right audience a token does whatever its scope allows, in whoever's hands it is (exercise 7).",
  ],
  async attack(server, stage) {
    const issuer = await createTestIssuer({ issuer: LOGIN, audience: BANK, clock: stage.clock.now })
    const key = importVerifyKey(issuer.jwks.keys[0], ['ES256'])
    const naiveVerify = async (token: string) => {
      const { payload, input, signature } = takeApart(token)
      const good = await key.verify(input, signature)
      if (good && payload.iss === LOGIN && Number(payload.exp) > stage.clock.now()) return payload
      throw new Refusal('the token does not hold')
    }
    const bank = tokenBank(server === 'naive' ? naiveVerify : createVerifier(issuer.verifierOptions).verify)

    const alice = await bank.handle(paying(bearer(await issuer.token({ sub: 'alice' }))))
    stage.tell('alice', 'pays 20 to bob with an access token for the bank', alice)
    stage.tell('alice', "signs in to mallory's game with the same issuer")
    const idToken = await issuer.token({ sub: 'alice', aud: 'game-client', nonce: 'n1' }, { typ: 'JWT' })
    stage.tell('attacker', "sends the game's ID token to the bank", await bank.handle(stealing(bearer(idToken))))
    const accessToken = await issuer.token({ sub: 'alice', aud: GAME })
    stage.tell(
      'attacker',
      "sends the game's access token to the bank",
      await bank.handle(stealing(bearer(accessToken))),
    )
    return bank.book
  },
}
