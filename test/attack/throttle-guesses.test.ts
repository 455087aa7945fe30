/** Guessing passwords: 10 000 guesses from 100 addresses let nobody in and keep nobody out. */
import { afterEach, describe, expect, it } from 'vitest'
import { createArgon2Hasher } from '../../src/server/argon2.ts'
import { type Client, createClient } from '../support/http-client.ts'
import { cheapHasher, startTestServer, type TestServer } from '../support/running-server.ts'

const OWNER = { email: 'ada@example.org', password: 'plum-otter-cargo' }
let server: TestServer
afterEach(() => server.close())

const guess = (client: Client, i: number) =>
  client.post('/auth/sign-in', { json: { email: OWNER.email, password: `guess-number-${i}` } })

describe('10 000 wrong guesses from 100 addresses', () => {
  it('are throttled, while the owner signs in on a known device, in a browser and in an app', async () => {
    let verified = 0
    server = await startTestServer({
      hasher: {
        ...cheapHasher,
        verify(hash, password) {
          verified++
          return cheapHasher.verify(hash, password)
        },
      },
    })
    const browser = createClient(server.url)
    await browser.post('/auth/sign-up', { json: OWNER })
    const app = createClient(server.url)
    const first = await app.post('/auth/sign-in', { json: { ...OWNER, mode: 'token' } })
    const deviceToken = first.json.device_token as string
    verified = 0

    const attackers = Array.from({ length: 100 }, () => createClient(server.url))
    const statuses = new Map<number, number>()
    let longestWait = 0
    for (let round = 0; round < 100; round++) {
      const answers = await Promise.all(attackers.map((attacker, i) => guess(attacker, round * 100 + i)))
      for (const { status, headers, json } of answers) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (status === 429) {
          expect(json.code).toBe('account.throttled')
          longestWait = Math.max(longestWait, Number(headers.get('retry-after')))
        }
      }
    }
    expect([...statuses.keys()].sort()).toEqual([401, 429])
    expect(statuses.get(401)).toBeLessThan(20)
    expect(verified).toBe(statuses.get(401))
    expect(longestWait).toBeGreaterThan(0)

    const inBrowser = await browser.post('/auth/sign-in', { json: OWNER })
    expect(inBrowser.status).toBe(200)
    const inApp = await app.post('/auth/sign-in', { json: { ...OWNER, mode: 'token', device_token: deviceToken } })
    expect(inApp.status).toBe(200)
    // A mistake of the owner's counts on that device only.
    expect((await guess(browser, 1)).status).toBe(401)
    expect((await browser.post('/auth/sign-in', { json: OWNER })).status).toBe(200)
    // The form answers with a page that says when to come back.
    const page = await attackers[0]?.post('/auth/sign-in', { form: { email: OWNER.email, password: 'guess' } })
    expect([page?.status, page?.text.includes('Try again in')]).toEqual([429, true])
  }, 60_000)

  it('even with a reset code, the owner gets in on a new device', async () => {
    server = await startTestServer()
    await createClient(server.url).post('/auth/sign-up', { json: OWNER })
    const attacker = createClient(server.url)
    for (let i = 0; i < 30; i++) await guess(attacker, i)
    const fresh = createClient(server.url)
    expect((await fresh.post('/auth/sign-in', { json: OWNER })).status).toBe(429)
    const reset = await server.instance.accounts.requestReset(OWNER.email)
    const json = { code: reset?.code, new_password: 'seven-tall-herons' }
    expect((await fresh.post('/auth/reset', { json })).status).toBe(200)
    const signedIn = await fresh.post('/auth/sign-in', { json: { ...OWNER, password: 'seven-tall-herons' } })
    expect(signedIn.status).toBe(200)
  })
})

describe('a device token', () => {
  it('of another account, or forged, opens nothing', async () => {
    server = await startTestServer()
    await createClient(server.url).post('/auth/sign-up', { json: OWNER })
    const mallory = createClient(server.url)
    await mallory.post('/auth/sign-up', { json: { email: 'mallory@example.org', password: 'nine-small-wrens' } })
    const token = mallory.cookies.get('__Host-Http-device') ?? ''
    for (let i = 0; i < 12; i++) await guess(mallory, i)
    expect((await guess(mallory, 99)).status).toBe(429)
    const [device] = token.split('.')
    for (const forged of [
      `${device}.${'A'.repeat(22)}`,
      `${'A'.repeat(22)}.${token.split('.')[1]}`,
      'garbage',
      'a'.repeat(4000),
    ]) {
      mallory.cookies.set('__Host-Http-device', forged)
      expect((await guess(mallory, 100)).status).toBe(429)
    }
  })

  it('has attempts of its own, at full cost of the hash', async () => {
    server = await startTestServer({ hasher: createArgon2Hasher() })
    const owner = createClient(server.url)
    await owner.post('/auth/sign-up', { json: OWNER })
    const attacker = createClient(server.url)
    const guesses = await Promise.all(Array.from({ length: 50 }, (_, i) => guess(attacker, i)))
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10)
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(40)
    expect((await owner.post('/auth/sign-in', { json: OWNER })).status).toBe(200)
  })
})

describe('an overload of hashing', () => {
  it('is answered with 503 and a time to come back, and counts as no attempt', async () => {
    server = await startTestServer({ hasher: createArgon2Hasher({ concurrency: 1, queueLength: 2 }) })
    const owner = createClient(server.url)
    await owner.post('/auth/sign-up', { json: OWNER })
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        createClient(server.url).post('/auth/sign-in', {
          json: { email: `user${i}@example.org`, password: 'whatever-it-is' },
        }),
      ),
    )
    const busy = answers.filter(({ status }) => status === 503)
    expect(busy.length).toBeGreaterThan(10)
    for (const { json, headers } of busy) {
      expect(json.code).toBe('account.busy')
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(20 - busy.length)
    expect((await owner.post('/auth/sign-in', { json: OWNER })).status).toBe(200)
  })
})

describe('signing up', () => {
  it('is throttled by address', async () => {
    server = await startTestServer()
    const client = createClient(server.url)
    const statuses: number[] = []
    for (let i = 0; i < 25; i++) {
      client.cookies.clear()
      const json = { email: `user${i}@example.org`, password: 'plum-otter-cargo' }
      statuses.push((await client.post('/auth/sign-up', { json })).status)
    }
    expect(statuses.filter((status) => status === 201)).toHaveLength(20)
    expect(statuses.slice(20).every((status) => status === 429)).toBe(true)
    const other = createClient(server.url)
    expect((await other.post('/auth/sign-up', { json: OWNER })).status).toBe(201)
  })
})
