import { createHmac, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../../src/crypto/base64url.ts'
import { nodeCrypto } from '../../../src/crypto/node-crypto.ts'
import { DEFAULT_ALGORITHMS, type SignatureAlgorithm } from '../../../src/token/algorithms.ts'
import { derToRaw, rawToDer } from '../../../src/token/ecdsa-der.ts'
import {
  algorithmOf,
  generateKey,
  importSigningKey,
  importVerifyKey,
  type Jwk,
  jwkThumbprint,
  publicJwk,
} from '../../../src/token/jwk.ts'
import { codeOf } from '../../support/codes.ts'

const ALL: readonly SignatureAlgorithm[] = [...DEFAULT_ALGORITHMS, 'HS256']
const PLATFORMS = [
  ['node:crypto', nodeCrypto],
  ['Web Crypto', null],
] as const
const made = new Map<SignatureAlgorithm, Jwk>()
for (const algorithm of ALL) made.set(algorithm, await generateKey(algorithm))
const key = (algorithm: SignatureAlgorithm): Jwk => made.get(algorithm) as Jwk
const verifying = (algorithm: SignatureAlgorithm): Jwk =>
  algorithm === 'HS256' ? key(algorithm) : publicJwk(key(algorithm))
const importCode = (jwk: unknown, allowed = ALL) => codeOf(() => importVerifyKey(jwk, allowed))
const { alg: _, ...rsaWithoutAlg } = verifying('RS256')

describe.each(ALL)('%s', (algorithm) => {
  it.each(PLATFORMS)('signs and verifies by %s, and the other platform agrees', async (_, node) => {
    const signing = importSigningKey(key(algorithm), node)
    expect(signing).toMatchObject({ keyId: key(algorithm).kid, algorithm })
    const signature = await signing.sign('a.b')
    for (const [, other] of PLATFORMS) {
      const verify = importVerifyKey(verifying(algorithm), [algorithm], other)
      const bytes = decodeBase64url(signature) as Uint8Array<ArrayBuffer>
      expect(await verify.verify('a.b', signature)).toBe(true)
      expect(await verify.verify('a.b', bytes)).toBe(true)
      expect(await verify.verify(new TextEncoder().encode('a.b'), bytes)).toBe(true)
      expect(await verify.verify('a.c', signature)).toBe(false)
      bytes[5] = (bytes[5] as number) ^ 1
      expect(await verify.verify('a.b', bytes)).toBe(false)
      expect(await verify.verify('a.b', `${signature}=`)).toBe(false)
      expect(await verify.verify('a.b', `${signature}\n`)).toBe(false)
      expect(await verify.verify('a.b', '')).toBe(false)
      expect(await verify.verify('a.b', bytes.subarray(1))).toBe(false)
    }
  })

  it('makes keys with a kid of eight characters that hold nothing private when published', () => {
    expect(key(algorithm).kid).toMatch(/^[\w-]{8}$/)
    if (algorithm === 'HS256') return expect(codeOf(() => publicJwk(key(algorithm)))).toBe('key.invalid')
    expect(key(algorithm).kid).toBe(jwkThumbprint(verifying(algorithm)).slice(0, 8))
    expect(Object.keys(publicJwk(key(algorithm)))).not.toContain('d')
    return expect(importCode(verifying(algorithm))).toBeNull()
  })

  it('verifies at once on Node', () => {
    expect(importVerifyKey(verifying(algorithm), [algorithm]).isSynchronous).toBe(true)
    expect(importVerifyKey(verifying(algorithm), [algorithm], null).isSynchronous).toBe(algorithm === 'HS256')
  })
})

describe('one key, one algorithm', () => {
  it.each<[string, Jwk, readonly SignatureAlgorithm[], SignatureAlgorithm | null]>([
    ['its own alg', verifying('PS256'), ALL, 'PS256'],
    ['nothing that is not listed', verifying('PS256'), ['RS256'], null],
    ['RS256 for RSA without alg', rsaWithoutAlg, ALL, 'RS256'],
    ['PS256 for RSA without alg if the list has only that', rsaWithoutAlg, ['PS256', 'ES256'], 'PS256'],
    ['the curve', { kty: 'EC', crv: 'P-384' }, ALL, 'ES384'],
    ['nothing for a curve we do not know', { kty: 'EC', crv: 'P-521' }, ALL, null],
    ['nothing for a property of every object', { kty: 'EC', crv: 'constructor' }, ALL, null],
    ['EdDSA where the list calls it so', { kty: 'OKP', crv: 'Ed25519' }, ['EdDSA'], 'EdDSA'],
    ['Ed25519 where the key says EdDSA', { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA' }, ['Ed25519'], 'Ed25519'],
    ['no secret unless HS256 is named', key('HS256'), DEFAULT_ALGORITHMS, null],
    ['no alg none', { kty: 'oct', alg: 'none' }, ALL, null],
    ['no key for encryption', { ...verifying('ES256'), use: 'enc' }, ALL, null],
    ['no key whose key_ops lack verify', { ...verifying('ES256'), key_ops: ['sign'] }, ALL, null],
    ['no key_ops that are no list', { ...verifying('ES256'), key_ops: 'verify' }, ALL, null],
  ])('takes %s', (_, jwk, allowed, expected) => expect(algorithmOf(jwk, allowed)).toBe(expected))
})

describe('importVerifyKey refuses', () => {
  const rsa = (bits: number, exponent = 65537): Jwk =>
    generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: exponent }).publicKey.export({
      format: 'jwk',
    }) as Jwk
  const n = decodeBase64url(verifying('RS256').n as string) as Uint8Array
  const even = Uint8Array.from(n)
  even[even.length - 1] = (even.at(-1) as number) & 0xfe
  const flipped = decodeBase64url(verifying('ES256').y as string) as Uint8Array
  flipped[0] = (flipped[0] as number) ^ 1
  const point = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')

  it.each<[string, unknown]>([
    ['a text', 'x'],
    ['null', null],
    ['a list', [verifying('ES256')]],
    ['an unknown kty', { kty: 'XYZ' }],
    ['alg and kty that do not fit', { ...verifying('RS256'), alg: 'ES256' }],
    ['alg and crv that do not fit', { ...verifying('ES384'), alg: 'ES256' }],
    ['RS256 over a secret', { ...key('HS256'), alg: 'RS256' }],
    ['HS256 over a public key', { ...verifying('RS256'), alg: 'HS256' }],
    ['kid that is no text', { ...verifying('ES256'), kid: 7 }],
    ['a private EC key', key('ES256')],
    ['a private RSA key', key('RS256')],
    ['a private Ed25519 key', key('EdDSA')],
    ['a public key with a secret beside it', { ...verifying('ES256'), k: 'AAAA' }],
    ['RSA of 1024 bits', rsa(1024)],
    ['RSA of 2040 bits', { ...verifying('RS256'), n: encodeBase64url(n.subarray(1)) }],
    ['RSA with the exponent 3', rsa(2048, 3)],
    ['RSA with an even exponent', { ...verifying('RS256'), e: encodeBase64url(Uint8Array.of(1, 0, 2)) }],
    ['RSA with an even modulus', { ...verifying('RS256'), n: encodeBase64url(even) }],
    ['RSA with a zero in front', { ...verifying('RS256'), n: encodeBase64url(Uint8Array.of(0, ...n)) }],
    ['RSA beyond 8192 bits', { ...verifying('RS256'), n: encodeBase64url(new Uint8Array(1025).fill(255)) }],
    ['RSA without n', { ...verifying('RS256'), n: undefined }],
    ['a point that is not on P-256', { ...verifying('ES256'), y: encodeBase64url(flipped) }],
    ['a coordinate that is too short', { ...verifying('ES256'), x: encodeBase64url(flipped.subarray(1)) }],
    [
      'the origin',
      { kty: 'EC', crv: 'P-256', x: encodeBase64url(new Uint8Array(32)), y: encodeBase64url(new Uint8Array(32)) },
    ],
    ['a coordinate with padding', { ...verifying('ES256'), x: `${String(verifying('ES256').x)}=` }],
    ['Ed25519 of low order', { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(new Uint8Array(32)) }],
    [
      'Ed25519 of order 8',
      { kty: 'OKP', crv: 'Ed25519', x: point('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05') },
    ],
    ['Ed25519 that is not on the curve', { kty: 'OKP', crv: 'Ed25519', x: point(`02${'00'.repeat(31)}`) }],
    ['Ed25519 beyond the field', { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(new Uint8Array(32).fill(255)) }],
    ['Ed25519 that is too long', { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(new Uint8Array(33).fill(9)) }],
  ])('%s', (_, jwk) => {
    expect(importCode(jwk)).toBe('key.invalid')
    expect(codeOf(() => importVerifyKey(jwk, ALL, null))).toBe('key.invalid')
  })

  it('and says nothing of the key', () => {
    try {
      importVerifyKey(key('ES256'), ALL)
      expect.unreachable()
    } catch (error) {
      expect(JSON.stringify([String(error), (error as Error).cause ?? null])).not.toContain(String(key('ES256').d))
    }
  })

  it('no point that node:crypto takes, and takes every public key that it makes', () => {
    for (let i = 0; i < 40; i++) {
      const pairs = [
        generateKeyPairSync('ec', { namedCurve: 'P-256' }),
        generateKeyPairSync('ec', { namedCurve: 'P-384' }),
        generateKeyPairSync('ed25519'),
      ]
      for (const { publicKey } of pairs) expect(importCode(publicKey.export({ format: 'jwk' }))).toBeNull()
    }
  })
})

describe('HMAC secrets', () => {
  const secret = (value: string | Uint8Array) => ({
    kty: 'oct',
    alg: 'HS256',
    k: Buffer.from(value).toString('base64url'),
  })
  const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey

  it.each<[string, string | Uint8Array]>([
    ['an empty one', ''],
    ['31 bytes', key('HS256').k as string],
    ['a PEM', pem.export({ type: 'spki', format: 'pem' }) as string],
    ['a PEM after white space', `\n ${pem.export({ type: 'pkcs1', format: 'pem' }) as string}`],
    ['a DER', pem.export({ type: 'spki', format: 'der' })],
    ['a short DER', ec.export({ type: 'spki', format: 'der' })],
    ['a JWK', JSON.stringify(ec.export({ format: 'jwk' }))],
    ['a JWK set', JSON.stringify({ keys: [ec.export({ format: 'jwk' })] })],
    ['an SSH key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q'],
    ['the one of jwt.io', 'a-string-secret-at-least-256-bits-long'],
    ['a published one in other letters', 'R9IMKOE5CRMGVJBBTP4HRQN7QIPPUTOJ'],
    ['a published one with white space', ' reallyreallyreallyreallyverysafe\n'],
    ['zeros', new Uint8Array(64)],
    ['few different bytes', 'abcabcabdabcabcabdabcabcabdabcabcabe'],
    ['a repeated one', 'test123-qwe-test123-qwe-test123-qwe-test123-qwe'],
    ['one that is filled up', `${'Tr0ub4dor&3-horse-staple'}${'\0'.repeat(16)}`],
  ])('refuses %s', (name, value) => {
    const given = name === '31 bytes' ? Buffer.from(value as string, 'base64url').subarray(1) : value
    expect(importCode(secret(given))).toBe('key.weak')
    expect(codeOf(() => importSigningKey(secret(given)))).toBe('key.weak')
  })

  it('refuses k that is no base64url', () =>
    expect(importCode({ kty: 'oct', alg: 'HS256', k: 'a b' })).toBe('key.invalid'))

  it('takes random ones of every length', async () => {
    for (let i = 0; i < 200; i++) {
      const value = crypto.getRandomValues(new Uint8Array(32 + (i % 150)))
      const verify = importVerifyKey(secret(value), ['HS256'])
      const input = 'x'.repeat(i * 60)
      const expected = createHmac('sha256', value).update(input).digest('base64url')
      expect(await verify.verify(input, expected)).toBe(true)
      expect(await importVerifyKey(secret(value), ['HS256'], null).verify(input, expected)).toBe(true)
    }
  })
})

describe('importSigningKey', () => {
  it('needs a private key', () => expect(codeOf(() => importSigningKey(verifying('ES256')))).toBe('key.invalid'))

  it('derives a kid where there is none', () => {
    const { kid, ...rest } = key('ES256')
    expect(importSigningKey(rest).keyId).toBe(kid)
  })

  it('respects use and key_ops', () => {
    expect(codeOf(() => importSigningKey({ ...key('ES256'), use: 'enc' }))).toBe('key.invalid')
    expect(codeOf(() => importSigningKey({ ...key('ES256'), key_ops: ['verify'] }))).toBe('key.invalid')
  })
})

describe('jwkThumbprint', () => {
  it('is that of RFC 7638 §3.1', () => {
    const jwk = {
      kty: 'RSA',
      n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
      e: 'AQAB',
      alg: 'RS256',
      kid: '2011-04-29',
    }
    expect(jwkThumbprint(jwk)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  })

  it('is that of RFC 8037 §A.3', () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }
    expect(jwkThumbprint(jwk)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  })
})

describe('ECDSA signatures', () => {
  it('go to DER and back, whatever zeros they begin with', () => {
    const number = (size: number) =>
      fc
        .tuple(fc.nat({ max: size - 1 }), fc.uint8Array({ minLength: size, maxLength: size }))
        .map(([zeros, bytes]) => bytes.map((byte, i) => (i < zeros ? 0 : byte)))
    const pair = fc.constantFrom(32, 48).chain((size) => fc.tuple(number(size), number(size)))
    fc.assert(
      fc.property(pair, ([r, s]) => {
        const raw = Uint8Array.from([...r, ...s])
        const der = rawToDer(raw)
        expect(der[1]).toBe(der.length - 2)
        expect([...derToRaw(der, r.length)]).toEqual([...raw])
      }),
    )
  })
})
