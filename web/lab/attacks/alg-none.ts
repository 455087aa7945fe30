/** 1: a token that says it needs no signature. */
import { createTestIssuer } from '../../../src/testing/test-issuer.ts'
import { importVerifyKey } from '../../../src/token/jwk.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { BANK, bearer, LOGIN, paying, Refusal, stealing, tokenBank } from './bank.ts'
import type { Exercise } from './exercise.ts'
import { takeApart, unsigned } from './forge.ts'

export const algNone: Exercise = {
  id: 'alg-none',
  title: 'The token that needs no signature (alg none)',
  attackerHas: 'an account of his own at the bank, and so one good token to copy the form from',
  naive: 'The bank lets the token say how it is signed, and the standard has a way to say "not at all".',
  naiveCode: `if (/^none$/i.test(String(header.alg))) return payload
if (await key.verify(input, signature)) return payload`,
  defence:
    'createVerifier with a closed list of algorithms. The key decides which one it is; the token is never asked.',
  remains: [
    'Every service needs such a verifier: one that still reads alg from the token, or only decodes it, lets everybody in.',
    'A verifier can be right and the code before it wrong: whoever reads claims before verify() has returned reads what the attacker wrote.',
  ],
  async attack(server, stage) {
    const issuer = await createTestIssuer({ issuer: LOGIN, audience: BANK, clock: stage.clock.now })
    const key = importVerifyKey(issuer.jwks.keys[0], ['ES256'])
    const naiveVerify = async (token: string) => {
      const { header, payload, input, signature } = takeApart(token)
      if (/^none$/i.test(String(header.alg))) return payload
      if (await key.verify(input, signature)) return payload
      throw new Refusal('the signature does not match')
    }
    const bank = tokenBank(server === 'naive' ? naiveVerify : createVerifier(issuer.verifierOptions).verify)

    const alice = await bank.handle(paying(bearer(await issuer.token({ sub: 'alice' }))))
    stage.tell('alice', 'pays 20 to bob with her own token', alice)
    const { header, payload } = takeApart(await issuer.token({ sub: 'mallory' }))
    stage.tell('attacker', `takes his own token apart: alg ${header.alg}, sub ${payload.sub}`)
    const forged = unsigned({ ...header, alg: 'none' }, { ...payload, sub: 'alice' })
    stage.tell(
      'attacker',
      'sends sub alice, alg none and an empty signature',
      await bank.handle(stealing(bearer(`${forged}.`))),
    )
    const spelled = unsigned({ ...header, alg: 'nOnE' }, { ...payload, sub: 'alice' })
    stage.tell(
      'attacker',
      'tries it as nOnE, with three letters for a signature',
      await bank.handle(stealing(bearer(`${spelled}.abc`))),
    )
    return bank.book
  },
}
