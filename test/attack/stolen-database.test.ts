/** Whoever gets a copy of the database, without the secret, can sign in as nobody and sign nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSecretRing } from '../../src/crypto/secret-ring.ts'
import { formatRefreshToken, newRefreshToken } from '../../src/refresh/refresh-token.ts'
import { createArgon2Hasher } from '../../src/server/argon2.ts'
import { type Client, createClient } from '../support/http-client.ts'
import { OPERATOR_KEY, startTestServer, type TestServer } from '../support/running-server.ts'

const PASSWORD = 'plum-otter-cargo'
let server: TestServer
let browser: Client
let tokens: Record<string, string>
let resetCode: string
let stolen: string
beforeAll(async () => {
  server = await startTestServer({ hasher: createArgon2Hasher({ memoryKib: 4096 }) })
  browser = createClient(server.url)
  await browser.post('/auth/sign-up', { json: { email: 'ada@example.org', password: PASSWORD } })
  const phone = createClient(server.url)
  const json = { email: 'ada@example.org', password: PASSWORD, mode: 'token' }
  const first = (await phone.post('/auth/sign-in', { json })).json
  // Rotated once, so that the successor is kept for the replay window.
  const second = (await phone.post('/auth/refresh', { json: { refresh_token: first.refresh_token } })).json
  tokens = { first: first.refresh_token, second: second.refresh_token, access: second.access_token }
  await phone.post('/auth/sign-in', { json: { ...json, password: 'wrong-otter-cargo' } })
  resetCode = (await server.instance.accounts.requestReset('ada@example.org'))?.code ?? ''
  stolen = join(server.directory, 'stolen.db')
  const database = new DatabaseSync(join(server.directory, 'sojourn.db'))
  database.prepare('VACUUM INTO ?').run(stolen)
  database.close()
})
afterAll(() => server.close())

it('there is no credential in it', () => {
  const bytes = readFileSync(stolen).toString('latin1')
  const secret = readFileSync(join(server.directory, 'secret'), 'utf8').trim()
  const sid = browser.cookies.get('__Host-Http-sid') ?? ''
  // Positive control: the ids are there, so the copy is whole and readable.
  expect(bytes).toContain(sid.slice(0, 22))
  const parts = [
    sid.slice(23),
    ...[tokens.first, tokens.second].flatMap((token = '') => token.split('.').slice(2)),
    ...(tokens.access ?? '').split('.').slice(1),
    ...resetCode.split('.').slice(1),
    ...(browser.cookies.get('__Host-Http-device') ?? '').split('.').slice(1),
    PASSWORD,
    'wrong-otter-cargo',
    secret,
    OPERATOR_KEY,
    '"d":"',
  ]
  for (const part of parts) expect(bytes.includes(part), `a part of ${part.length} characters`).toBe(false)
  expect(bytes).toContain('$argon2id$')
})

it('what stands in it signs nobody in', async () => {
  const database = new DatabaseSync(stolen)
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
  const texts = new Set<string>()
  for (const { name } of tables)
    for (const row of database.prepare(`SELECT * FROM "${name}"`).all())
      for (const value of Object.values(row))
        if (typeof value === 'string') for (const word of value.match(/[\w-]{22,}/g) ?? []) texts.add(word)
  database.close()
  const sid = (browser.cookies.get('__Host-Http-sid') ?? '').slice(0, 22)
  expect(texts.has(sid)).toBe(true)
  for (const text of texts) {
    const client = createClient(server.url)
    client.cookies.set('__Host-Http-sid', `${sid}.${text.slice(0, 22)}`)
    expect((await client.get('/auth/session')).status).toBe(401)
    client.cookies.clear()
    expect((await client.get('/auth/session', { headers: { Authorization: `Bearer ${text}` } })).status).toBe(401)
    expect((await client.post('/auth/refresh', { json: { refresh_token: text } })).status).toBe(401)
  }
  expect((await browser.get('/auth/session')).status).toBe(200)
}, 60_000)

it('a row that was written into it opens nothing without the secret', async () => {
  const [familyId = ''] = (tokens.second ?? '').split('.')
  const ring = createSecretRing(['some-ring-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'])
  const forged = formatRefreshToken(newRefreshToken(familyId, 1), ring)
  const answer = await createClient(server.url).post('/auth/refresh', { json: { refresh_token: forged } })
  expect([answer.status, answer.json.code]).toEqual([401, 'refresh.unknown'])
  // Nothing has changed: the genuine one goes on.
  expect((await browser.post('/auth/refresh', { json: { refresh_token: tokens.second } })).status).toBe(200)
})
