/** Logout both ways: asked for by a relying party, and told to all of them, wherever the session ended. */
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../support/http-client.ts'
import { createClient } from '../support/http-client.ts'
import { runCli } from '../support/processes.ts'
import {
  authorization,
  discover,
  follow,
  formOf,
  type LogoutReceiver,
  logoutReceiver,
  register,
  signedIn,
} from '../support/relying-party.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

const REDIRECT = 'https://app.example/callback'
const BYE = 'https://app.example/bye'
let server: TestServer
let one: { readonly config: openid.Configuration; readonly receiver: LogoutReceiver }
let two: typeof one

beforeAll(async () => {
  server = await startTestServer({
    logout: { waitSeconds: 2, retrySeconds: [1, 1, 1, 1, 1, 1, 1, 1], everySeconds: 0.2 },
  })
  const party = async (id: string) => {
    const receiver = await logoutReceiver()
    const client = await register(server.instance, {
      client_id: id,
      redirect_uris: [REDIRECT],
      post_logout_redirect_uris: [BYE],
      backchannel_logout_uri: receiver.uri,
      trusted: true,
    })
    return { config: await discover(server.url, client), receiver }
  }
  one = await party('one')
  two = await party('two')
})
afterAll(async () => {
  await server.close()
  await one.receiver.close()
  await two.receiver.close()
})

let people = 0

async function login(browser: Client, { config }: typeof one) {
  const { url, verifier, state } = await authorization(config, { redirect_uri: REDIRECT })
  const back = await follow(browser, server.url, url)
  if (!(back instanceof URL)) throw new Error(`no redirect: ${back.status} ${back.text}`)
  return openid.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state })
}

/** Somebody who is signed in to both. */
async function atBoth() {
  const browser = await signedIn(server.url, `person${++people}@example.org`)
  const tokens = [await login(browser, one), await login(browser, two)] as const
  const { session, subject } = (await browser.get('/auth/session')).json
  return { browser, tokens, session: String(session.id), subject: String(subject) }
}

async function lastToken({ receiver }: typeof one, audience: string) {
  const jwks = createRemoteJWKSet(new URL('/.well-known/jwks.json', server.url))
  const token = receiver.tokens.at(-1) ?? ''
  const { payload } = await jwtVerify(token, jwks, { issuer: server.url, audience, typ: 'logout+jwt' })
  return payload
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(holds()).toBe(true)
}

describe('a session that ends', () => {
  it('by a sign-out: each relying party has been told when it returns, under its own sid', async () => {
    const { browser, tokens, subject } = await atBoth()
    await browser.post('/auth/sign-out')
    const [first, second] = [await lastToken(one, 'one'), await lastToken(two, 'two')]
    expect(first).toMatchObject({ sub: subject, sid: tokens[0].claims()?.sid })
    expect(second).toMatchObject({ sub: subject, sid: tokens[1].claims()?.sid })
    expect(first.sid).not.toBe(second.sid)
    expect(first.events).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} })
    expect(first).not.toHaveProperty('nonce')
    const refused = openid.refreshTokenGrant(one.config, tokens[0].refresh_token ?? '')
    await expect(refused).rejects.toMatchObject({ error: 'invalid_grant' })
    const userinfo = openid.fetchUserInfo(one.config, tokens[0].access_token, subject)
    await expect(userinfo).rejects.toMatchObject({ status: 401 })
  })

  it('by the command line, in another process', async () => {
    const { session, subject, tokens } = await atBoth()
    const before = one.receiver.tokens.length
    const env = { SOJOURN_DATA: server.directory, SOJOURN_URL: server.url }
    const done = await runCli(['sessions', 'revoke', '--session', session], { env })
    expect(done.code, done.stderr).toBe(0)
    const refused = openid.refreshTokenGrant(one.config, tokens[0].refresh_token ?? '')
    await expect(refused).rejects.toMatchObject({ error: 'invalid_grant' })
    await until(() => one.receiver.tokens.length > before)
    expect(await lastToken(one, 'one')).toMatchObject({ sub: subject, sid: tokens[0].claims()?.sid })
  })

  it('while a relying party is down: it learns of it afterwards, and the sign-out does not wait for that', async () => {
    const { browser, tokens } = await atBoth()
    two.receiver.isDown = true
    const [told, calls] = [two.receiver.tokens.length, two.receiver.calls]
    const answer = await browser.post('/auth/sign-out')
    expect(answer.status).toBeLessThan(300)
    await until(() => two.receiver.calls > calls + 1)
    expect(two.receiver.tokens.length).toBe(told)
    two.receiver.isDown = false
    await until(() => two.receiver.tokens.length > told)
    expect((await lastToken(two, 'two')).sid).toBe(tokens[1].claims()?.sid)
  })
})

describe('a client that is removed', () => {
  it('is told that its users are logged out, and nothing that it holds is any good', async () => {
    const receiver = await logoutReceiver()
    const id = 'gone'
    const given = { client_id: id, redirect_uris: [REDIRECT], backchannel_logout_uri: receiver.uri, trusted: true }
    const config = await discover(server.url, await register(server.instance, given))
    const browser = await signedIn(server.url, `person${++people}@example.org`)
    const tokens = await login(browser, { config, receiver })
    const env = { SOJOURN_DATA: server.directory, SOJOURN_URL: server.url }
    const done = await runCli(['clients', 'remove', id], { env })
    expect(done.code, done.stderr).toBe(0)
    await until(() => receiver.tokens.length > 0)
    expect((await lastToken({ config, receiver }, id)).sid).toBe(tokens.claims()?.sid)
    // One of the same name is another one.
    const config2 = await discover(server.url, await register(server.instance, given))
    const refused = openid.refreshTokenGrant(config2, tokens.refresh_token ?? '')
    await expect(refused).rejects.toMatchObject({ error: 'invalid_grant' })
    await expect(openid.fetchUserInfo(config2, tokens.access_token, tokens.claims()?.sub ?? '')).rejects.toMatchObject({
      status: 401,
    })
    expect((await browser.get('/auth/session')).status).toBe(200)
    await receiver.close()
  })
})

describe('a logout that a relying party asks for', () => {
  it('is confirmed on our page, ends the session and leads back', async () => {
    const { browser, tokens, session } = await atBoth()
    const before = two.receiver.tokens.length
    const url = openid.buildEndSessionUrl(one.config, {
      post_logout_redirect_uri: BYE,
      id_token_hint: tokens[0].id_token ?? '',
      state: 'on we go',
    })
    const page = await follow(browser, server.url, url)
    if (page instanceof URL) throw new Error('nobody was asked')
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self' https://app.example")
    const { action, fields } = formOf(page.text)
    const answer = await browser.post(action, { form: { ...fields, logout: 'yes' } })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe(`${BYE}?state=on+we+go`)
    expect((await browser.get('/auth/session')).status).toBe(401)
    expect(await server.instance.logins.findSession(session)).toBeNull()
    expect(two.receiver.tokens.length).toBe(before + 1)
  })

  it('ends nothing but its own where the person stays signed in', async () => {
    const { browser, tokens } = await atBoth()
    const [first, second] = [one.receiver.tokens.length, two.receiver.tokens.length]
    const url = openid.buildEndSessionUrl(one.config, { id_token_hint: tokens[0].id_token ?? '' })
    const page = await follow(browser, server.url, url)
    if (page instanceof URL) throw new Error('nobody was asked')
    const { action, fields } = formOf(page.text)
    expect((await browser.post(action, { form: fields })).status).toBe(303)
    expect((await browser.get('/auth/session')).status).toBe(200)
    expect(one.receiver.tokens.length).toBe(first + 1)
    expect(two.receiver.tokens.length).toBe(second)
    const refused = openid.refreshTokenGrant(one.config, tokens[0].refresh_token ?? '')
    await expect(refused).rejects.toMatchObject({ error: 'invalid_grant' })
    await openid.refreshTokenGrant(two.config, tokens[1].refresh_token ?? '')
  })

  it('leads on without a question where nobody is signed in', async () => {
    const { browser, tokens } = await atBoth()
    await browser.post('/auth/sign-out')
    const stranger = createClient(server.url)
    const url = openid.buildEndSessionUrl(one.config, {
      post_logout_redirect_uri: BYE,
      id_token_hint: tokens[0].id_token ?? '',
    })
    const page = await follow(stranger, server.url, url)
    if (page instanceof URL) throw new Error('no form')
    const { action, fields } = formOf(page.text)
    const answer = await stranger.post(new URL(action).pathname, { form: fields })
    expect(answer.headers.get('location')).toBe(BYE)
  })

  it('leads nowhere that the client has not registered', async () => {
    const { browser, tokens } = await atBoth()
    const url = openid.buildEndSessionUrl(one.config, {
      post_logout_redirect_uri: 'https://evil.example/',
      id_token_hint: tokens[0].id_token ?? '',
    })
    const page = await follow(browser, server.url, url)
    expect(page).toMatchObject({ status: 400 })
    expect((await browser.get('/auth/session')).status).toBe(200)
  })
})
