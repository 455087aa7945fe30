/** Nothing secret and nothing personal in logs, metrics, errors and addresses, whatever was asked; and no label by anybody's choice. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, createClient } from '../support/http-client.ts'
import { OPERATOR_KEY, startTestServer, type TestServer } from '../support/running-server.ts'

const EMAIL = 'ada.private@example.org'
const PASSWORD = 'plum-otter-cargo'
const KEY = { Authorization: `Bearer ${OPERATOR_KEY}` }

let server: TestServer
const secrets = new Map<string, string>()
const answers: Answer[] = []
let metricsBefore = ''

beforeAll(async () => {
  server = await startTestServer()
  const browser = createClient(server.url, { 'User-Agent': 'SecretAgent/007' })
  const keep = async (answer: Promise<Answer>) => {
    const got = await answer
    answers.push(got)
    return got
  }
  await browser.post('/auth/sign-up', { json: { email: EMAIL, password: PASSWORD } })
  const phone = createClient(server.url)
  const signedIn = await phone.post('/auth/sign-in', { json: { email: EMAIL, password: PASSWORD, mode: 'token' } })
  const refreshed = await phone.post('/auth/refresh', { json: { refresh_token: signedIn.json.refresh_token } })
  const reset = await server.instance.accounts.requestReset(EMAIL)
  const { subject } = (await browser.get('/auth/session')).json
  secrets
    .set('email', EMAIL)
    .set('password', PASSWORD)
    .set('cookie', browser.cookies.get('__Host-Http-sid')?.slice(23) ?? '')
    .set('device token', browser.cookies.get('__Host-Http-device')?.slice(23) ?? '')
    .set('access token', signedIn.json.access_token.split('.')[2])
    .set('refresh token', signedIn.json.refresh_token.split('.')[2])
    .set('next refresh token', refreshed.json.refresh_token.split('.')[2])
    .set('reset code', reset?.code.split('.')[1] ?? '')
    .set('operator key', OPERATOR_KEY)
    .set('secret', readFileSync(`${server.directory}/secret`, 'utf8').trim())
    .set('one-time password', readFileSync(`${server.directory}/operator-password`, 'utf8').split('\n')[1] ?? '')
  metricsBefore = (await browser.get('/metrics')).text

  // Every secret, wherever it does not belong.
  for (const value of secrets.values()) {
    const bare = createClient(server.url)
    await keep(bare.get(`/${value}`))
    await keep(bare.get(`/auth/session?token=${value}`))
    await keep(bare.ask('DELETE', `/auth/sessions/${value}`, { headers: { Authorization: `Bearer ${value}` } }))
    await keep(bare.post('/auth/sign-in', { json: { email: value, password: value } }))
    await keep(
      bare.post('/auth/sign-in', {
        body: `{"email":"${value}","password":"${value}`,
        headers: { 'Content-Type': 'application/json' },
      }),
    )
    await keep(bare.post('/auth/sign-in', { form: { email: 'x', password: value, mode: value } }))
    await keep(bare.post('/auth/sign-up', { json: { email: value, password: value, mode: value } }))
    await keep(
      bare.post('/auth/sign-up', { json: { email: 'other@example.org', password: `${value}x`, audience: value } }),
    )
    await keep(bare.post('/auth/refresh', { json: { refresh_token: value } }))
    await keep(bare.post('/auth/reset', { json: { code: value, new_password: value } }))
    await keep(bare.post('/oauth/revoke', { form: { token: value } }))
    await keep(bare.post('/oauth/introspect', { form: { token: value }, headers: KEY }))
    await keep(bare.ask('PUT', `/admin/subjects/${subject}/claims`, { json: { [value]: value }, headers: KEY }))
    await keep(
      bare.ask('GET', '/', {
        headers: { Cookie: `__Host-Http-sid=${value}`, Origin: value, 'X-Forwarded-For': value },
      }),
    )
    await keep(
      bare
        .ask(`M${value.replaceAll(/[^A-Za-z]/g, '')}`.toUpperCase().slice(0, 20), '/', {})
        .catch(() => answers[0] as Answer),
    )
  }
  await keep(browser.post('/auth/password', { json: { current_password: 'wrong', new_password: PASSWORD } }))
  await keep(phone.post('/auth/refresh', { json: { refresh_token: `${signedIn.json.refresh_token.slice(0, -1)}A` } }))
})
afterAll(() => server.close())

describe('nothing secret', () => {
  it('is in the log', () => {
    const log = server.log.join('')
    for (const [name, value] of secrets) expect(log.includes(value), name).toBe(false)
    for (const other of ['SecretAgent', '@', '10.0.', 'Mozilla', '__Host-Http']) expect(log).not.toContain(other)
  })

  it('is in the metrics', async () => {
    const { text } = await createClient(server.url).get('/metrics')
    for (const [name, value] of secrets) expect(text.includes(value), name).toBe(false)
  })

  it('is in an answer to a refusal, but what the form itself had', () => {
    expect(answers.length).toBeGreaterThan(150)
    for (const { status, text, headers } of answers) {
      if (status < 400) continue
      for (const [name, value] of secrets) {
        if (name === 'email') continue
        expect(text.includes(value), `${status} ${name}`).toBe(false)
        expect(JSON.stringify([...headers]).includes(value), `${status} ${name}`).toBe(false)
      }
      expect(text).not.toMatch(/\bat .*:\d+:\d+|node_modules|SQLITE|\.ts\b/)
    }
  })

  it('is in an address that we send a browser to', () => {
    for (const { headers } of answers) expect(headers.get('location') ?? '').not.toMatch(/token|password|code=|email/)
  })

  it('is in the audit log', async () => {
    const text = JSON.stringify(await server.instance.audit.list({}, null, 1000))
    for (const [name, value] of secrets) expect(text.includes(value), name).toBe(false)
  })
})

describe('labels', () => {
  it('are of our own choosing: no path, method or header makes a new one', async () => {
    const client = createClient(server.url)
    for (let i = 0; i < 300; i++) {
      await client.get(`/nowhere/${i}`)
      await client.ask('DELETE', `/auth/sessions/${i}`)
      await client.post('/auth/sign-in', { json: { email: `e${i}@example.org`, password: 'x', mode: `m${i}` } })
    }
    const after = (await client.get('/metrics')).text
    const routes = new Set([...after.matchAll(/route="([^"]*)"/g)].map(([, route]) => route))
    for (const route of routes) expect(route).toMatch(/^(\/[a-z.{}/-]*(-[\w-]{10}\.(css|js))?|unmatched|unreadable)$/)
    const lines = (text: string) => text.split('\n').length
    expect(lines(after)).toBeLessThan(lines(metricsBefore) + 800)
    expect(new Set([...after.matchAll(/method="([^"]*)"/g)].map(([, method]) => method)).size).toBeLessThan(9)
    expect(new Set([...after.matchAll(/mode="([^"]*)"/g)].map(([, mode]) => mode))).toEqual(
      new Set(['cookie', 'token']),
    )
  }, 60_000)
})
