/** 3: an HMAC secret that a person thought of. One token is enough to try guesses against, with nobody watching. */
import { encodeBase64url } from '../../../src/crypto/base64url.ts'
import { isAuthError } from '../../../src/errors.ts'
import { createTestIssuer } from '../../../src/testing/test-issuer.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { BANK, bearer, LOGIN, paying, Refusal, stealing, tokenBank } from './bank.ts'
import type { Exercise, Stage } from './exercise.ts'
import { hmac, signedByHmac, takeApart } from './forge.ts'
import { searchSecret } from './search.ts'

const NAIVE_SECRET = 'Jwtsecret2024!'

export const weakSecret: Exercise = {
  id: 'weak-secret',
  title: 'A secret that can be guessed (weak HMAC key)',
  attackerHas: 'one token of his own, and a list of words',
  naive: 'Tokens are signed by HS256 with a secret that somebody typed: a word, a year and an exclamation mark.',
  naiveCode: `if (hmac(NAIVE_SECRET, input) === signature) return payload`,
  defence:
    'The product refuses short, known, repeating and padded HMAC secrets when the verifier is made, and makes keys of 256 random bits.',
  remains: [
    'Guessing needs no server, so no log and no throttle sees it. That the list is through proves nothing about other lists: only the length of a random key does.',
    'Each service that can check HS256 can also make tokens. With ES256, the default, checking services hold a public key only.',
  ],
  async attack(server, stage) {
    const issuer = await createTestIssuer({ issuer: LOGIN, audience: BANK, algorithm: 'HS256', clock: stage.clock.now })
    const naiveVerify = async (token: string) => {
      const { payload, input, signature } = takeApart(token)
      if (hmac(NAIVE_SECRET, input) === signature) return payload
      throw new Refusal('the signature does not match')
    }
    const isNaive = server === 'naive'
    if (!isNaive) refusesWeakSecret(issuer.verifierOptions, stage)
    const bank = tokenBank(isNaive ? naiveVerify : createVerifier(issuer.verifierOptions).verify)
    const issue = async (sub: string): Promise<string> => {
      const token = await issuer.token({ sub })
      if (!isNaive) return token
      const { header, payload } = takeApart(token)
      return signedByHmac(header, payload, NAIVE_SECRET)
    }

    stage.tell('alice', 'pays 20 to bob with her own token', await bank.handle(paying(bearer(await issue('alice')))))
    const { header, payload, input, signature } = takeApart(await issue('mallory'))
    const { found, tried, of, perSecond } = await searchSecret(input, signature, stage)
    stage.figure('guesses', tried, `of ${of}`)
    stage.figure('guesses per second', perSecond, 'in this browser, now', true)
    stage.tell(
      'attacker',
      found ? `finds the secret: ${found}` : 'is through with the list: nothing fits, so he takes a guess',
    )
    const forged = signedByHmac(header, { ...payload, sub: 'alice' }, found ?? 'secret')
    stage.tell('attacker', 'signs a token with sub alice', await bank.handle(stealing(bearer(forged))))
    return bank.book
  },
}

/** The naive secret, offered to the product. */
function refusesWeakSecret(options: Parameters<typeof createVerifier>[0], stage: Stage): void {
  const k = encodeBase64url(new TextEncoder().encode(NAIVE_SECRET))
  try {
    createVerifier({ ...options, keys: { keys: [{ kty: 'oct', k, alg: 'HS256', kid: 'typed' }] } })
  } catch (error) {
    if (!isAuthError(error)) throw error
    stage.tell('server', 'is started with the secret that somebody typed, and does not start', {
      status: 0,
      code: error.code,
      text: error.message,
    })
    stage.tell('server', 'is started with a key of 256 random bits')
  }
}
