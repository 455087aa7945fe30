/**
 * Who holds a follower key, or none, against the routes for followers: other members, forged positions, floods of ids, wrong keys;
 * and a hostile server against the follower.
 */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { randomId } from '../../src/crypto/random.ts'
import { createBlinding } from '../../src/revocation/remote/blinding.ts'
import { createFollowerDesk } from '../../src/revocation/remote/desk.ts'
import { createNews } from '../../src/revocation/remote/news.ts'
import { isStreamed } from '../../src/server/event-stream.ts'
import { followerRoutes } from '../../src/server/routes/followers.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { createVerifier, type FollowingVerifier } from '../../src/verifier/index.ts'
import { codeOfAsync } from '../support/codes.ts'
import { type Answer, createClient } from '../support/http-client.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'
import { makeKey } from '../support/tokens.ts'

const KEY = 'follower-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'
const OTHER_KEY = 'follower-0tH3rX7vL2mN8bT4cR6wY1sD5fGh0'
let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ env: { SOJOURN_FOLLOWER_KEY: `${KEY},${OTHER_KEY}` } })
})
afterAll(() => server.close())

const newId = () => `${randomId()}.12000`
const request = (change: object = {}) => ({
  id: newId(),
  incarnation: null,
  applied: 0,
  nonce: randomId(),
  wait_ms: 0,
  ...change,
})
const post = (path: string, json: unknown, key = KEY): Promise<Answer> =>
  createClient(server.url, { Authorization: `Bearer ${key}` }).post(path, { json })
const renew = (change: object = {}, key = KEY) => post('/revocations/renew', request(change), key)
const members = async () => (await server.instance.store.revocations.members()).members
const memberOf = async (id: unknown) => (await members()).find((member) => member.id === id)
const revokeOne = () => server.instance.store.revocations.revokeToken(randomId(), 4_000_000_000, 0)

describe('without the key', () => {
  it.each(['/revocations/renew', '/revocations/leave'])('POST %s is refused', async (path) => {
    const before = (await members()).length
    const wrong = [`${KEY}x`, KEY.slice(0, -1), 'x', server.instance.config.operatorKey ?? '']
    for (const key of wrong) {
      const answer = await post(path, request(), key)
      expect([answer.status, answer.json.code]).toEqual([401, 'follower.key'])
    }
    const bare = await createClient(server.url).post(path, { json: request() })
    expect([bare.status, bare.json.code]).toEqual([401, 'follower.key'])
    expect((await members()).length).toBe(before)
  })

  it('the stream is refused', async () => {
    expect((await createClient(server.url).get('/revocations/stream')).json.code).toBe('follower.key')
  })

  it('a server without one has no such routes', async () => {
    const plain = await startTestServer()
    onTestFinished(() => plain.close())
    const client = createClient(plain.url, { Authorization: `Bearer ${KEY}` })
    for (const path of ['/revocations/renew', '/revocations/leave'])
      expect((await client.post(path, { json: request() })).status).toBe(404)
    expect((await client.get('/revocations/stream')).status).toBe(404)
  })
})

describe('with a key', () => {
  it('no id and no claims of anybody leave the server', async () => {
    const email = 'ada@example.test'
    const signedUp = await createClient(server.url).post('/auth/sign-up', {
      json: { email, password: 'correct horse battery staple', mode: 'token' },
    })
    const payload = JSON.parse(Buffer.from(signedUp.json.access_token.split('.')[1], 'base64url').toString())
    await server.instance.accounts.setClaims(payload.sub, { roles: ['secret-role'], email })
    await server.instance.logins.revoke({ token: payload.jti })
    await server.instance.logins.revoke({ session: payload.sid })
    await server.instance.logins.revoke({ subject: payload.sub })
    const { incarnation } = (await renew()).json
    const { text, json } = await renew({ incarnation })
    expect(new Set(json.entries.map((entry: { event: { kind: string } }) => entry.event.kind))).toEqual(
      new Set(['token', 'claims', 'session', 'subject']),
    )
    for (const word of [payload.sub, payload.sid, payload.jti, 'secret-role', email, KEY]) {
      expect(text).not.toContain(word)
    }
    expect(server.log.join('\n')).not.toContain(KEY)
  })

  it('nothing may be stored', async () => {
    const answer = await renew()
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
  })

  it('nobody acknowledges or leaves for a process of the fleet, nor for another follower', async () => {
    const fleet = server.instance.revocations.follower.id
    const victim = newId()
    const { json } = await renew({ id: victim })
    const shown: string = json.member
    await revokeOne()
    const { incarnation, head } = (await renew({ id: newId() })).json
    const before = await memberOf(shown)
    expect(before).toMatchObject({ renewals: 1, acked: 0 })
    // The fleet's ids have a form that a follower's may have, too; what receipts show of a follower has not.
    for (const [id, key] of [
      [fleet, KEY],
      [shown, KEY],
      [shown.slice('follower~'.length), KEY],
      [victim, OTHER_KEY],
    ] as const) {
      await renew({ id, incarnation, applied: head }, key)
      await post('/revocations/leave', { id }, key)
    }
    expect(await memberOf(shown)).toEqual(before)
    expect((await members()).some(({ id }) => id === fleet)).toBe(true)
    await post('/revocations/leave', { id: victim })
    expect(await memberOf(shown)).toBeUndefined()
  })

  it('forged and stale positions acknowledge nothing', async () => {
    await revokeOne()
    const id = newId()
    const { member, incarnation, head } = (await renew({ id })).json
    for (const applied of [-1, 0.5, 2 ** 53, 1e300, '1', null, Number.MAX_SAFE_INTEGER + 1]) {
      expect((await renew({ id, incarnation, applied })).json.code).toBe('request.malformed')
    }
    for (const change of [
      { incarnation, applied: head + 1 },
      { incarnation, applied: Number.MAX_SAFE_INTEGER },
      { incarnation: randomId(), applied: head },
    ]) {
      const answer = await renew({ id, ...change })
      expect(answer.json).toMatchObject({ incarnation, head, entries: [] })
    }
    expect(await memberOf(member)).toMatchObject({ acked: 0 })
    expect((await renew({ id, incarnation: null, applied: head })).json.code).toBe('request.malformed')
    // What was really applied counts, and nothing lowers it.
    await renew({ id, incarnation, applied: head })
    await renew({ id, incarnation, applied: 0 })
    expect(await memberOf(member)).toMatchObject({ acked: head })
  })

  it.each([
    ['a lease for which revocations would wait for days', { id: `${randomId()}.999999999` }],
    ['an id without a lease', { id: randomId() }],
    ['an id of another form', { id: `${'x'.repeat(23)}.12000` }],
    ['an id that is none', { id: 7 }],
    ['a wait without end', { wait_ms: 2001 }],
    ['a negative wait', { wait_ms: -1 }],
    ['no nonce', { nonce: undefined }],
    ['an incarnation without end', { incarnation: 'x'.repeat(129) }],
  ])('%s is refused', async (_what, change) => {
    const before = (await members()).length
    const answer = await renew(change)
    expect([answer.status, answer.json.code]).toEqual([400, 'request.malformed'])
    expect((await members()).length).toBe(before)
  })

  it('a body without end is refused', async () => {
    const answer = await renew({ more: 'x'.repeat(2000) })
    expect([answer.status, answer.json.code]).toEqual([413, 'request.too_large'])
  })

  it('floods of streams come to an end, and those that are gone make room', async () => {
    const { routes, stopping } = followerRoutes(server.instance, { writeRemote: async () => undefined }, 2)
    const stream = routes.find(({ path }) => path.endsWith('/stream'))
    const open = async () => {
      const headers = new Headers({ authorization: `Bearer ${KEY}` })
      const request = { method: 'GET', url: '/revocations/stream', headers, body: null }
      const answer = await stream?.handle({ request, url: new URL(server.url), params: {}, address: null })
      if (!answer || !isStreamed(answer)) throw new Error('no stream')
      return answer.stream
    }
    const [first] = [await open(), await open()]
    expect(await codeOfAsync(open)).toBe('follower.limit')
    await first.cancel()
    const last = (await open()).getReader()
    expect(await codeOfAsync(open)).toBe('follower.limit')
    stopping()
    await last.read()
    expect((await last.read()).done).toBe(true)
  })

  it('floods of ids come to an end, and nobody who is registered suffers from them', async () => {
    const engine = createMemoryStore().revocations
    const desk = createFollowerDesk({ engine, news: createNews(), maxFollowers: 5 })
    const blinding = createBlinding(KEY)
    const ask = (id: string) =>
      desk.renew(blinding, { id, incarnation: null, applied: 0, nonce: randomId(), waitMs: 0 })
    await engine.renew('a process of the fleet')
    const ids = Array.from({ length: 5 }, newId)
    for (const id of ids) await ask(id)
    for (let i = 0; i < 20; i++) expect(await codeOfAsync(() => ask(newId()))).toBe('follower.limit')
    for (const id of ids) await ask(id)
    expect((await engine.members()).members).toHaveLength(6)
    await desk.leave(blinding, ids[0] ?? '')
    await ask(newId())
  })
})

describe('a hostile server', () => {
  /** A follower of a server that answers like this, once its lease has had time to be granted. */
  async function follow(listener: RequestListener): Promise<{ verifier: FollowingVerifier; failures: unknown[] }> {
    const hostile = createServer(listener)
    await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`
    const key = await makeKey('EdDSA')
    const failures: unknown[] = []
    const verifier = createVerifier({
      keys: { keys: [key.verifyJwk] },
      issuer: 'i',
      audience: 'a',
      revocations: { url, token: KEY, leaseSeconds: 1, onFailure: (cause) => failures.push(cause) },
    })
    onTestFinished(async () => {
      hostile.close()
      hostile.closeAllConnections()
      await verifier.close()
    })
    for (let i = 0; failures.length < 3 && i < 400; i++) await new Promise((resolve) => setTimeout(resolve, 10))
    return { verifier, failures }
  }

  const good = { member: 'follower~x.1000', incarnation: 'i', settled: true, head: 0, first_retained: 1, entries: [] }
  const event = { kind: 'token', tokenId: 'x'.repeat(22), until: 1 }
  const answers: readonly [string, (asked: { nonce: string }) => unknown][] = [
    ['the answer to another request', () => ({ ...good, nonce: randomId() })],
    ['no JSON object', () => [good]],
    ['a head that is none', ({ nonce }) => ({ ...good, nonce, head: -1 })],
    ['a head of text', ({ nonce }) => ({ ...good, nonce, head: '0' })],
    ['a log that begins behind its end', ({ nonce }) => ({ ...good, nonce, first_retained: 3 })],
    ['no incarnation', ({ nonce }) => ({ ...good, nonce, incarnation: '' })],
    ['not whether it is settled', ({ nonce }) => ({ ...good, nonce, settled: undefined })],
    [
      'entries in no order',
      ({ nonce }) => ({ ...good, nonce, head: 9, entries: [3, 2].map((offset) => ({ offset, event })) }),
    ],
    ['entries beyond the head', ({ nonce }) => ({ ...good, nonce, head: 1, entries: [{ offset: 2, event }] })],
    [
      'an event of an unknown kind',
      ({ nonce }) => ({ ...good, nonce, head: 1, entries: [{ offset: 1, event: { ...event, kind: 'pardon' } }] }),
    ],
    [
      'an event of nobody',
      ({ nonce }) => ({ ...good, nonce, head: 1, entries: [{ offset: 1, event: { ...event, tokenId: 'x' } }] }),
    ],
    ['a history that is not settled', ({ nonce }) => ({ ...good, nonce, settled: false })],
  ]

  it.each(answers)('that answers %s gets no lease', async (what, answer) => {
    const { verifier, failures } = await follow((incoming, outgoing) => {
      let body = ''
      incoming.on('data', (chunk) => (body += String(chunk)))
      incoming.on('end', () => {
        outgoing.setHeader('content-type', 'application/json')
        outgoing.end(JSON.stringify(answer(body === '' ? { nonce: '' } : JSON.parse(body))))
      })
    })
    expect(verifier.status()).toMatchObject({ state: 'JOINING', stalenessMs: Number.POSITIVE_INFINITY })
    if (!what.includes('settled')) expect(failures).toContainEqual(expect.objectContaining({ code: 'store.corrupt' }))
  })

  it('that sends elsewhere is not followed there, and the key does not go along', async () => {
    const seen: (string | undefined)[] = []
    const elsewhere = createServer((incoming, outgoing) => {
      seen.push(incoming.headers.authorization)
      outgoing.end()
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void elsewhere.close())
    const { port } = elsewhere.address() as AddressInfo
    const { verifier } = await follow((_incoming, outgoing) => {
      outgoing.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end()
    })
    expect(verifier.status().state).toBe('JOINING')
    expect(seen).toEqual([])
  })

  it('that never ends its answer does not fill the memory', async () => {
    let sent = 0
    const { verifier, failures } = await follow((_incoming, outgoing) => {
      const chunk = Buffer.alloc(1024 * 1024, 0x20)
      const more = (): void => {
        while (!outgoing.destroyed && sent < 4e9) {
          sent += chunk.length
          if (!outgoing.write(chunk)) return void outgoing.once('drain', more)
        }
      }
      more()
    })
    expect(verifier.status().state).toBe('JOINING')
    expect(failures).toContainEqual(expect.objectContaining({ message: 'the answer is too large' }))
    expect(sent).toBeLessThan(200 * 1024 * 1024)
  })
})
