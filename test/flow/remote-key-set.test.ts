/** A verifier and its issuer's key set over real sockets. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_ALGORITHMS } from '../../src/token/algorithms.ts'
import { createRemoteKeySource } from '../../src/token/remote-key-set.ts'
import { createVerifier, type Verifier } from '../../src/verifier/index.ts'
import { codeOf, codeOfAsync } from '../support/codes.ts'
import { AUDIENCE, goodClaims, ISSUER, makeKey, NOW } from '../support/tokens.ts'

const [first, second, third] = await Promise.all([makeKey('ES256'), makeKey('ES256'), makeKey('EdDSA')])
let server: Server
let url: string
let now: number
let requests: IncomingMessage[]
let answer: (response: ServerResponse) => void
let verifier: Verifier

const json = (keys: readonly object[], cacheControl?: string) => (response: ServerResponse) => {
  if (cacheControl) response.setHeader('cache-control', cacheControl)
  response.end(JSON.stringify({ keys }))
}

beforeEach(async () => {
  requests = []
  now = NOW
  answer = json([first.verifyJwk])
  server = createServer((request, response) => {
    requests.push(request)
    answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
  verifier = createVerifier({ jwksUrl: url, issuer: ISSUER, audience: AUDIENCE, clock: () => now })
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

describe('jwksUrl', () => {
  it('is fetched once, at the first token, however many come at once', async () => {
    const token = await first.token()
    expect(verifier.verifyNow(token)).toBeUndefined()
    expect(requests).toHaveLength(0)
    await Promise.all(Array.from({ length: 20 }, () => verifier.verify(token)))
    expect(requests).toHaveLength(1)
    expect(verifier.verifyNow(token)).toEqual(goodClaims())
    expect(verifier.verifyNow(await first.token(goodClaims({ jti: 'another' })))).toBeDefined()
    expect(requests).toHaveLength(1)
  })

  it('is fetched once more for an unknown kid, and not again for 30 seconds', async () => {
    await verifier.verify(await first.token())
    answer = json([first.verifyJwk, second.verifyJwk])
    expect(await verifier.verify(await second.token())).toBeDefined()
    expect(requests).toHaveLength(2)
    const unknown = await Promise.all(Array.from({ length: 50 }, (_, i) => third.token(undefined, { kid: `k${i}` })))
    for (const token of unknown) expect(await codeOfAsync(() => verifier.verify(token))).toBe('token.key_unknown')
    expect(codeOf(() => verifier.verifyNow(unknown[0] as string))).toBe('token.key_unknown')
    expect(requests).toHaveLength(2)
    now += 30
    await Promise.all(unknown.map((token) => codeOfAsync(() => verifier.verify(token))))
    expect(requests).toHaveLength(3)
  })

  it('never fetches what a token names', async () => {
    const port = (server.address() as AddressInfo).port
    const lure = { jku: `http://127.0.0.1:${port}/lure`, x5u: `http://127.0.0.1:${port}/lure`, jwk: third.verifyJwk }
    const token = await third.token(undefined, lure)
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('token.key_unknown')
    expect(requests.map((request) => request.url)).not.toContain('/lure')
  })

  it('drops a key, and what it vouched for, when the set no longer holds it', async () => {
    answer = json([first.verifyJwk, second.verifyJwk], 'public, max-age=60')
    const token = await second.token()
    await verifier.verify(token)
    answer = json([first.verifyJwk])
    now += 60
    expect(verifier.verifyNow(token)).toBeDefined()
    await expect.poll(() => verifier.verifyNow(token)).toBeUndefined()
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('token.key_unknown')
    expect(codeOf(() => verifier.verifyNow(token))).toBe('token.key_unknown')
  })

  it('keeps the last good set while the address fails', async () => {
    const token = await first.token()
    await verifier.verify(token)
    answer = (response) => response.writeHead(500).end()
    now += 700
    const later = await first.token(goodClaims({ iat: now, exp: now + 60 }))
    expect(await verifier.verify(later)).toBeDefined()
    const unknown = await second.token(goodClaims({ iat: now, exp: now + 60 }))
    expect(await codeOfAsync(() => verifier.verify(unknown))).toBe('keys.unavailable')
    answer = json([second.verifyJwk])
    now += 31
    expect(await verifier.verify(await second.token(goodClaims({ iat: now, exp: now + 60 })))).toBeDefined()
  })

  it('honours max-age within bounds', async () => {
    for (const [cacheControl, seconds] of [
      ['max-age=120', 120],
      ['max-age=1', 30],
      ['no-store', 600],
      ['max-age=99999999', 3600],
      ['s-maxage=5', 600],
      ['private, max-age=90', 90],
    ] as const) {
      answer = json([first.verifyJwk], cacheControl)
      const source = createRemoteKeySource({ url, allowed: DEFAULT_ALGORITHMS, clock: () => now })
      await source.refresh()
      expect(source.refreshAt - now, cacheControl).toBe(seconds)
    }
  })

  it('uses the good keys of a set beside bad ones, and no secret', async () => {
    const secret = await makeKey('HS256')
    answer = json([{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }, { kty: 'new' }, second.jwk, secret.jwk, first.verifyJwk])
    expect(await verifier.verify(await first.token())).toBeDefined()
    expect(await codeOfAsync(async () => verifier.verify(await second.token()))).toBe('token.key_unknown')
    expect(await codeOfAsync(async () => verifier.verify(await secret.token()))).toBe('token.algorithm')
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['an error', (response) => response.writeHead(404).end('{"keys":[]}')],
    ['a redirect', (response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()],
    ['no JSON', (response) => response.end('<html>')],
    ['a list', (response) => response.end('[]')],
    ['no keys', (response) => response.end('{}')],
    ['duplicate members', (response) => response.end('{"keys":[],"keys":[]}')],
    ['bytes that are no UTF-8', (response) => response.end(Buffer.from([0x7b, 0xff, 0x7d]))],
    ['too much', (response) => response.end(JSON.stringify({ keys: [], pad: 'x'.repeat(300_000) }))],
    ['too many keys', (response) => response.end(JSON.stringify({ keys: Array.from({ length: 101 }, () => ({})) }))],
    ['a cut connection', (response) => response.socket?.destroy()],
  ])('has no keys from %s: 503, and the next try only later', async (_, make) => {
    answer = make
    const token = await first.token()
    for (let i = 0; i < 5; i++) expect(await codeOfAsync(() => verifier.verify(token))).toBe('keys.unavailable')
    expect(requests.length).toBe(1)
    answer = json([first.verifyJwk])
    now += 5
    expect(await verifier.verify(token)).toBeDefined()
  })

  it('waits no longer than it should', async () => {
    answer = () => {}
    const source = createRemoteKeySource({ url, allowed: DEFAULT_ALGORITHMS, clock: () => now, timeoutMs: 50 })
    expect(await codeOfAsync(() => source.refresh())).toBe('keys.unavailable')
  })
})
