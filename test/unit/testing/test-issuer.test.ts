/** The mint: its good tokens pass our verifier and jose, each bad one is refused for the reason that it was made for. */
import { createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { BAD_TOKENS, type BadToken, createTestClock, createTestIssuer } from '../../../src/testing/index.ts'
import { createVerifier } from '../../../src/verifier/index.ts'

const kinds = Object.keys(BAD_TOKENS) as BadToken[]

describe.each(['ES256', 'RS256', 'Ed25519', 'HS256'] as const)('a mint for %s', (algorithm) => {
  it('makes tokens with any claims, which verify', async () => {
    const clock = createTestClock()
    const mint = await createTestIssuer({ algorithm, clock: clock.now })
    const verifier = createVerifier(mint.verifierOptions)
    const token = await mint.token({ sub: 'ada', roles: ['admin'] })
    expect(await verifier.verify(token)).toMatchObject({ sub: 'ada', roles: ['admin'], iss: mint.issuer })
    clock.advance(600)
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token.expired' })
    if (algorithm === 'HS256') return
    const { payload } = await jwtVerify(await mint.token(), createLocalJWKSet({ keys: [...mint.jwks.keys] }), {
      issuer: mint.issuer,
      audience: mint.audience,
      typ: 'at+jwt',
      currentDate: new Date(clock.wallMs()),
    })
    expect(payload.sub).toBe('subject-1')
    expect(JSON.stringify(mint.jwks)).not.toMatch(/"(d|p|q|dp|dq|qi)":/)
  })

  it.each(kinds)('makes a bad one that is refused: %s', async (kind) => {
    const mint = await createTestIssuer({ algorithm })
    const verifier = createVerifier(mint.verifierOptions)
    await expect(verifier.verify(await mint.bad(kind))).rejects.toMatchObject({ code: BAD_TOKENS[kind] })
  })
})

it('signs with a new key after a rotation, and publishes both', async () => {
  const mint = await createTestIssuer({ issuer: 'https://mine.test', audience: 'https://a.test' })
  const before = await mint.token()
  const old = createVerifier(mint.verifierOptions)
  await mint.rotate()
  expect(mint.jwks.keys).toHaveLength(2)
  const both = createVerifier(mint.verifierOptions)
  expect(await both.verify(before)).toMatchObject({ iss: 'https://mine.test', aud: 'https://a.test' })
  expect(await both.verify(await mint.token())).toBeTruthy()
  await expect(old.verify(await mint.token())).rejects.toMatchObject({ code: 'token.key_unknown' })
  await expect(mint.bad('polite' as BadToken)).rejects.toThrow(TypeError)
  expect(await both.verify(await mint.token({ exp: undefined })).catch((error) => error.code)).toBe(
    'token.claim_missing',
  )
})
