/** Tokens that are almost right: named classes of mutations, drawn from a seed. */
import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { encodeBase64url } from '../../src/crypto/base64url.ts'
import { publicJwk } from '../../src/token/jwk.ts'
import { AUDIENCE, goodClaims, ISSUER, NOW, segment, type TestKey } from './tokens.ts'

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What a mutation may use. */
export interface Mill {
  readonly random: () => number
  /** The key that signs unless the mutation says otherwise. */
  readonly key: TestKey
  /** Another key of the set, of another algorithm where there is one. */
  readonly other: TestKey
  /** A key that no verifier knows, of the same algorithm as `key`. */
  readonly stranger: TestKey
  /** A good token of `key`. */
  readonly good: string
  /** Public RSA and EC keys of the set. */
  readonly publicKeys: readonly JsonWebKey[]
}

/** A token and the name of what was done to it within its class. */
export interface Mutant {
  readonly token: string
  readonly variant: string
}

type Mutation = (mill: Mill) => Mutant | Promise<Mutant>
type Variants<T> = readonly (readonly [string, T])[]

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const encoder = new TextEncoder()

const pick = <T>({ random }: Mill, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
const below = ({ random }: Mill, limit: number): number => Math.floor(random() * limit)
const headerOf = ({ key }: Mill): Record<string, unknown> => ({
  alg: key.signing.algorithm,
  typ: 'at+jwt',
  kid: key.jwk.kid,
})

/** Signs a header and claims given as values or as the very JSON text. */
const signed = (mill: Mill, header: unknown, claims: unknown, key = mill.key) =>
  key.sign(segment(header), segment(claims))

/** A class whose variants change the claims. */
const claims =
  (variants: Variants<(mill: Mill) => Record<string, unknown>>): Mutation =>
  async (mill) => {
    const [variant, change] = pick(mill, variants)
    return { variant, token: await signed(mill, headerOf(mill), goodClaims(change(mill))) }
  }

/** A class whose variants write the payload's JSON by hand. */
const payloads =
  (variants: Variants<(good: string) => string | Uint8Array>): Mutation =>
  async (mill) => {
    const [variant, write] = pick(mill, variants)
    const written = write(JSON.stringify(goodClaims()))
    const payload = encodeBase64url(typeof written === 'string' ? encoder.encode(written) : written)
    return { variant, token: await mill.key.sign(segment(headerOf(mill)), payload) }
  }

/** A class whose variants change the header. */
const headers =
  (variants: Variants<(mill: Mill) => Record<string, unknown> | string>): Mutation =>
  async (mill) => {
    const [variant, change] = pick(mill, variants)
    const changed = change(mill)
    const header = typeof changed === 'string' ? changed : { ...headerOf(mill), ...changed }
    return { variant, token: await signed(mill, header, goodClaims()) }
  }

/** A class whose variants change the finished text. */
const texts =
  (variants: Variants<(parts: readonly [string, string, string], mill: Mill) => string>): Mutation =>
  (mill) => {
    const [variant, change] = pick(mill, variants)
    return { variant, token: change(mill.good.split('.') as [string, string, string], mill) }
  }

const flip =
  (part: 0 | 1 | 2): Mutation =>
  (mill) => {
    const parts = mill.good.split('.')
    const bytes = Buffer.from(parts[part] as string, 'base64url')
    const bit = below(mill, bytes.length * 8)
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
    parts[part] = bytes.toString('base64url')
    return { variant: 'bit', token: parts.join('.') }
  }

/** The same bytes, written with an unused bit that is set; null where the last character has none. */
function withSpareBits(text: string): string | null {
  const last = ALPHABET.indexOf(text.at(-1) as string)
  return text.length % 4 === 0 ? null : text.slice(0, -1) + ALPHABET[last + 1]
}

/** Every signature that we make has spare bits but those of 48 and 96 bytes, which are made longer by white space. */
const spareBitsOf = (signature: string): string => withSpareBits(signature) ?? `${signature} `

/** The first of a row of texts, each one letter longer, that has spare bits; written with one set. */
function spareBits(make: (pad: string) => string): string {
  for (let pad = ''; ; pad += 'x') {
    const changed = withSpareBits(make(pad))
    if (changed) return changed
  }
}

const bytesOf = (text: string, ...insert: number[]): Uint8Array => {
  const at = text.indexOf('reader')
  return Uint8Array.from([...encoder.encode(text.slice(0, at)), ...insert, ...encoder.encode(text.slice(at))])
}
const replace = (from: string, to: string) => (good: string) => good.replace(from, to)
const nest = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const value = (name: string, ...values: unknown[]): Variants<(mill: Mill) => Record<string, unknown>> =>
  values.map((given) => [`${name}=${JSON.stringify(given) ?? 'absent'}`, () => ({ [name]: given })])
const wrongTypes = [null, true, 0, 1, '', 'x', [], {}, ['x'], [1]]

/** A token signed by HMAC under something that everybody knows. */
const underPublicKey =
  (form: (key: JsonWebKey) => string | Uint8Array): ((mill: Mill) => Promise<string>) =>
  async (mill) => {
    const secret = form(pick(mill, mill.publicKeys))
    const { createHmac } = await import('node:crypto')
    const input = `${segment({ ...headerOf(mill), alg: 'HS256' })}.${segment(goodClaims())}`
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }
const nodeKey = (key: JsonWebKey) => createPublicKey({ key, format: 'jwk' })
const pem = (key: JsonWebKey) => nodeKey(key).export({ type: 'spki', format: 'pem' }) as string

const keySwaps: Variants<(mill: Mill) => string | Promise<string>> = [
  ['stranger-with-our-kid', (mill) => signed(mill, headerOf(mill), goodClaims(), mill.stranger)],
  ['other-key-of-the-set', (mill) => signed(mill, headerOf(mill), goodClaims(), mill.other)],
  [
    'other-key-under-its-own-alg',
    (mill) => signed(mill, { ...headerOf(mill), alg: mill.other.signing.algorithm }, goodClaims(), mill.other),
  ],
  ['other-key-as-it-should-be', (mill) => mill.other.token()],
  ['hmac-under-pem', underPublicKey(pem)],
  ['hmac-under-trimmed-pem', underPublicKey((key) => pem(key).trim())],
  ['hmac-under-der', underPublicKey((key) => nodeKey(key).export({ type: 'spki', format: 'der' }))],
  ['hmac-under-jwk', underPublicKey((key) => JSON.stringify(key))],
  ['hmac-under-number', underPublicKey((key) => Buffer.from(String(key.n ?? key.x), 'base64url'))],
  ['hmac-under-nothing', underPublicKey(() => '')],
  ['key-in-header', (mill) => signed(mill, { ...headerOf(mill), jwk: mill.stranger.jwk }, goodClaims(), mill.stranger)],
]

const none: Variants<(mill: Mill) => string> = [
  ...['none', 'None', 'NONE', 'nOnE', ' none', ''].flatMap(
    (alg): Variants<(mill: Mill) => string> => [
      [`${alg}-unsigned`, (mill) => `${segment({ ...headerOf(mill), alg })}.${segment(goodClaims())}.`],
      [
        `${alg}-signed`,
        (mill) => `${segment({ ...headerOf(mill), alg })}.${segment(goodClaims())}.${mill.good.split('.')[2]}`,
      ],
      [`${alg}-two-segments`, (mill) => `${segment({ ...headerOf(mill), alg })}.${segment(goodClaims())}`],
    ],
  ),
]

const byHand =
  (variants: Variants<(mill: Mill) => string | Promise<string>>): Mutation =>
  async (mill) => {
    const [variant, make] = pick(mill, variants)
    return { variant, token: await make(mill) }
  }

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  unchanged: async (mill) => ({ variant: 'good', token: mill.good }),
  'flip-header': flip(0),
  'flip-payload': flip(1),
  'flip-signature': flip(2),
  'change-character': (mill) => {
    const last = mill.good.length - 1
    // The last character is one of the few with bits that are not used.
    const at = mill.random() < 0.3 ? last : below(mill, last)
    const character = pick(mill, [...ALPHABET, '.', '=', '+', '/', ' ', '\n', '\0', '%', 'é', '\u0141', '\ud800'])
    const token = mill.good.slice(0, at) + character + mill.good.slice(at + 1)
    return { variant: token === mill.good ? 'none' : at === last ? 'last' : 'other', token }
  },
  'swap-algorithm': headers([
    ...['ES256', 'ES384', 'RS256', 'PS256', 'HS256', 'HS384', 'RS512', 'ES512', 'es256', 'ES256 ', 'none'].map(
      (alg): [string, () => Record<string, unknown>] => [alg, () => ({ alg })],
    ),
    ['EdDSA', () => ({ alg: 'EdDSA' })],
    ['Ed25519', () => ({ alg: 'Ed25519' })],
    ['absent', () => ({ alg: undefined })],
    ['list', () => ({ alg: ['ES256'] })],
    ['null', () => ({ alg: null })],
  ]),
  'swap-kid': headers([
    ['unknown', () => ({ kid: 'unknown0' })],
    ['of-another-key', ({ other }) => ({ kid: other.jwk.kid })],
    ['absent', () => ({ kid: undefined })],
    ['empty', () => ({ kid: '' })],
    ['number', () => ({ kid: 1 })],
    ['null', () => ({ kid: null })],
    ['list', ({ key }) => ({ kid: [key.jwk.kid] })],
    ['path', () => ({ kid: '../../dev/null' })],
    ['sql', () => ({ kid: "x' UNION SELECT 'secret" })],
    ['proto', () => ({ kid: '__proto__' })],
    ['other-case', ({ key }) => ({ kid: String(key.jwk.kid).toUpperCase() + String(key.jwk.kid).toLowerCase() })],
    ['white-space', ({ key }) => ({ kid: `${String(key.jwk.kid)} ` })],
  ]),
  typ: headers([
    ...[
      'JWT',
      'jwt',
      'AT+JWT',
      'application/at+jwt',
      'Application/AT+JWT',
      'at+jwt ',
      'at+jwt;a=b',
      'id+jwt',
      '',
      'text/at+jwt',
    ].map((typ): [string, () => Record<string, unknown>] => [typ, () => ({ typ })]),
    ['absent', () => ({ typ: undefined })],
    ['number', () => ({ typ: 1 })],
    ['null', () => ({ typ: null })],
  ]),
  padding: texts([
    ['header-pad', ([h, p, s]) => `${h}=.${p}.${s}`],
    ['payload-pad', ([h, p, s]) => `${h}.${p}==.${s}`],
    ['signature-pad', ([h, p, s]) => `${h}.${p}.${s}==`],
    ['leading-space', (parts) => ` ${parts.join('.')}`],
    ['trailing-newline', (parts) => `${parts.join('.')}\n`],
    ['trailing-nul', (parts) => `${parts.join('.')}\0`],
    ['space-in-payload', ([h, p, s]) => `${h}.${p.slice(0, 9)} ${p.slice(9)}.${s}`],
    ['space-in-signature', ([h, p, s]) => `${h}.${p}.${s.slice(0, 9)}\t${s.slice(9)}`],
    ['bearer', (parts) => `Bearer ${parts.join('.')}`],
    ['quoted', (parts) => `"${parts.join('.')}"`],
  ]),
  'signed-padding': byHand([
    ['header-pad', ({ key, good }) => key.sign(`${good.split('.')[0]}=`, good.split('.')[1] as string)],
    ['payload-pad', ({ key, good }) => key.sign(good.split('.')[0] as string, `${good.split('.')[1]}==`)],
    ['payload-space', ({ key, good }) => key.sign(good.split('.')[0] as string, ` ${good.split('.')[1]}`)],
    [
      'payload-plain-base64',
      ({ key, good }) => key.sign(good.split('.')[0] as string, Buffer.from('{"a":"~~~???"}').toString('base64')),
    ],
  ]),
  'spare-bits': byHand([
    ['signature', ({ good }) => good.slice(0, good.lastIndexOf('.') + 1) + spareBitsOf(good.split('.')[2] as string)],
    [
      'header',
      (mill) => {
        const header = spareBits((pad) => segment({ ...headerOf(mill), pad }))
        return mill.key.sign(header, mill.good.split('.')[1] as string)
      },
    ],
    [
      'payload',
      ({ key, good }) =>
        key.sign(
          good.split('.')[0] as string,
          spareBits((pad) => segment(goodClaims({ pad }))),
        ),
    ],
  ]),
  duplicates: payloads([
    ['sub', (good) => good.replace('{', '{"sub":"admin",')],
    ['exp', (good) => good.replace('{', `{"exp":${NOW - 1},`)],
    ['same-value', (good) => good.replace('{', `{"iss":"${ISSUER}",`)],
    ['escaped-name', (good) => good.replace('{', '{"\\u0073ub":"admin",')],
    ['further-in', (good) => good.replace('{', '{"a":{"b":1,"b":2},')],
    ['proto', (good) => good.replace('{', '{"__proto__":{"admin":true},')],
  ]),
  'header-duplicates': headers([
    [
      'alg',
      ({ key }) => `{"alg":"none","alg":"${key.signing.algorithm}","typ":"at+jwt","kid":"${String(key.jwk.kid)}"}`,
    ],
    [
      'kid',
      ({ key }) => `{"alg":"${key.signing.algorithm}","typ":"at+jwt","kid":"other","kid":"${String(key.jwk.kid)}"}`,
    ],
  ]),
  numbers: payloads([
    ['exponent', replace(`"exp":${NOW + 600}`, '"exp":1.7500006e9')],
    ['fraction', replace(`"exp":${NOW + 600}`, `"exp":${NOW + 600}.5`)],
    ['infinite', replace(`"exp":${NOW + 600}`, '"exp":1e999')],
    ['infinite-extra', (good) => good.replace('{', '{"extra":1e999,')],
    ['huge-integer-extra', (good) => good.replace('{', '{"extra":123456789012345678901234567890,')],
    ['leading-zero', replace(`"exp":${NOW + 600}`, `"exp":0${NOW + 600}`)],
    ['plus', replace(`"exp":${NOW + 600}`, `"exp":+${NOW + 600}`)],
    ['hex', replace(`"exp":${NOW + 600}`, '"exp":0x7fffffff')],
    ['NaN', replace(`"exp":${NOW + 600}`, '"exp":NaN')],
    ['Infinity', replace(`"exp":${NOW + 600}`, '"exp":Infinity')],
    ['text', replace(`"exp":${NOW + 600}`, `"exp":"${NOW + 600}"`)],
    ['negative-iat', replace(`"iat":${NOW}`, '"iat":-1')],
    ['minus-zero-gen', replace('"gen":3', '"gen":-0')],
    ['negative-gen', replace('"gen":3', '"gen":-3')],
    ['fraction-gen', replace('"gen":3', '"gen":3.5')],
    ['trailing-comma', (good) => good.replace(/\}$/, ',}')],
  ]),
  segments: texts([
    ['two', ([h, p]) => `${h}.${p}`],
    ['one', ([h]) => h],
    ['four', (parts) => `${parts.join('.')}.`],
    ['five', (parts) => `${parts.join('.')}.AAAA.AAAA`],
    ['empty', () => ''],
    ['dots', () => '..'],
    ['no-signature', ([h, p]) => `${h}.${p}.`],
    ['no-payload', ([h, , s]) => `${h}..${s}`],
    ['no-header', ([, p, s]) => `.${p}.${s}`],
    ['swapped', ([h, p, s]) => `${p}.${h}.${s}`],
    ['cut', (parts, mill) => parts.join('.').slice(0, below(mill, parts.join('.').length))],
    ['long', (parts) => `${parts.join('.')}${'A'.repeat(9000)}`],
  ]),
  unicode: payloads([
    ['bom', (good) => `\ufeff${good}`],
    ['invalid-utf8', (good) => bytesOf(good, 0xff)],
    ['overlong-utf8', (good) => bytesOf(good, 0xc0, 0xaf)],
    ['surrogate-utf8', (good) => bytesOf(good, 0xed, 0xa0, 0x80)],
    ['cut-utf8', (good) => bytesOf(good, 0xe2, 0x82)],
    ['nul', (good) => bytesOf(good, 0)],
    ['escaped-half-pair', replace('reader', '\\ud800')],
    ['escaped-pair', replace('reader', '\\ud83d\\ude00')],
    ['escaped-iss', replace('"iss"', '"\\u0069ss"')],
    ['homoglyph-iss', replace('https://app', 'https://\u0430pp')],
    ['fullwidth-aud', replace(AUDIENCE, AUDIENCE.replace('a', '\uff41'))],
    ['utf16', (good) => Buffer.from(good, 'utf16le')],
    ['white-space-around', (good) => ` ${good}\n`],
    ['form-feed', (good) => `\f${good}`],
  ]),
  critical: headers([
    ['crit-unknown', () => ({ crit: ['x'], x: 1 })],
    ['crit-empty', () => ({ crit: [] })],
    ['crit-exp', () => ({ crit: ['exp'], exp: NOW + 600 })],
    ['crit-no-list', () => ({ crit: 'exp' })],
    ['crit-null', () => ({ crit: null })],
    ['b64-false', () => ({ crit: ['b64'], b64: false })],
    ['b64-true', () => ({ crit: ['b64'], b64: true })],
    ['b64-false-alone', () => ({ b64: false })],
    ['b64-true-alone', () => ({ b64: true })],
    ['zip', () => ({ zip: 'DEF' })],
  ]),
  'header-lures': headers([
    ['jku', () => ({ jku: 'http://127.0.0.1:9/' })],
    ['x5u', () => ({ x5u: 'http://127.0.0.1:9/' })],
    ['x5c', () => ({ x5c: ['AAAA'] })],
    ['jwk-public', ({ stranger }) => ({ jwk: stranger.jwk.kty === 'oct' ? { kty: 'oct' } : publicJwk(stranger.jwk) })],
    ['cty', () => ({ cty: 'JWT' })],
    ['epk', () => ({ enc: 'A256GCM', epk: {} })],
  ]),
  'claim-types': claims(
    ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'gen', 'client_id'].flatMap((name) =>
      value(name, ...wrongTypes),
    ),
  ),
  'claims-absent': claims(
    ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'sid', 'gen', 'client_id'].flatMap((name) => value(name, undefined)),
  ),
  times: claims([
    ...value('exp', NOW - 1, NOW, NOW + 1, NOW + 3600, NOW + 3601, NOW + 10 ** 9, 0, 2 ** 53),
    ...value('nbf', NOW - 1, NOW, NOW + 1, 0, 2 ** 53),
    ...value('iat', NOW - 1, NOW + 1, NOW - 3000, NOW - 3001, NOW - 3600, 0),
  ]),
  audiences: claims(
    value(
      'aud',
      [AUDIENCE],
      ['x', AUDIENCE],
      [AUDIENCE, AUDIENCE],
      [AUDIENCE, 1],
      [AUDIENCE, ''],
      [AUDIENCE, null],
      [[AUDIENCE]],
      `${AUDIENCE}/`,
      AUDIENCE.toUpperCase(),
      `x ${AUDIENCE}`,
      { 0: AUDIENCE },
      'x',
      ['x'],
      '*',
    ),
  ),
  issuers: claims(
    value(
      'iss',
      `${ISSUER}/`,
      ISSUER.toUpperCase(),
      `${ISSUER}.evil.example`,
      [ISSUER],
      ISSUER.slice(0, -1),
      `${ISSUER}\0`,
      'x',
    ),
  ),
  nesting: payloads([
    ['shallow', (good) => good.replace('{', `{"deep":${nest(15)},`)],
    ['deep', (good) => good.replace('{', `{"deep":${nest(16)},`)],
    ['very-deep', (good) => good.replace('{', `{"deep":${nest(2000)},`)],
    ['large', (good) => good.replace('{', `{"large":"${'x'.repeat(7000)}",`)],
    ['list-as-payload', (good) => `[${good}]`],
    ['text-as-payload', (good) => JSON.stringify(good)],
    ['null-as-payload', () => 'null'],
  ]),
  keys: byHand(keySwaps),
  none: byHand(none),
}
