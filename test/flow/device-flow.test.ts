/** A device without a browser: a code here, a person there, and nothing for whoever guesses. */
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEVICE_GRANT } from '../../src/oidc/client.ts'
import type { Answer, Client } from '../support/http-client.ts'
import { createClient } from '../support/http-client.ts'
import { follow, formOf, register, signedIn } from '../support/relying-party.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

const HTML = { Accept: 'text/html' }
let server: TestServer
let config: openid.Configuration

beforeAll(async () => {
  server = await startTestServer()
  const client = await register(server.instance, {
    client_id: 'tv',
    client_name: 'Ann’s <TV>',
    token_endpoint_auth_method: 'none',
    grant_types: [DEVICE_GRANT, 'refresh_token'],
    scopes: ['openid', 'offline_access'],
  })
  const metadata = { token_endpoint_auth_method: 'none' }
  config = await openid.discovery(new URL(server.url), client.id, metadata, openid.None(), {
    execute: [openid.allowInsecureRequests],
  })
})
afterAll(() => server.close())

const begin = () => openid.initiateDeviceAuthorization(config, { scope: 'openid offline_access' })

const once = (device: openid.DeviceAuthorizationResponse) =>
  openid.genericGrantRequest(config, DEVICE_GRANT, { device_code: device.device_code })

/** Types the code, and gives the page that asks whether that was meant. */
async function type(browser: Client, code: string): Promise<Answer> {
  const page = await browser.get('/oidc/device', { headers: HTML })
  const { action, fields } = formOf(page.text)
  return browser.post(action, { form: { ...fields, user_code: code } })
}

/** Says yes or no on that page, and goes on to where that leads. */
async function say(browser: Client, page: Answer, answer: Record<string, string>): Promise<Answer> {
  const { action, fields } = formOf(page.text)
  const said = await browser.post(action, { form: { ...fields, ...answer } })
  const location = said.headers.get('location')
  const next = location === null ? said : await follow(browser, server.url, location)
  if (next instanceof URL) throw new Error(`led to ${next.host}`)
  if (!next.text.includes('name="answer"')) return next
  const consented = await browser.post(formOf(next.text).action, { form: { answer: 'allow' } })
  const end = await follow(browser, server.url, consented.headers.get('location') ?? '')
  if (end instanceof URL) throw new Error(`led to ${end.host}`)
  return end
}

describe('a device', () => {
  it('is signed in by whoever types its code and says yes, until that session ends', async () => {
    const device = await begin()
    expect(device).toMatchObject({ verification_uri: `${server.url}/oidc/device`, interval: 5 })
    expect(device.user_code).toMatch(/^[B-Z]{4}-[B-Z]{4}$/)
    expect(device.verification_uri_complete).toBeUndefined()
    await expect(once(device)).rejects.toMatchObject({ error: 'authorization_pending' })

    const browser = await signedIn(server.url, 'ann@example.com')
    const confirm = await type(browser, device.user_code.toLowerCase())
    expect(confirm.status).toBe(200)
    expect(confirm.text).toContain('Connect Ann’s &#60;TV&#62;?')
    expect(confirm.text).toContain(device.user_code)
    expect(confirm.text).toContain('the device is in front of you')
    expect(confirm.text).not.toContain('<script')
    expect(confirm.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect((await say(browser, confirm, { confirm: 'yes' })).text).toContain('<h1>Connected</h1>')

    // A grant lives as long as its session, however late the device asks.
    await new Promise((resolve) => setTimeout(resolve, 2100))
    const tokens = await once(device)
    const { subject } = (await browser.get('/auth/session')).json
    expect(tokens.claims()).toMatchObject({ aud: 'tv', sub: subject })
    await expect(once(device)).rejects.toMatchObject({ error: 'invalid_grant' })
    const signedOut = await browser.post('/auth/sign-out')
    expect(signedOut.status).toBeLessThan(300)
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  it('is told of a no', async () => {
    const device = await begin()
    const browser = await signedIn(server.url, 'bob@example.com')
    const end = await say(browser, await type(browser, device.user_code), { abort: 'yes' })
    expect(end.text).toContain('You have cancelled')
    await expect(once(device)).rejects.toMatchObject({ error: 'access_denied' })
  })

  it('waits until somebody has signed in', async () => {
    const device = await begin()
    const nobody = createClient(server.url)
    const { action, fields } = formOf((await type(nobody, device.user_code)).text)
    const said = await nobody.post(action, { form: { ...fields, confirm: 'yes' } })
    const page = await follow(nobody, server.url, said.headers.get('location') ?? '')
    expect(page instanceof URL ? page.href : page.text).toContain('name="password"')
    await expect(once(device)).rejects.toMatchObject({ error: 'authorization_pending' })
  })
})

describe('the page for codes', () => {
  it('takes no code from a link, and none without its own form', async () => {
    const device = await begin()
    const browser = await signedIn(server.url, 'carol@example.com')
    const linked = await browser.get(`/oidc/device?user_code=${device.user_code}`, { headers: HTML })
    expect(linked.text).not.toContain(device.user_code)
    const forged = await browser.post('/oidc/device', { form: { user_code: device.user_code, confirm: 'yes' } })
    expect(forged.status).toBe(400)
    await expect(once(device)).rejects.toMatchObject({ error: 'authorization_pending' })
  })

  it('lets nobody guess for long', async () => {
    const browser = await signedIn(server.url, 'mallory@example.com')
    const said: number[] = []
    for (let i = 0; i < 22; i++) said.push((await type(browser, 'BBBB-BBBB')).status)
    expect(said.slice(0, 20).every((status) => status === 200 || status === 400)).toBe(true)
    expect(said.at(-1)).toBe(429)
  })
})

it('sends whoever posts a code without having seen the page to that page', async () => {
  const stranger = createClient(server.url)
  const answers = [
    await stranger.post('/oidc/device', { form: { user_code: 'BBBB-BBBB' } }),
    await stranger.get('/oidc/device/unknown', { headers: HTML }),
  ]
  expect(answers.map(({ status, headers }) => [status, headers.get('location')])).toEqual([
    [303, '/oidc/device'],
    [303, '/oidc/device'],
  ])
})
