/** Makes the samples: good tokens, unwise ones, hostile and damaged ones. Signed by the product with keys that RFCs print. */
import { encodeBase64url } from '../../../../src/crypto/base64url.ts'
import { sha256Base64url } from '../../../../src/crypto/digest.ts'
import { importSigningKey, type Jwk, publicJwk } from '../../../../src/token/jwk.ts'
import { hmacSigner } from '../../../../src/token/signatures.ts'
import type { SampleName } from '../../paste/sample-names.ts'
import { DEMO_EC, DEMO_ED, DEMO_RSA, DEMO_SECRET, JWE_TOKEN, RSA_TOKEN } from './demo-keys.ts'
import type { KeyText } from './keys.ts'
import type { TokenPolicy } from './verify.ts'

export interface Sample {
  readonly text: string
  /** The key to verify it with; null: there is none. */
  readonly key: KeyText | null
  readonly policy: Pick<TokenPolicy, 'algorithm' | 'typ' | 'issuer' | 'audience'> | null
}

const ISSUER = 'https://login.example'
const AUDIENCE = 'https://api.example'
const encoder = new TextEncoder()
const encode = (text: string): string => encodeBase64url(encoder.encode(text))
const keyText = (jwk: object): KeyText => ({ text: JSON.stringify(jwk, null, 2), encoding: 'utf-8' })
const SECRET_JWK = { kty: 'oct', alg: 'HS256', k: DEMO_SECRET, kid: 'demo-hs256' }

/** @param now seconds since 1970 */
export async function makeSample({ name, now }: { readonly name: SampleName; readonly now: number }): Promise<Sample> {
  const maker = makerAt(now)
  return maker[name]()
}

function makerAt(now: number): Readonly<Record<SampleName, () => Promise<Sample> | Sample>> {
  const claims = {
    iss: ISSUER,
    sub: 'u_8f3k2',
    aud: AUDIENCE,
    exp: now + 600,
    iat: now,
    jti: 'a8Xw0Zk2Tf4',
    client_id: 'web',
    sid: 's_51c0',
    gen: 3,
    scope: 'orders:read',
  }
  const POLICY = { algorithm: 'ES256', typ: 'at+jwt', issuer: ISSUER, audience: AUDIENCE } as const
  const ec = async (payload: object | string = claims, header: object = {}): Promise<string> =>
    sign(DEMO_EC, { alg: 'ES256', typ: 'at+jwt', kid: DEMO_EC.kid, ...header }, payload)
  const ofEc = async (token: string | Promise<string>): Promise<Sample> => ({
    text: await token,
    key: keyText(publicJwk(DEMO_EC)),
    policy: POLICY,
  })
  const bare = (text: string): Sample => ({ text, key: null, policy: null })
  const changed = (token: string, change: (payload: string) => string): string => {
    const [header = '', payload = '', signature = ''] = token.split('.')
    return `${header}.${change(payload)}.${signature}`
  }
  const spare = { ...claims, jti: undefined, aud: undefined }

  return {
    access: () => ofEc(ec()),
    eddsa: async () => ({
      text: await sign(DEMO_ED, { alg: 'EdDSA', typ: 'at+jwt', kid: DEMO_ED.kid }, claims),
      key: keyText(publicJwk(DEMO_ED)),
      policy: { ...POLICY, algorithm: 'EdDSA' },
    }),
    shared: async () => ({
      text: await sign(SECRET_JWK, { alg: 'HS256', typ: 'at+jwt' }, claims),
      key: { text: DEMO_SECRET, encoding: 'base64url' },
      policy: { ...POLICY, algorithm: 'HS256' },
    }),
    rsa: () => ({
      text: RSA_TOKEN,
      key: keyText(DEMO_RSA),
      policy: { algorithm: 'RS256', typ: 'JWT', issuer: 'joe', audience: AUDIENCE },
    }),
    'id-token': () =>
      ofEc(
        ec(
          {
            iss: ISSUER,
            sub: 'u_8f3k2',
            aud: 'web',
            exp: now + 3600,
            iat: now,
            nonce: 'n-0S6',
            auth_time: now - 5,
            name: 'Ana Example',
            email: 'ana@example.org',
            email_verified: true,
          },
          { typ: 'JWT' },
        ),
      ),
    expired: () => ofEc(ec({ ...claims, iat: now - 7200, exp: now - 6600 })),
    'not-yet': () => ofEc(ec({ ...claims, iat: now + 300, nbf: now + 300, exp: now + 900 })),
    backwards: () => ofEc(ec({ ...claims, exp: now - 60 })),
    long: () => ofEc(ec({ ...spare, exp: now + 30 * 86_400 })),
    fat: () => ofEc(ec({ ...claims, roles: Array.from({ length: 40 }, (_, i) => `project-${i + 1}:editor`) })),
    none: () =>
      bare(`${encode('{"alg":"none","typ":"at+jwt"}')}.${encode(JSON.stringify({ ...claims, sub: 'admin' }))}.`),
    'none-signed': () => bare(`${encode('{"alg":"nOnE"}')}.${encode(JSON.stringify(claims))}.${encode('a signature')}`),
    weak: () => {
      const input = `${encode('{"alg":"HS256","typ":"JWT"}')}.${encode(JSON.stringify(claims))}`
      const text = `${input}.${hmacSigner(encoder.encode('secret'), null)(input)}`
      const key = { text: 'secret', encoding: 'utf-8' } as const
      return { text, key, policy: { ...POLICY, algorithm: 'HS256', typ: 'JWT' } }
    },
    'keys-inside': () =>
      ofEc(
        ec(claims, {
          kid: 'attacker',
          jku: 'https://attacker.example/keys',
          x5u: 'https://attacker.example/c.pem',
          jwk: publicJwk(DEMO_EC),
        }),
      ),
    crit: () =>
      ofEc(ec(claims, { crit: ['https://issuer.example/must-be-read'], 'https://issuer.example/must-be-read': true })),
    kid: () => ofEc(ec(claims, { kid: "../../dev/null' UNION SELECT 'k' --" })),
    twice: () => ofEc(ec(JSON.stringify(claims).replace('"sub":', '"sub":"admin","sub":'))),
    tampered: async () => {
      const admin = encode(JSON.stringify({ ...claims, sub: 'admin', scope: 'orders:write' }))
      return ofEc(changed(await ec(), () => admin))
    },
    cut: async () => ofEc((await ec()).slice(0, 190)),
    'odd-letter': async () => ofEc(changed(await ec(), (payload) => `${payload.slice(0, 60)}§${payload.slice(61)}`)),
    latin1: async () => {
      const bytes = Uint8Array.from(JSON.stringify({ ...claims, name: 'José' }), (char) => char.charCodeAt(0))
      return ofEc(changed(await ec(), () => encodeBase64url(bytes)))
    },
    wrapped: async () => ofEc((await ec()).replace(/.{72}(?=.)/g, '$&\n')),
    jwe: () => bare(JWE_TOKEN),
    'sd-jwt': async () => {
      const hidden = [
        '["2GLC42sKQveCfGfryNRN9w","given_name","Ana"]',
        '["eluV5Og3gSNII8EYnsxA_A","family_name","Example"]',
      ].map(encode)
      const token = await ec(
        { ...claims, _sd_alg: 'sha-256', _sd: hidden.map((one) => sha256Base64url(one)) },
        { typ: 'dc+sd-jwt' },
      )
      return bare(`${token}~${hidden.join('~')}~`)
    },
    paseto: () =>
      bare(`v4.public.${encode(`${JSON.stringify({ sub: 'ana', exp: '2030-01-01T00:00:00Z' })}${'s'.repeat(64)}`)}`),
    'set-cookie': async () =>
      bare(
        `Set-Cookie: __Host-sid=s_51c0.4f9a; Path=/; Secure; HttpOnly; SameSite=Lax\nSet-Cookie: at=${await ec()}; Path=/; SameSite=None`,
      ),
    curl: async () =>
      bare(
        `curl 'https://api.example/orders' \\\n  -H 'Authorization: Bearer ${await ec()}' \\\n  -b 'theme=dark; id=${await ec(spare)}'`,
      ),
    har: async () => {
      const one = (token: string) => ({
        request: {
          method: 'GET',
          url: 'https://api.example/orders',
          headers: [{ name: 'Authorization', value: `Bearer ${token}` }],
        },
        response: { status: 200, headers: [], content: { text: '{}' } },
      })
      const tokens = [
        await ec(),
        await ec({ ...claims, iat: now - 600, exp: now }),
        await ec({ ...claims, sub: 'u_2' }),
      ]
      return bare(JSON.stringify({ log: { version: '1.2', entries: tokens.map(one) } }, null, 1))
    },
    jwks: () =>
      bare(
        JSON.stringify(
          { keys: [publicJwk({ ...DEMO_EC, use: 'sig' }), publicJwk({ ...DEMO_ED, use: 'sig' })] },
          null,
          2,
        ),
      ),
  }
}

async function sign(jwk: Jwk, header: object, payload: object | string): Promise<string> {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const input = `${encode(JSON.stringify(header))}.${encode(body)}`
  return `${input}.${await importSigningKey(jwk).sign(input)}`
}

/** A token of these, signed with the demo key of RFC 7515: worth nothing to anybody. */
export async function signDemo({
  header,
  payload,
}: {
  readonly header: object
  readonly payload: object
}): Promise<string> {
  return sign(DEMO_EC, { ...header, alg: 'ES256', kid: DEMO_EC.kid }, payload)
}
