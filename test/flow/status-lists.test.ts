/** The server's status lists over real sockets, read by a service in a process of its own, and by nothing but `jose`. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { inflateSync } from 'node:zlib'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestClock, type TestClock } from '../../src/testing/clock.ts'
import { createClient } from '../support/http-client.ts'
import { OPERATOR_KEY, startTestServer, type TestServer } from '../support/running-server.ts'
import { claimsOf, referenceOf } from '../support/status-lists.ts'

const API = 'https://api.example'
const TYPE = 'application/statuslist+jwt'
let clock: TestClock
let server: TestServer
let outside: ChildProcess

beforeAll(async () => {
  clock = createTestClock({ now: Math.floor(Date.now() / 1000) })
  server = await startTestServer({ clock, env: { SOJOURN_AUDIENCES: `${API};external,inside` } })
  const file = new URL('../support/outside-verifier.ts', import.meta.url)
  const preload = new URL('../support/from-source.ts', import.meta.url)
  outside = fork(file, [JSON.stringify({ issuer: server.url, audience: API })], {
    execArgv: ['--import', preload.href],
  })
  await once(outside, 'message')
})
afterAll(async () => {
  outside.disconnect()
  await server.close()
})

/** The server's lease is as long as time is: it renews it before it publishes again. */
async function advance(seconds: number): Promise<void> {
  clock.advance(seconds)
  const { view } = server.instance.revocations
  for (let i = 0; i < 2000 && !view.leaseHolds(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(view.leaseHolds()).toBe(true)
}

let accounts = 0
async function signIn() {
  const client = createClient(server.url)
  const json = { email: `user${++accounts}@example.org`, password: 'plum-otter-cargo', mode: 'token', audience: API }
  const answer = await client.post('/auth/sign-up', { json })
  expect(answer.status).toBe(201)
  const { access_token: token, refresh_token: refresh } = answer.json as { access_token: string; refresh_token: string }
  return { client, token, refresh, sessionId: String(claimsOf(token).sid), subject: String(claimsOf(token).sub) }
}

/** What the service outside says of a token. */
async function ask(token: string): Promise<unknown> {
  const answered = once(outside, 'message')
  outside.send({ token, now: clock.now() })
  return (await answered)[0]
}

const revoke = async (target: Readonly<Record<string, string>>) => {
  const headers = { Authorization: `Bearer ${OPERATOR_KEY}` }
  const { status, json } = await createClient(server.url).post('/admin/revoke', { json: target, headers })
  expect([status, json.code]).toEqual([200, undefined])
  return json as { remote_effective_at: number | null; confirmed_by: string }
}

/** The status of a token by the letter of the draft, with none of our code. */
async function statusByJose(token: string): Promise<number> {
  const { uri, idx } = referenceOf(token) ?? { uri: '', idx: -1 }
  const response = await fetch(uri, { headers: { accept: TYPE } })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, TYPE])
  const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))
  const { payload } = await jwtVerify(await response.text(), keys, {
    typ: 'statuslist+jwt',
    subject: uri,
    requiredClaims: ['iat', 'exp'],
    currentDate: new Date(clock.wallMs()),
  })
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60)
  expect(payload.ttl).toBe(15)
  const { bits, lst, aggregation_uri } = payload.status_list as { bits: number; lst: string; aggregation_uri: string }
  expect(aggregation_uri).toBe(`${server.url}/status/lists`)
  const bytes = inflateSync(Buffer.from(lst, 'base64url'))
  return (bytes.readUInt8(Math.floor((idx * bits) / 8)) >> ((idx * bits) % 8)) & (2 ** bits - 1)
}

describe('a session that is revoked', () => {
  it('is refused outside from the moment on that the receipt names, at the latest', async () => {
    const { token, sessionId } = await signIn()
    expect(await ask(token)).toEqual({ accepted: claimsOf(token).sub, by: 'status-list' })
    const publishedUntil = clock.now() + 60
    await advance(3)
    const receipt = await revoke({ session: sessionId })
    // The list that the service holds was published before: it is believed to its end and no longer.
    expect(receipt.remote_effective_at).toBe(publishedUntil)
    expect(await ask(token)).toEqual({ accepted: claimsOf(token).sub, by: 'status-list' })
    await advance(publishedUntil - clock.now())
    expect(await ask(token)).toEqual({ refused: 'token.revoked' })
  })

  it('is refused sooner by a service that asks again when it should', async () => {
    const { token, sessionId } = await signIn()
    expect(await ask(token)).toMatchObject({ by: 'status-list' })
    await revoke({ session: sessionId })
    await advance(16)
    // This question is answered from memory, and makes the service ask for a new list.
    for (let i = 0; i < 500; i++) {
      const answer = (await ask(token)) as { refused?: string }
      if (answer.refused === 'token.revoked') break
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(await ask(token)).toEqual({ refused: 'token.revoked' })
  })

  it('of another subject, or another token, changes nothing', async () => {
    const [ana, bob] = [await signIn(), await signIn()]
    const second = await ana.client.post('/auth/refresh', { json: { refresh_token: ana.refresh } })
    await revoke({ token: String(claimsOf(ana.token).jti) })
    await revoke({ subject: bob.subject })
    await advance(60)
    expect(await ask(ana.token)).toEqual({ refused: 'token.revoked' })
    expect(await ask(bob.token)).toEqual({ refused: 'token.revoked' })
    expect(await ask(String(second.json.access_token))).toEqual({ accepted: ana.subject, by: 'status-list' })
  })
})

describe('a service outside', () => {
  it('refuses a token for itself that has no status', async () => {
    const { token } = await signIn()
    const { client } = await signIn()
    const email = `inside${++accounts}@example.org`
    const inside = await client.post('/auth/sign-up', {
      json: { email, password: 'plum-otter-cargo', mode: 'token', audience: 'inside' },
    })
    expect(referenceOf(String(inside.json.access_token))).toBeNull()
    expect(await ask(String(inside.json.access_token))).toMatchObject({ refused: expect.stringMatching(/^token\./) })
    expect(await ask(token)).toMatchObject({ by: 'status-list' })
  })

  it('comes to the same as one that has nothing but jose', async () => {
    const logins = await Promise.all(Array.from({ length: 12 }, signIn))
    for (const [i, { sessionId, subject, token }] of logins.entries()) {
      if (i % 4 === 1) await revoke({ session: sessionId })
      if (i % 4 === 2) await revoke({ subject })
      if (i % 4 === 3) await revoke({ token: String(claimsOf(token).jti) })
    }
    await advance(61)
    for (const [i, { token, subject }] of logins.entries()) {
      const status = await statusByJose(token)
      expect(status).toBe(i % 4 === 0 ? 0 : 1)
      expect(await ask(token)).toEqual(
        status === 0 ? { accepted: subject, by: 'status-list' } : { refused: 'token.revoked' },
      )
    }
  })
})

describe('the addresses', () => {
  it('answer with a strong tag, compressed where that is taken, to any page', async () => {
    const { uri } = referenceOf((await signIn()).token) ?? { uri: '' }
    const plain = await fetch(uri, { headers: { accept: TYPE, 'accept-encoding': 'identity' } })
    const token = await plain.text()
    expect(Object.fromEntries(plain.headers)).toMatchObject({
      'content-type': TYPE,
      'cache-control': 'public, max-age=15',
      'access-control-allow-origin': '*',
      vary: 'Accept, Accept-Encoding',
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
    })
    expect(plain.headers.get('cross-origin-resource-policy')).toBeNull()
    const packed = await fetch(uri, { headers: { 'accept-encoding': 'gzip' } })
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(packed.headers.get('etag')).toBe(plain.headers.get('etag')?.replace(/"$/, '-gzip"'))
    expect(await packed.text()).toBe(token)
    const again = await fetch(uri, {
      headers: { 'accept-encoding': 'gzip', 'if-none-match': packed.headers.get('etag') ?? '' },
    })
    expect([again.status, await again.text()]).toEqual([304, ''])
    const head = await fetch(uri, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } })
    expect([head.status, head.headers.get('etag')]).toEqual([200, plain.headers.get('etag')])
  })

  it('refuse what they cannot give', async () => {
    const { uri } = referenceOf((await signIn()).token) ?? { uri: '' }
    const codeOf = async (url: string, headers: Readonly<Record<string, string>> = {}) => {
      const response = await fetch(url, { headers })
      return [response.status, ((await response.json()) as { code: string }).code]
    }
    expect(await codeOf(uri, { accept: 'application/statuslist+cwt' })).toEqual([406, 'request.not_acceptable'])
    expect(await codeOf(`${uri}?time=1700000000`)).toEqual([501, 'status.history'])
    expect(await codeOf(`${server.url}/status/1-0-0`)).toEqual([404, 'request.not_found'])
    expect(await codeOf(`${server.url}/status/anything`)).toEqual([404, 'request.not_found'])
  })

  it('name every list that there is', async () => {
    const { uri } = referenceOf((await signIn()).token) ?? { uri: '' }
    const response = await fetch(`${server.url}/status/lists`)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const { status_lists } = (await response.json()) as { status_lists: string[] }
    expect(status_lists).toContain(uri)
  })
})
