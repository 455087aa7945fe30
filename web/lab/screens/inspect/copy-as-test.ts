/** The policy as a Vitest test against the product's verifier. Token and key are placeholders: neither is copied. */
import { literal } from '../../decide/literal.ts'
import type { TokenPolicy, VerdictWords } from '../../engine/token/verify.ts'

type Members = Readonly<Record<string, string>>

const EC = { x: '<x>', y: '<y>' }
const OKP = { kty: 'OKP', crv: 'Ed25519', x: '<x>' }
const RSA = { kty: 'RSA', n: '<n>', e: 'AQAB' }
const KEYS: Readonly<Record<string, Members>> = {
  ES256: { kty: 'EC', crv: 'P-256', ...EC },
  ES384: { kty: 'EC', crv: 'P-384', ...EC },
  EdDSA: OKP,
  Ed25519: OKP,
  RS256: RSA,
  PS256: RSA,
  HS256: { kty: 'oct', k: '<a secret of a test system, base64url>' },
}

/** @param words the verdict that the test expects; null: none was reached, it is to be accepted. @returns null where the product lacks the algorithm */
export function asTest(policy: TokenPolicy, words: VerdictWords | null): string | null {
  const { algorithm, typ, skewSeconds, maxLifetimeSeconds, now } = policy
  const key = KEYS[algorithm]
  if (!key) return null
  const isRefused = words !== null && words !== 'Verified under this policy'
  const issuer = literal(policy.issuer || '<issuer>')
  return `import { createVerifier } from 'sojourn/verifier'
import { expect, it } from 'vitest'

// Put in your own: neither the token nor the key was copied.
const TOKEN = '<token>'
const KEY = ${literal({ ...key, kid: '<kid>', alg: algorithm })}

const verify = async (token: string) =>
  createVerifier({
    keys: { keys: [KEY] },
    issuer: ${issuer},
    audience: ${literal(policy.audience || '<audience>')},
    algorithms: ['${algorithm}'],${typ === '' ? '' : `\n    typ: ${literal(typ)},`}
    clockToleranceSeconds: ${skewSeconds},
    maxLifetimeSeconds: ${maxLifetimeSeconds},
    // The time of the verdict. A service leaves it out.
    clock: () => ${now},
  }).verify(token)

it('${isRefused ? 'refuses' : 'accepts'} the token', async () => {
  ${
    isRefused
      ? '// Not for what is still to be put in: a token that is none, a key that is none.\n' +
        '  await expect(verify(TOKEN)).rejects.toMatchObject({ code: expect.stringMatching(/^token\\.(?!malformed)|^key\\.weak$/) })'
      : `expect((await verify(TOKEN)).iss).toBe(${issuer})`
  }
})
`
}
