/** 2: the public key, used as the secret of an HMAC. */
import { createTestIssuer } from '../../../src/testing/test-issuer.ts'
import { importVerifyKey, type Jwk } from '../../../src/token/jwk.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { BANK, bearer, LOGIN, paying, Refusal, stealing, tokenBank } from './bank.ts'
import type { Exercise } from './exercise.ts'
import { hmac, signedByHmac, takeApart } from './forge.ts'

export const keyConfusion: Exercise = {
  id: 'key-confusion',
  title: 'The public key as a secret (RS256 taken for HS256)',
  attackerHas: "the bank's public key, which is published for everybody",
  naive: 'One function checks both kinds of signature with one key, and the token says which kind it is.',
  naiveCode: `if (header.alg === 'HS256' && hmac(publicKey, input) === signature) return payload
if (header.alg === 'RS256' && (await key.verify(input, signature))) return payload`,
  defence:
    'createVerifier ties each key to one algorithm when it is read, and takes HS256 only where it is named and the key is a secret.',
  remains: [
    'A public key is public: nothing here is a leak. The fault is always a verifier that lets the token choose.',
    'HS256 between several services stays a bad idea: each of them could make tokens.',
  ],
  async attack(server, stage) {
    const issuer = await createTestIssuer({ issuer: LOGIN, audience: BANK, algorithm: 'RS256', clock: stage.clock.now })
    const [jwk = {}] = issuer.jwks.keys
    const key = importVerifyKey(jwk, ['RS256'])
    const publicKey = await pemOf(jwk)
    const naiveVerify = async (token: string) => {
      const { header, payload, input, signature } = takeApart(token)
      if (header.alg === 'HS256' && hmac(publicKey, input) === signature) return payload
      if (header.alg === 'RS256' && (await key.verify(input, signature))) return payload
      throw new Refusal('the signature does not match')
    }
    const bank = tokenBank(server === 'naive' ? naiveVerify : createVerifier(issuer.verifierOptions).verify)

    const alice = await bank.handle(paying(bearer(await issuer.token({ sub: 'alice' }))))
    stage.tell('alice', 'pays 20 to bob with a token signed by RS256', alice)
    stage.tell('attacker', `downloads the public key: ${publicKey.length} characters of PEM`)
    const { header, payload } = takeApart(await issuer.token({ sub: 'alice' }))
    const forged = signedByHmac({ ...header, alg: 'HS256' }, payload, publicKey)
    stage.tell(
      'attacker',
      'signs sub alice by HS256, with that text as the secret',
      await bank.handle(stealing(bearer(forged))),
    )
    return bank.book
  },
}

/** As the issuer publishes it beside its JWKS, to the last line break: the attacker needs the very same bytes. */
async function pemOf({ kty, n, e, alg }: Jwk): Promise<string> {
  const members = { kty: String(kty), n: String(n), e: String(e), alg: String(alg) }
  const key = await crypto.subtle.importKey('jwk', members, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, true, [
    'verify',
  ])
  const der = new Uint8Array(await crypto.subtle.exportKey('spki', key))
  const text = btoa(String.fromCharCode(...der)).replaceAll(/(.{64})/g, '$1\n')
  return `-----BEGIN PUBLIC KEY-----\n${text}\n-----END PUBLIC KEY-----\n`
}
