import { createPrivateKey, createPublicKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signedByHmac } from '../../../../web/lab/attacks/forge.ts'
import { guesses } from '../../../../web/lab/attacks/guesses.ts'
import { DEMO_EC, DEMO_RSA, DEMO_SECRET } from '../../../../web/lab/engine/token/demo-keys.ts'
import { guessSecret } from '../../../../web/lab/engine/token/guess.ts'
import { makeKey, signToken, takeKey, timeKey } from '../../../../web/lab/engine/token/mint.ts'
import { makeSample, type Sample } from '../../../../web/lab/engine/token/samples.ts'
import { type TokenPolicy, type TokenVerdict, verifyToken } from '../../../../web/lab/engine/token/verify.ts'
import { readPaste } from '../../../../web/lab/paste/read-paste.ts'
import { isSampleName, SAMPLES, type SampleName } from '../../../../web/lab/paste/sample-names.ts'
import { makeCertificate } from '../../../support/chromium.ts'
import { CLAIMS } from './tokens.ts'

const NOW = 1_800_000_000
const POLICY: TokenPolicy = {
  algorithm: 'ES256',
  typ: '',
  issuer: 'https://login.example',
  audience: 'https://api.example',
  skewSeconds: 0,
  maxLifetimeSeconds: 3600,
  now: NOW + 1,
}
const utf8 = (text: string) => ({ text, encoding: 'utf-8' as const })

async function judge(name: SampleName, change: Partial<TokenPolicy> = {}): Promise<TokenVerdict> {
  const sample = await makeSample({ name, now: NOW })
  const token = readPaste(sample.text).tokens[0]?.token.compact ?? ''
  return verifyToken({ token, key: sample.key ?? utf8(''), policy: { ...POLICY, ...sample.policy, ...change } })
}
const access = (): Promise<Sample> => makeSample({ name: 'access', now: NOW })

describe('the samples', () => {
  it('are at least twenty, each one read', async () => {
    expect(SAMPLES.length).toBeGreaterThanOrEqual(20)
    for (const [name] of SAMPLES) {
      const { text } = await makeSample({ name, now: NOW })
      const paste = readPaste(text)
      expect(paste.tokens.length + paste.keys.length, name).toBeGreaterThan(0)
    }
    expect(isSampleName('access')).toBe(true)
    expect(isSampleName('toString')).toBe(false)
  })

  it.each([
    ['access', 'Verified under this policy', []],
    ['eddsa', 'Verified under this policy', []],
    ['shared', 'Verified under this policy', []],
    ['fat', 'Verified under this policy', []],
    ['wrapped', 'Verified under this policy', []],
    [
      'id-token',
      'Signature matches but policy fails',
      ['the token is of another kind (typ)', 'the token is for another audience'],
    ],
    ['expired', 'Signature matches but policy fails', ['the token has expired']],
    ['not-yet', 'Signature matches but policy fails', ['the token is not valid yet']],
    ['long', 'Signature matches but policy fails', ['the token lacks aud']],
    ['weak', 'Signature matches but policy fails', ['the HMAC secret has fewer than 32 bytes']],
    ['rsa', 'Signature matches but policy fails', ['the token is of another kind (typ)', 'the token lacks sub']],
    ['tampered', 'Signature does not match', []],
    ['none', 'Not verified', ['alg is none: nobody signed it']],
    ['none-signed', 'Not verified', ['alg is none: nobody signed it']],
    ['jwe', 'Not verified', ['RSA-OAEP is an algorithm that the product does not have']],
    ['cut', 'Not verified', ['the token is malformed: it does not have three segments']],
    ['twice', 'Signature matches but policy fails', ['the token is malformed: the payload is no strict JSON object']],
    [
      'crit',
      'Not verified',
      ['the header holds crit, zip or b64, which the product does not know: it must be refused'],
    ],
    ['kid', 'Not verified', ['no key fits: the token names another kid, or none where several would do']],
    ['keys-inside', 'Not verified', ['no key fits: the token names another kid, or none where several would do']],
  ] as const)('%s: %s', async (name, words, reasons) => {
    expect(await judge(name)).toMatchObject({ words, reasons })
  })

  it('tell the weak one by its secret', async () => {
    expect(guessSecret((await makeSample({ name: 'weak', now: NOW })).text)).toBe('secret')
    expect(guessSecret((await makeSample({ name: 'shared', now: NOW })).text)).toBeNull()
    expect(guessSecret('')).toBeNull()
  })

  it.each(['your-256-bit-secret', 'keyboard cat', 'Password1', 'SECRET', 'change-me'])('guesses “%s”', (secret) => {
    expect(guessSecret(signedByHmac({ alg: 'HS256' }, { sub: 'ana' }, secret))).toBe(secret)
    expect(guesses()).toContain(secret)
  })
})

describe('the policy is the caller’s', () => {
  it('never verified without an issuer and an audience', async () => {
    const { words, reasons } = await judge('access', { issuer: '', audience: '' })
    expect(words).toBe('Signature matches but policy fails')
    expect(reasons).toEqual(['the policy names no issuer', 'the policy names no audience'])
  })

  it('tells of a weak secret beside what else fails', async () => {
    expect((await judge('weak', { issuer: '' })).reasons).toEqual([
      'the HMAC secret has fewer than 32 bytes',
      'the policy names no issuer',
    ])
  })

  it('tells everything that fails', async () => {
    const { reasons } = await judge('expired', {
      typ: 'JWT',
      issuer: 'https://other.example',
      audience: 'x',
      maxLifetimeSeconds: 60,
    })
    expect(reasons).toEqual([
      'the token is of another kind (typ)',
      'the token is of another issuer',
      'the token is for another audience',
      'the token has expired',
      'the token lives longer than this verifier accepts',
    ])
  })

  it('fixes the algorithm', async () => {
    const { text } = await access()
    const rs = await verifyToken({
      token: text,
      key: utf8(JSON.stringify(DEMO_RSA)),
      policy: { ...POLICY, algorithm: 'RS256' },
    })
    expect(rs).toMatchObject({ words: 'Not verified', reasons: [/nothing was tried/] })
    const wrongType = await verifyToken({ token: text, key: utf8(JSON.stringify(DEMO_RSA)), policy: POLICY })
    expect(wrongType).toMatchObject({ words: 'Not verified', reasons: [/not for any of the allowed/] })
  })

  it('refuses a public key as a secret', async () => {
    const { cert } = makeCertificate(['a.test'])
    const { text } = await makeSample({ name: 'shared', now: NOW })
    expect(
      await verifyToken({ token: text, key: utf8(cert), policy: { ...POLICY, algorithm: 'HS256' } }),
    ).toMatchObject({
      words: 'Not verified',
      reasons: ['HS256 takes a secret: a key in PEM is for another algorithm'],
    })
  })
})

describe('keys', () => {
  const pem = (kind: 'spki' | 'pkcs8') =>
    kind === 'spki'
      ? createPublicKey({ key: DEMO_EC, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
      : createPrivateKey({ key: DEMO_EC, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' })

  it.each([
    ['JWK', JSON.stringify({ ...DEMO_EC, d: undefined }), null],
    ['private JWK', JSON.stringify(DEMO_EC), /only its public half/],
    ['JWK set', JSON.stringify({ keys: [{ ...DEMO_EC, d: undefined }] }), null],
    ['PEM', String(pem('spki')), /no kid/],
    ['private PEM', String(pem('pkcs8')), /only its public half/],
  ])('%s', async (_, key, note) => {
    const verdict = await verifyToken({ token: (await access()).text, key: utf8(key), policy: POLICY })
    expect(verdict.words).toBe('Verified under this policy')
    if (note) expect(verdict.notes.join('\n')).toMatch(note)
  })

  it('takes the key of a certificate', async () => {
    const { key, cert } = makeCertificate(['a.test'])
    const given = await takeKey({
      ...utf8(String(createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' }))),
      algorithm: 'ES256',
    })
    const token = await signToken({
      jwk: given.jwk,
      header: '{"alg":"ES256","typ":"at+jwt"}',
      payload: JSON.stringify(CLAIMS),
    })
    const policy = { ...POLICY, issuer: CLAIMS.iss, audience: CLAIMS.aud, now: CLAIMS.iat }
    expect((await verifyToken({ token, key: utf8(cert), policy })).words).toBe('Verified under this policy')
  })

  it.each([
    ['', 'no key given'],
    ['{"kty":', /no JSON/],
    ['-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----', /no base64/],
    ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', /no key for ES256/],
    ['-----BEGIN PUBLIC KEY-----\nAAAA', /no end line/],
    ['-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----', /openssl pkcs8/],
    ['-----BEGIN CERTIFICATE-----\nMAMwAQE=\n-----END CERTIFICATE-----', /certificate cannot be read/],
    ['hunter2', /neither/],
    ['{"keys":[]}', /not empty/],
    ['{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}', /wrong length/],
  ])('says what is wrong: %s', async (key, reason) => {
    const { words, reasons } = await verifyToken({ token: (await access()).text, key: utf8(key), policy: POLICY })
    expect(words).toBe('Not verified')
    expect(reasons[0]).toMatch(reason)
  })

  it('reads a secret as text, base64url and hex', async () => {
    const { text } = await makeSample({ name: 'shared', now: NOW })
    const policy = { ...POLICY, algorithm: 'HS256' } as const
    const hex = Buffer.from(DEMO_SECRET, 'base64url').toString('hex')
    const with_ = async (secret: string, encoding: 'utf-8' | 'base64url' | 'hex') =>
      (await verifyToken({ token: text, key: { text: secret, encoding }, policy })).words
    expect(await with_(DEMO_SECRET, 'base64url')).toBe('Verified under this policy')
    expect(await with_(hex, 'hex')).toBe('Verified under this policy')
    expect(await with_(DEMO_SECRET, 'utf-8')).toBe('Signature does not match')
    expect(await with_('abc', 'hex')).toBe('Not verified')
    expect(await with_('&', 'base64url')).toBe('Not verified')
  })
})

describe('minting', () => {
  it.each(['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256', 'HS256'] as const)(
    '%s: makes a key, signs, and the product verifies',
    async (algorithm) => {
      const key = await makeKey(algorithm)
      const header = JSON.stringify({ alg: algorithm, typ: 'at+jwt', kid: key.keyId })
      const token = await signToken({ jwk: key.jwk, header, payload: JSON.stringify(CLAIMS) })
      const policy = { ...POLICY, algorithm, issuer: CLAIMS.iss, audience: CLAIMS.aud, now: CLAIMS.iat }
      const forms =
        algorithm === 'HS256' ? [JSON.stringify(key.jwk)] : [JSON.stringify(key.publicJwk), key.publicPem ?? '']
      for (const form of forms) {
        expect((await verifyToken({ token, key: utf8(form), policy })).words).toBe('Verified under this policy')
      }
      const again = await takeKey({ ...utf8(key.privatePem ?? JSON.stringify(key.jwk)), algorithm })
      expect(again.publicJwk).toEqual(key.publicJwk)
    },
  )

  it('measures', async () => {
    const { jwk } = await makeKey('HS256')
    const context = { signal: new AbortController().signal, progress: () => undefined }
    const { signUs, verifyUs, rounds } = await timeKey({ jwk, input: 'a.b' }, context)
    expect(signUs).toBeGreaterThan(0)
    expect(verifyUs).toBeGreaterThan(0)
    expect(rounds).toBe(200)
  })

  it('refuses a key of another kind', async () => {
    await expect(takeKey({ ...utf8(JSON.stringify(DEMO_EC)), algorithm: 'RS256' })).rejects.toThrow(
      'the key is for ES256',
    )
    await expect(takeKey({ ...utf8('{"keys":[]}'), algorithm: 'ES256' })).rejects.toThrow('not a set')
    await expect(takeKey({ ...utf8('short'), algorithm: 'HS256' })).rejects.toThrow('fewer than 32 bytes')
  })
})
