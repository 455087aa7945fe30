/** What others have written against our server: Apache's mod_auth_openidc logs in and out, Authlib and PyJWT verify our tokens. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Apache, CALLBACK, hasApache, startApache } from '../support/apache.ts'
import { type Answer, type Client, createClient } from '../support/http-client.ts'
import { freePort } from '../support/processes.ts'
import { authorization, discover, follow, formOf, register, signedIn } from '../support/relying-party.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'
import { root } from '../support/source-files.ts'

const API = 'https://api.example'
const PYTHON = '/usr/bin/python3'
const hasPython = spawnSync(PYTHON, ['-c', 'import jwt, cryptography, authlib']).status === 0
const isCi = process.env.CI === 'true'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ env: { SOJOURN_AUDIENCES: API } })
})
afterAll(() => server.close())

describe.skipIf(!hasApache && !isCi)('libapache2-mod-auth-openidc', () => {
  let apache: Apache
  beforeAll(async () => {
    const port = await freePort()
    const url = `http://localhost:${port}`
    const { id, secret } = await register(server.instance, {
      client_id: 'apache',
      redirect_uris: [`${url}${CALLBACK}`],
      post_logout_redirect_uris: [`${url}/bye.html`],
      backchannel_logout_uri: `${url}${CALLBACK}?logout=backchannel`,
      trusted: true,
    })
    apache = await startApache({ port, issuer: server.url, clientId: id, clientSecret: secret })
  }, 60_000)
  afterAll(() => apache?.stop())

  /** A person's browser: cookies of the two hosts apart, as it would keep them for two names. */
  interface Person {
    readonly here: Client
    readonly there: Client
  }
  const newPerson = async (email: string): Promise<Person> => ({
    here: await signedIn(server.url, email),
    there: createClient(apache.url),
  })

  /** Follows redirects between Apache and the server to the last page. */
  const visit = async ({ here, there }: Person, path: string): Promise<{ at: URL; answer: Answer }> => {
    let at = new URL(path, apache.url)
    for (let hop = 0; hop < 20; hop++) {
      const browser = at.origin === apache.url ? there : here
      const answer = await browser.get(at.pathname + at.search, { headers: { Accept: 'text/html' } })
      const location = answer.headers.get('location')
      if (location === null) return { at, answer }
      at = new URL(location, at)
    }
    throw new Error('too many redirects')
  }
  const logIn = async (person: Person): Promise<void> => {
    const { answer } = await visit(person, '/private/')
    expect(answer.status, apache.log()).toBe(200)
    const { subject } = (await person.here.get('/auth/session')).json
    expect(answer.headers.get('x-user')).toBe(subject)
  }

  it('logs somebody in who is signed in here, and asks us again after the sign-out here', async () => {
    const person = await newPerson('ann@example.com')
    await logIn(person)
    expect((await person.there.get('/private/')).status).toBe(200)
    await person.here.post('/auth/sign-out')
    const after = await person.there.get('/private/')
    expect([after.status, after.headers.get('location')]).toEqual([
      302,
      expect.stringContaining(`${server.url}/oidc/auth?`),
    ])
  })

  it('logs somebody out here when they log out there', async () => {
    const person = await newPerson('bob@example.com')
    await logIn(person)
    const wish = `${CALLBACK}?logout=${encodeURIComponent(`${apache.url}/bye.html`)}`
    const { at, answer } = await visit(person, wish)
    expect(at.href, answer.text).toContain(`${server.url}/oidc/logout`)
    const { action, fields } = formOf(answer.text)
    const said = await person.here.post(new URL(action, server.url).pathname, { form: { ...fields, logout: 'yes' } })
    const end = await follow(person.here, server.url, said.headers.get('location') ?? '')
    expect(end instanceof URL ? end.href : end.text).toMatch(new RegExp(`^${apache.url}/bye.html`))
    expect((await person.here.get('/auth/session')).status).toBe(401)
    expect((await person.there.get('/private/')).status).toBe(302)
  })
})

describe.skipIf(!hasPython && !isCi)('Python', () => {
  it.each(['authlib_verify.py', 'pyjwt.py'])(
    '%s verifies an ID token and an access token from our JWKS',
    async (script) => {
      const client = await register(server.instance, {
        client_id: script,
        redirect_uris: ['https://app.example/callback'],
        audiences: [API],
        trusted: true,
      })
      const config = await discover(server.url, client)
      const browser = await signedIn(server.url, `${script}@example.com`)
      const asked = { redirect_uri: 'https://app.example/callback', resource: API }
      const { url, verifier, state } = await authorization(config, asked)
      const back = await follow(browser, server.url, url)
      if (!(back instanceof URL)) throw new Error(back.text)
      const checks = { pkceCodeVerifier: verifier, expectedState: state }
      const tokens = await openid.authorizationCodeGrant(config, back, checks, { resource: API })
      const { subject } = (await browser.get('/auth/session')).json
      const jwks: unknown = await (await fetch(`${server.url}/.well-known/jwks.json`)).json()

      const verify = (audience: string, token: string): readonly Record<string, unknown>[] => {
        const [header = '', , signature = ''] = token.split('.')
        const forged = Buffer.from(JSON.stringify({ iss: server.url, aud: audience, sub: 'mallory', exp: 2 ** 32 }))
        const input = JSON.stringify({
          jwks,
          issuer: server.url,
          audience,
          tokens: [token, `${header}.${forged.toString('base64url')}.${signature}`],
        })
        const ended = spawnSync(PYTHON, [join(root, 'test/support', script)], { input, encoding: 'utf8' })
        expect(ended.status, ended.stderr).toBe(0)
        return JSON.parse(ended.stdout)
      }
      for (const [audience, token] of [
        [client.id, tokens.id_token ?? ''],
        [API, tokens.access_token],
      ] as const) {
        const [genuine, forged] = verify(audience, token)
        expect(genuine).toMatchObject({ iss: server.url, aud: audience, sub: subject })
        expect(forged).toEqual({ error: expect.stringMatching(/signature/i) })
      }
    },
  )
})
