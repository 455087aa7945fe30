/**
 * What a status list may do to a verifier: inflate without end, be somebody else's, be old, lead elsewhere. Whatever is wrong
 * with it, the token is refused.
 */
import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeStatusList, MAX_LIST_BYTES, statusCount } from '../../src/revocation/status-list.ts'
import { inflateZlib } from '../../src/revocation/status-list-deflate.ts'
import { at, createListIssuer, type ListIssuer, listResponse, PREFIX, URI } from '../support/list-issuer.ts'

const packed = (bytes: Uint8Array): string => Buffer.from(deflateSync(bytes, { level: 9 })).toString('base64url')

describe('unpacking', () => {
  const refused = async (claim: unknown, maxBytes?: number) =>
    expect(decodeStatusList(claim, maxBytes)).rejects.toMatchObject({ code: 'status.unavailable' })
  const zeros = deflateSync(Buffer.alloc(1000))

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a text', 'eNrbuRgAAhcBXQ'],
    ['no bits', { lst: 'eNrbuRgAAhcBXQ' }],
    ['3 bits', { bits: 3, lst: 'eNrbuRgAAhcBXQ' }],
    ['bits as text', { bits: '1', lst: 'eNrbuRgAAhcBXQ' }],
    ['no lst', { bits: 1 }],
    ['an empty lst', { bits: 1, lst: '' }],
    ['lst as bytes', { bits: 1, lst: [1, 2, 3] }],
    ['padding', { bits: 1, lst: 'eNrbuRgAAhcBXQ==' }],
    ['base64', { bits: 1, lst: 'eNo+/+8=' }],
    ['white space', { bits: 1, lst: 'eNrbuRgA AhcBXQ' }],
    ['no ZLIB stream', { bits: 1, lst: Buffer.from('hello there').toString('base64url') }],
    [
      'a GZIP file',
      { bits: 1, lst: Buffer.from('H4sIAAAAAAAAA0vLz1dISiwCAJ8YuAoHAAAA', 'base64').toString('base64url') },
    ],
    ['half a stream', { bits: 1, lst: zeros.subarray(0, zeros.length - 6).toString('base64url') }],
    ['a stream without its checksum', { bits: 1, lst: zeros.subarray(0, zeros.length - 4).toString('base64url') }],
    ['a wrong checksum', { bits: 1, lst: Buffer.concat([zeros.subarray(0, -1), Buffer.of(7)]).toString('base64url') }],
    ['more behind the stream', { bits: 1, lst: Buffer.concat([zeros, Buffer.of(0)]).toString('base64url') }],
    ['two streams', { bits: 1, lst: Buffer.concat([zeros, zeros]).toString('base64url') }],
    ['a stream of nothing', { bits: 1, lst: packed(new Uint8Array(0)) }],
  ])('refuses %s', async (_name, claim) => {
    await refused(claim)
  })

  it('never throws but status.unavailable, whatever it is given', async () => {
    const anything = fc.record({
      bits: fc.constantFrom(1, 2, 4, 8),
      lst: fc.oneof(
        fc.base64String(),
        fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
        // A good stream with one byte changed.
        fc.tuple(fc.nat(zeros.length - 1), fc.nat(255)).map(([at, value]) => {
          const bytes = Buffer.from(zeros)
          bytes.writeUInt8(value, at)
          return bytes.toString('base64url')
        }),
      ),
    })
    await fc.assert(
      fc.asyncProperty(anything, async (claim) => {
        try {
          const { bytes } = await decodeStatusList(claim)
          expect(bytes.length).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toMatchObject({ code: 'status.unavailable' })
        }
      }),
      { numRuns: 300 },
    )
  })

  it('stops at its limit, to the byte', async () => {
    expect((await decodeStatusList({ bits: 8, lst: packed(new Uint8Array(1000)) }, 1000)).bytes.length).toBe(1000)
    await refused({ bits: 8, lst: packed(new Uint8Array(1001)) }, 1000)
    const largest = await decodeStatusList({ bits: 2, lst: packed(new Uint8Array(MAX_LIST_BYTES)) })
    expect(statusCount(largest)).toBe(2 ** 22)
    await refused({ bits: 2, lst: packed(new Uint8Array(MAX_LIST_BYTES + 1)) })
  })

  it('does not even read a text that is longer than any list could need', async () => {
    await refused({ bits: 1, lst: 'A'.repeat(2 * MAX_LIST_BYTES + 65) })
  })

  it('inflates no further than it has to: a bomb costs a limit and no more', async () => {
    // Half a gigabyte when unpacked, and as small as deflate can make it.
    const bomb = deflateSync(new Uint8Array(2 ** 29), { level: 1 })
    let read = 0
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 20; i++) {
      expect(await inflateZlib(bomb, MAX_LIST_BYTES)).toBeNull()
      read = Math.max(read, process.memoryUsage().arrayBuffers - before)
    }
    // 20 of them would be 10 GB.
    expect(read).toBeLessThan(2 ** 28)
  }, 120_000)
})

describe('a list of somebody else', () => {
  const claimed = (change: (issuer: ListIssuer) => Readonly<Record<string, unknown>>) => async (issuer: ListIssuer) =>
    listResponse(await issuer.list(change(issuer)))

  it.each<[string, (issuer: ListIssuer) => Promise<Response>]>([
    ['an access token', async ({ issuer }) => listResponse(await issuer.token({ sub: URI }))],
    ['another typ', async (issuer) => listResponse(await issuer.list({}, { typ: 'JWT' }))],
    ['no typ', async (issuer) => listResponse(await issuer.list({}, { typ: undefined }))],
    ['alg none', async (issuer) => listResponse(await issuer.list({}, { alg: 'none' }))],
    ['another alg', async (issuer) => listResponse(await issuer.list({}, { alg: 'ES384' }))],
    ['an unknown key', async (issuer) => listResponse(await issuer.list({}, { kid: 'nobody' }))],
    ['a critical extension', async (issuer) => listResponse(await issuer.list({}, { crit: ['x'], x: 1 }))],
    ['a wrong signature', async (issuer) => listResponse(`${(await issuer.list()).slice(0, -6)}AAAAAA`)],
    ["another issuer's signature", async () => listResponse(await (await createListIssuer()).list())],
    ['another list', claimed(() => ({ sub: `${PREFIX}8` }))],
    ['no sub', claimed(() => ({ sub: undefined }))],
    ['no iat', claimed(() => ({ iat: undefined }))],
    ['no exp', claimed(() => ({ exp: undefined }))],
    ['exp as text', claimed(({ now }) => ({ exp: String(now + 60) }))],
    ['an expired one', claimed(({ now }) => ({ iat: now - 60, exp: now }))],
    ['one that is too old, though it claims to last', claimed(({ now }) => ({ iat: now - 3600, exp: now + 60 }))],
    ['one of the future', claimed(({ now }) => ({ iat: now + 1, exp: now + 61 }))],
    ['a ttl of nothing', claimed(() => ({ ttl: 0 }))],
    ['a ttl as text', claimed(() => ({ ttl: '15' }))],
    ['no list', claimed(() => ({ status_list: undefined }))],
    ['3 bits', claimed(() => ({ status_list: { bits: 3, lst: 'eNrbuRgAAhcBXQ' } }))],
    ['a bomb', claimed(() => ({ status_list: { bits: 1, lst: packed(new Uint8Array(2 ** 26)) } }))],
    ['another media type', async (issuer) => listResponse(await issuer.list(), { 'content-type': 'application/json' })],
    ['a CWT', async () => listResponse('…', { 'content-type': 'application/statuslist+cwt' })],
    ['a page', async () => new Response('<h1>Sign in</h1>', { headers: { 'content-type': 'text/html' } })],
    ['an error', async (issuer) => new Response(await issuer.list(), { status: 404 })],
    ['an unread redirect', async () => new Response(null, { status: 302, headers: { location: `${PREFIX}8` } })],
    ['an empty answer', async () => listResponse('')],
    [
      'no UTF-8',
      async () => new Response(Buffer.of(0xff, 0xfe), { headers: { 'content-type': 'application/statuslist+jwt' } }),
    ],
    ['an answer without end', async () => endless()],
  ])('is refused: %s', async (_name, answer) => {
    const issuer = await createListIssuer()
    issuer.answer = () => answer(issuer)
    await expect(issuer.reader().read(at(0))).rejects.toMatchObject({ code: 'status.unavailable' })
    // The same reader takes the next good one.
    const reader = issuer.reader()
    await expect(reader.read(at(0))).rejects.toMatchObject({ code: 'status.unavailable' })
    issuer.answer = async () => listResponse(await issuer.list())
    issuer.now += 1
    expect(await reader.read(at(0))).toBe(0)
  })
})

describe('the claim of a token', () => {
  it.each<[string, unknown]>([
    ['is absent', undefined],
    ['is null', null],
    ['is a list', []],
    ['has no status_list', {}],
    ['has a text for one', { status_list: URI }],
    ['has no idx', at(undefined)],
    ['has idx as text', at('0')],
    ['has a negative idx', at(-1)],
    ['has a fraction', at(0.5)],
    ['has an idx beyond all numbers', at(2 ** 53)],
    ['has no uri', { status_list: { idx: 0 } }],
    ['has uri as a list', at(0, [URI])],
    ['leads to another host', at(0, 'https://evil.test/status/7')],
    ['leads to a longer host', at(0, 'https://issuer.test.evil.test/status/7')],
    ['hides another host behind a user', at(0, 'https://issuer.test/status/@evil.test')],
    ['leads to another port', at(0, 'https://issuer.test:8443/status/7')],
    ['leads to plain http', at(0, 'http://issuer.test/status/7')],
    ['leads to another folder', at(0, 'https://issuer.test/files/7')],
    ['leads to a folder of as many letters', at(0, 'https://issuer.test/folder/7')],
    ['leads to a host of as many letters', at(0, 'https://issuer.evil/status/7')],
    ['climbs out of the folder', at(0, `${PREFIX}../files/7`)],
    ['climbs by dots alone', at(0, `${PREFIX}..`)],
    ['climbs in percent', at(0, `${PREFIX}%2e%2e%2ffiles`)],
    ['climbs by backslash', at(0, `${PREFIX}..\\files`)],
    ['goes deeper', at(0, `${PREFIX}a/b`)],
    ['asks a question', at(0, `${PREFIX}7?time=1`)],
    ['has a fragment', at(0, `${PREFIX}7#x`)],
    ['has white space', at(0, `${PREFIX}7 `)],
    ['has a line break', at(0, `${PREFIX}7\n`)],
    ['names the folder itself', at(0, PREFIX)],
    ['is far too long', at(0, PREFIX + 'a'.repeat(200))],
    ['is a file', at(0, 'file:///etc/passwd')],
  ])('that %s is refused before anything is fetched', async (_name, status) => {
    const issuer = await createListIssuer()
    const reader = issuer.reader()
    await expect(reader.read(status)).rejects.toMatchObject({ code: 'token.status' })
    expect(() => reader.now(status)).toThrow(expect.objectContaining({ code: 'token.status' }))
    expect(issuer.fetched).toEqual([])
  })

  it('that points outside of its list is refused', async () => {
    const issuer = await createListIssuer()
    const reader = issuer.reader()
    expect(await reader.read(at(7))).toBe(0)
    for (const idx of [8, 9, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      await expect(reader.read(at(idx))).rejects.toMatchObject({ code: 'token.status' })
      expect(() => reader.now(at(idx))).toThrow(expect.objectContaining({ code: 'token.status' }))
    }
  })

  it('never leads anywhere but below the configured address', async () => {
    const issuer = await createListIssuer()
    const reader = issuer.reader()
    const anyUri = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.string().map((rest) => PREFIX + rest),
      fc
        .tuple(fc.constantFrom(PREFIX, PREFIX.slice(0, -1), 'https://issuer.test'), fc.webPath())
        .map((two) => two.join('')),
    )
    await fc.assert(
      fc.asyncProperty(anyUri, async (uri) => {
        const before = issuer.fetched.length
        await reader.read(at(0, uri)).catch((error: { code: string }) => {
          expect(['token.status', 'status.unavailable']).toContain(error.code)
        })
        for (const fetched of issuer.fetched.slice(before)) {
          expect(fetched).toBe(uri)
          // As whoever fetches it reads it.
          const url = new URL(fetched)
          expect(url.href).toBe(fetched)
          expect(url.origin + url.pathname.slice(0, '/status/'.length)).toBe(PREFIX)
        }
      }),
      { numRuns: 200 },
    )
  })
})

/** A body that goes on as long as somebody reads. */
function endless(): Response {
  const piece = new Uint8Array(65_536).fill(65)
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(piece) })
  return new Response(body, { headers: { 'content-type': 'application/statuslist+jwt' } })
}

it('a compressed answer without end is cut off as well', async () => {
  // What fetch unpacks on its own is counted as it is read.
  expect(gzipSync(new Uint8Array(2 ** 20)).length).toBeLessThan(2000)
  const issuer = await createListIssuer()
  const huge = new Blob([gzipSync(new Uint8Array(2 ** 26).fill(65))])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
  issuer.answer = () => new Response(huge, { headers: { 'content-type': 'application/statuslist+jwt' } })
  await expect(issuer.reader().read(at(0))).rejects.toMatchObject({ code: 'status.unavailable' })
})
