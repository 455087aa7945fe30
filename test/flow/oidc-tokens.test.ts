/** The provider's tokens of a login: kept sealed, refreshed by one of all callers, dead with the session. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../src/clock.ts'
import type { Store } from '../../src/login/store.ts'
import { createOidcLogin } from '../../src/oidc/client/index.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { startForeignProvider } from '../support/foreign-provider.ts'
import { freePort, temporaryFolder } from '../support/processes.ts'
import { root } from '../support/source-files.ts'
import { clientMetadata, startSsoApp } from '../support/sso-app.ts'
import { CLIENT } from '../support/sso-client.ts'
import { createWalker } from '../support/walker.ts'

const now = () => Math.floor(Date.now() / 1000)

async function signedIn(
  options: { readonly store?: Store; readonly accessTokenSeconds?: number; readonly clock?: Clock } = {},
) {
  const port = await freePort()
  const { accessTokenSeconds = 3600, store, clock } = options
  const clients = [clientMetadata(`http://localhost:${port}`)]
  const foreign = await startForeignProvider({ clients, accessTokenSeconds })
  onTestFinished(foreign.close)
  const app = await startSsoApp({
    issuer: foreign.issuer,
    port,
    ...(store ? { store } : {}),
    ...(clock ? { login: { clock } } : {}),
  })
  onTestFinished(app.close)
  const walker = createWalker()
  await walker.go(`${app.origin}/auth/sso/login?return_to=/`)
  const cookie = `__Host-Http-sid=${walker.jar.get('localhost')?.get('__Host-Http-sid')?.value}`
  const login = await app.auth.require({ method: 'GET', headers: new Headers({ cookie }) })
  const exchanges = () => foreign.asked.filter((path) => path === 'POST /token').length - 1
  return { app, foreign, walker, login, exchanges }
}

describe('an access token', () => {
  it('is handed out as it is while it is good, and works at the provider', async () => {
    const { app, foreign, login, exchanges } = await signedIn()
    const { accessToken, expiresAt, scope } = await app.sso.accessToken(login)
    expect([expiresAt && expiresAt > now() + 3500, scope, exchanges()]).toEqual([true, 'openid', 0])
    const me = await fetch(`${foreign.issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } })
    expect(await me.json()).toMatchObject({ sub: 'ada' })
  })

  it('is refreshed once for twenty callers, and the next time with the token that came then', async () => {
    const { app, login, exchanges } = await signedIn()
    let { accessToken: refused } = await app.sso.accessToken(login)
    for (let round = 1; round <= 3; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => app.sso.accessToken(login, { refused })))
      const [first, ...others] = new Set(answers.map(({ accessToken }) => accessToken))
      expect([others, first === refused, exchanges()]).toEqual([[], false, round])
      refused = first ?? ''
    }
  })

  it('is refreshed by itself before it ends, however short its life', async () => {
    const { app, login, exchanges } = await signedIn({ accessTokenSeconds: 2 })
    const first = await app.sso.accessToken(login)
    while (now() < (first.expiresAt ?? 0)) await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await app.sso.accessToken(login)).accessToken).not.toBe(first.accessToken)
    expect(exchanges()).toBeGreaterThan(0)
  })

  it('lies in the store sealed, and never in an answer to the browser', async () => {
    const { app, login, walker } = await signedIn()
    const { accessToken } = await app.sso.accessToken(login)
    const rows = await app.store.records('sso-tokens').list(null, 10, now())
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain(accessToken)
    const seen = JSON.stringify([...walker.jar].map(([host, jar]) => [host, [...jar]])) + walker.steps.join()
    expect(seen).not.toContain(accessToken)
  })

  it('is gone with the session, however that ends', async () => {
    const { app, login, walker, exchanges } = await signedIn()
    await app.auth.revoke({ subject: login.subject })
    const other = await app.sso.accessToken(login).catch((error: unknown) => error)
    expect(other).toMatchObject({ code: 'session.ended' })
    expect(exchanges()).toBe(0)
    await walker.go(`${app.origin}/auth/sso/login?return_to=/`)
    const cookie = `__Host-Http-sid=${walker.jar.get('localhost')?.get('__Host-Http-sid')?.value}`
    const next = await app.auth.require({ method: 'GET', headers: new Headers({ cookie }) })
    await app.sso.accessToken(next)
    await walker.go(`${app.origin}/auth/sso/sign-out`, { form: {} })
    await expect(app.sso.accessToken(next)).rejects.toMatchObject({ code: 'session.ended' })
  })

  it('is as good as gone when the secret that sealed it is: the session stays, and can be ended', async () => {
    const { app, foreign, login } = await signedIn()
    const { auth, store, origin } = app
    const secrets = 'another secret of tests 0123456789 abcdefghijk'
    const redirectUri = `${origin}/auth/sso/callback`
    const sso = createOidcLogin({ auth, store, secrets, issuer: foreign.issuer, ...CLIENT, redirectUri })
    onTestFinished(sso.close)
    await expect(sso.accessToken(login)).rejects.toMatchObject({ code: 'sso.tokens' })
    const cookie = (await auth.elevate(login, {})).setCookie?.split(';')[0] ?? ''
    const headers = new Headers({ cookie, origin })
    const answer = await sso.signOut({ method: 'POST', url: '/auth/sso/sign-out', headers, body: null })
    expect([answer.status, new URL(answer.headers.get('location') ?? '').origin]).toEqual([303, foreign.issuer])
    expect(await auth.identify({ method: 'GET', headers })).toBeNull()
  })

  it('leaves the store some time after the session has ended, at the sign-ins of others', async () => {
    const skipped = { seconds: 0 }
    const clock = { ...systemClock, now: () => systemClock.now() + skipped.seconds }
    const { app, foreign, login } = await signedIn({ clock })
    const kept = async (kind: string) => (await app.store.records(kind).list(null, 10, now())).length
    const all = async () => [await kept('sso-tokens'), await kept('sso-link'), await kept('sso-index')]
    await app.auth.elevate(login, { acr: 'higher' })
    // The old id and the new one, and one set of tokens.
    expect(await all()).toEqual([1, 2, 4])
    await app.auth.revoke({ subject: login.subject })
    skipped.seconds = 120
    foreign.user = { sub: 'bob' }
    await createWalker().go(`${app.origin}/auth/sso/login?return_to=/`)
    await expect.poll(all, { timeout: 30_000 }).toEqual([1, 1, 2])
    expect(app.errors).toEqual([])
  })

  it('of a login from elsewhere is not there', async () => {
    const { app } = await signedIn()
    const { session } = await app.auth.logIn({ subject: 'local' }, { method: 'GET', headers: new Headers() })
    await expect(app.sso.accessToken({ sessionId: session.id })).rejects.toMatchObject({ code: 'sso.tokens' })
  })

  it('is asked for again after the provider was down, and no more after it has said no', async () => {
    const { app, foreign, login, exchanges } = await signedIn()
    const { accessToken: refused } = await app.sso.accessToken(login)
    foreign.intercept = (request, response) => {
      if (request.url !== '/token') return false
      response.writeHead(502).end('bad gateway')
      return true
    }
    await expect(app.sso.accessToken(login, { refused })).rejects.toMatchObject({ code: 'sso.unavailable' })
    foreign.intercept = null
    const { accessToken } = await app.sso.accessToken(login, { refused })
    expect(accessToken).not.toBe(refused)
    // The provider withdraws the grant: the session stays, its tokens do not.
    foreign.intercept = (request, response) => {
      if (request.url !== '/token') return false
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
      return true
    }
    const again = () => app.sso.accessToken(login, { refused: accessToken }).catch(({ code }) => code)
    const asked = exchanges()
    expect([await again(), await again(), exchanges()]).toEqual(['sso.tokens', 'sso.tokens', asked + 1])
    const found = await app.store.sessions.find(login.sessionId, now())
    expect(found?.subject).toBe(login.subject)
  })
})

describe('two processes on one SQLite file', () => {
  it('refresh once, each time', async () => {
    const folder = temporaryFolder()
    onTestFinished(folder.remove)
    const path = join(folder.path, 'app.db')
    const { app, foreign, login, exchanges } = await signedIn({ store: createSqliteStore({ path }) })
    const workers = [1, 2].map(() => fork(join(root, 'test/support/sso-worker.ts'), [path, foreign.issuer, app.origin]))
    onTestFinished(() => {
      for (const worker of workers) worker.kill('SIGKILL')
    })
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    let { accessToken: refused } = await app.sso.accessToken(login)
    for (let round = 1; round <= 5; round++) {
      const startAtMs = Date.now() + 50
      const answers = workers.map((worker) => once(worker, 'message'))
      for (const worker of workers) worker.send({ sessionId: login.sessionId, refused, startAtMs })
      const all = (await Promise.all(answers)).flatMap(([tokens]) => tokens)
      expect([new Set(all).size, all.length, exchanges()]).toEqual([1, 10, round])
      refused = all[0]
    }
  })
})
