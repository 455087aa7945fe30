/** Tokens of ours, in every algorithm, verified from the published key set by other libraries and by a service without network. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { createAuth } from '../../src/index.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { runNode, temporaryFolder } from '../support/processes.ts'
import { root } from '../support/source-files.ts'

const ISSUER = 'https://app.example'
const AUDIENCE = 'https://api.example'
const ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'] as const
/** Debian's, whatever other Python is on the PATH. */
const PYTHON = '/usr/bin/python3'
const pyjwt = spawnSync(PYTHON, ['-c', 'import jwt, cryptography']).status === 0

interface Issued {
  readonly algorithm: (typeof ALGORITHMS)[number]
  readonly token: string
  readonly sessionId: string
  /** As served at `/.well-known/jwks.json`. */
  readonly jwks: JSONWebKeySet
}

const closers: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closers) await close()
})

async function issue(algorithm: Issued['algorithm']): Promise<Issued> {
  const store = createMemoryStore()
  const auth = createAuth({
    store,
    issuer: ISSUER,
    secrets: 'a secret of tests, 0123456789 abcdefghijk',
    claims: () => ({ roles: ['reader'] }),
    audiences: { [AUDIENCE]: {} },
    tokenAlgorithm: algorithm,
  })
  closers.push(async () => {
    await auth.close()
    await store.close()
  })
  await auth.ready()
  const request = { method: 'POST', headers: new Headers({ host: 'app.example', origin: ISSUER }), address: null }
  const { tokens, session } = await auth.logIn({ subject: 'ana', mode: 'token', audience: [AUDIENCE] }, request)
  const served = await auth.handler({ ...request, method: 'GET', url: '/.well-known/jwks.json', body: null })
  return {
    algorithm,
    token: tokens?.accessToken ?? '',
    sessionId: session.id,
    jwks: JSON.parse(String(served.body)) as JSONWebKeySet,
  }
}
const issued = await Promise.all(ALGORITHMS.map(issue))

/** The same token with one bit of its signature changed, and with other claims under the old signature. */
function forgeries({ token }: Issued): readonly string[] {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  bytes.writeUInt8(bytes.readUInt8(10) ^ 1, 10)
  const claims = { ...(JSON.parse(String(Buffer.from(payload, 'base64url'))) as object), sub: 'mallory' }
  return [
    `${header}.${payload}.${bytes.toString('base64url')}`,
    `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`,
  ]
}
const wanted = ({ sessionId }: Issued) =>
  expect.objectContaining({ iss: ISSUER, aud: AUDIENCE, sub: 'ana', roles: ['reader'], sid: sessionId })

describe.each(issued.map((one) => [one.algorithm, one] as const))('a token of ours, %s,', (algorithm, one) => {
  it('is taken by jose from the key set, and no forgery', async () => {
    const verify = (token: string) =>
      jwtVerify(token, createLocalJWKSet(one.jwks), { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt' })
    const { payload, protectedHeader } = await verify(one.token)
    expect([payload, protectedHeader.alg]).toEqual([wanted(one), algorithm])
    for (const forged of forgeries(one)) {
      await expect(verify(forged)).rejects.toBeInstanceOf(errors.JWSSignatureVerificationFailed)
    }
  })

  // jsonwebtoken knows no EdDSA.
  it('is taken by jsonwebtoken, which knows no EdDSA, from the key set, and no forgery', () => {
    const { kid } = JSON.parse(String(Buffer.from(one.token.split('.')[0] ?? '', 'base64url'))) as { kid: string }
    const jwk = one.jwks.keys.find((key) => key.kid === kid)
    if (!jwk) throw new Error('the key is not in the set')
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const verify = (token: string) =>
      jsonwebtoken.verify(token, key, { algorithms: [algorithm as never], issuer: ISSUER, audience: AUDIENCE })
    if (algorithm === 'EdDSA') {
      expect(() => verify(one.token)).toThrow('Unknown key type')
      return
    }
    expect(verify(one.token)).toEqual(wanted(one))
    for (const forged of forgeries(one)) expect(() => verify(forged)).toThrow('invalid signature')
  })

  it.skipIf(!pyjwt)('is taken by PyJWT from the key set, and no forgery', () => {
    const input = JSON.stringify({
      jwks: one.jwks,
      issuer: ISSUER,
      audience: AUDIENCE,
      tokens: [one.token, ...forgeries(one)],
    })
    const said = execFileSync(PYTHON, [join(root, 'test/support/pyjwt.py')], { input, encoding: 'utf8' })
    const refused = { error: 'InvalidSignatureError' }
    expect(JSON.parse(said)).toEqual([wanted(one), refused, refused])
  })

  it('is taken by our verifier in a process that has a key file and no network', async () => {
    const folder = temporaryFolder()
    onTestFinished(folder.remove)
    const file = join(folder.path, 'jwks.json')
    writeFileSync(file, JSON.stringify(one.jwks))
    const preload = join(root, 'test/support/from-source.ts')
    const script = join(root, 'test/support/offline-verifier.ts')
    const { stdout, stderr } = await runNode(['--import', preload, script, file, ISSUER, AUDIENCE], {
      input: JSON.stringify([one.token, ...forgeries(one)]),
    })
    expect(stderr).toBe('')
    const refused = { error: 'token.signature' }
    expect(JSON.parse(stdout)).toEqual([wanted(one), refused, refused])
  })
})
