/** 5: a token that brings its own key, or says where to fetch it. */
import { createTestIssuer } from '../../../src/testing/test-issuer.ts'
import { importVerifyKey } from '../../../src/token/jwk.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { BANK, bearer, LOGIN, paying, Refusal, stealing, tokenBank } from './bank.ts'
import type { Exercise } from './exercise.ts'
import { type Members, takeApart } from './forge.ts'

const EVIL = 'https://evil.test/keys.json'
const INSIDE = 'http://169.254.169.254/latest/meta-data'
const ALGORITHMS = ['ES256'] as const

export const keySubstitution: Exercise = {
  id: 'key-substitution',
  title: 'The token that brings its own key (jwk, jku, x5u)',
  attackerHas: 'a key pair of his own and a web server',
  naive: 'The bank takes the key from the token: from its jwk, or from the address in its jku.',
  naiveCode: `const key = header.jwk ?? (header.jku ? await naiveFetch(String(header.jku)) : ours)
if (await importVerifyKey(key, ALGORITHMS).verify(input, signature)) return payload`,
  defence:
    'createVerifier uses the keys that it was given, or the one jwksUrl that it was given. jwk, jku, x5c and x5u are not looked at, and nothing is fetched.',
  remains: [
    'x5u and x5c are the same with a certificate; the product reads neither, so this exercise does not act them out.',
    'A jwksUrl of your own is trusted: whoever can change what it answers, or its DNS and certificate, signs as your issuer.',
  ],
  async attack(server, stage) {
    const issuer = await createTestIssuer({ issuer: LOGIN, audience: BANK, clock: stage.clock.now })
    const mallory = await createTestIssuer({ issuer: LOGIN, audience: BANK, clock: stage.clock.now })
    const [ours] = issuer.jwks.keys
    const [theirs] = mallory.jwks.keys
    const fetched: string[] = []
    const naiveFetch = async (url: string): Promise<unknown> => {
      fetched.push(url)
      return url === EVIL ? theirs : Promise.reject(new Refusal('no key there'))
    }
    const naiveVerify = async (token: string) => {
      const { header, payload, input, signature } = takeApart(token)
      const key = header.jwk ?? (header.jku ? await naiveFetch(String(header.jku)) : ours)
      if (await importVerifyKey(key, ALGORITHMS).verify(input, signature)) return payload
      throw new Refusal('the signature does not match')
    }
    const bank = tokenBank(server === 'naive' ? naiveVerify : createVerifier(issuer.verifierOptions).verify)

    const alice = await bank.handle(paying(bearer(await issuer.token({ sub: 'alice' }))))
    stage.tell('alice', 'pays 20 to bob with a token of the issuer', alice)
    const attempts: readonly (readonly [what: string, header: Members])[] = [
      ['with his public key inside (jwk)', { jwk: theirs }],
      ['with the address of his key set (jku)', { jku: EVIL }],
      ["with that address and the name of the issuer's key", { jku: EVIL, kid: ours?.kid }],
      ['with an address inside the bank (jku), to see what answers there', { jku: INSIDE }],
    ]
    for (const [what, header] of attempts) {
      const forged = await mallory.token({ sub: 'alice' }, header)
      stage.tell('attacker', `signs sub alice with his own key, ${what}`, await bank.handle(stealing(bearer(forged))))
    }
    stage.figure(
      'addresses fetched because a token named them',
      fetched.length,
      fetched.length === 1 ? 'address' : 'addresses',
    )
    return bank.book
  },
}
