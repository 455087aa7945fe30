/** Commands from a second process beside a running server, on the same SQLite file. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Ended, type RunningServer, runCli, startServer, temporaryFolder } from '../support/processes.ts'

interface Person {
  readonly cookie: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly subject: string
  /** Of the cookie and of the tokens. */
  readonly sessions: readonly [string, string]
}

const PASSWORD = 'correct horse battery staple'

async function newServer(): Promise<RunningServer> {
  const { path, remove } = temporaryFolder()
  const server = await startServer({ SOJOURN_DATA: path })
  onTestFinished(async () => {
    await server.stop()
    remove()
  })
  return server
}

function post(server: RunningServer, path: string, body: object, cookie?: string): Promise<Response> {
  return fetch(server.url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: server.url, ...(cookie ? { Cookie: cookie } : {}) },
    body: JSON.stringify(body),
    redirect: 'manual',
  })
}

/** Signs up by cookie, and once more for a phone by token. */
async function newPerson(server: RunningServer, email: string): Promise<Person> {
  const signedUp = await post(server, '/auth/sign-up', { email, password: PASSWORD, mode: 'cookie' })
  expect(signedUp.ok, await signedUp.clone().text()).toBe(true)
  const cookie = signedUp.headers
    .getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .join('; ')
  // Tokens are for callers that are no browser: fetch of Node says `Sec-Fetch-Mode`, so node:http is used.
  const tokens = await signInByToken(server, email)
  const [mine, phone] = await Promise.all([session(server, { cookie }), session(server, bearer(tokens.access_token))])
  return {
    cookie,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    subject: mine.body.subject,
    sessions: [mine.body.session.id, phone.body.session.id],
  }
}

async function signInByToken(
  server: RunningServer,
  email: string,
): Promise<{ access_token: string; refresh_token: string }> {
  const { request } = await import('node:http')
  const body = JSON.stringify({ email, password: PASSWORD, mode: 'token' })
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', Origin: server.url }
    const sent = request(`${server.url}/auth/sign-in`, { method: 'POST', headers }, async (answer) => {
      let text = ''
      for await (const chunk of answer) text += chunk
      if (answer.statusCode === 200) resolve(JSON.parse(text))
      else reject(new Error(`${answer.statusCode} ${text}`))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

async function session(server: RunningServer, headers: Record<string, string>) {
  const response = await fetch(`${server.url}/auth/session`, { headers })
  return { status: response.status, body: await response.json() }
}

async function statuses(server: RunningServer, person: Person): Promise<readonly [cookie: number, token: number]> {
  const found = await Promise.all([
    session(server, { cookie: person.cookie }),
    session(server, bearer(person.accessToken)),
  ])
  return [found[0].status, found[1].status]
}

function good(ended: Ended): string {
  expect(ended, ended.stderr).toMatchObject({ code: 0, stderr: '' })
  return ended.stdout
}

describe('beside a running server', () => {
  it('sessions revoke --session refuses that session at the next request, by cookie and by token, also after a restart', async () => {
    const server = await newServer()
    const [ann, bob] = [await newPerson(server, 'ann@example.com'), await newPerson(server, 'bob@example.com')]
    expect(await statuses(server, ann)).toEqual([200, 200])
    for (const id of ann.sessions) {
      const said = good(await runCli(['sessions', 'revoke', '--session', id], server))
      expect(said).toMatch(/^Session \S{22} has ended: refused by every verifier after \d+ ms, confirmed by acks\.\n$/)
    }
    expect(await statuses(server, ann)).toEqual([401, 401])
    expect((await post(server, '/auth/refresh', { refresh_token: ann.refreshToken })).status).toBe(401)
    expect(await statuses(server, bob)).toEqual([200, 200])

    await server.stop()
    const again = await startServer(server.env)
    onTestFinished(() => void again.stop('SIGKILL'))
    expect(await statuses(again, ann)).toEqual([401, 401])
    expect(await statuses(again, bob)).toEqual([200, 200])
    const verified = await runCli(['token', 'verify'], { env: server.env, input: ann.accessToken })
    expect(verified.code).toBe(1)
    expect(JSON.parse(verified.stdout)).toMatchObject({ accepted: false, code: 'token.revoked' })
    await again.stop()
  })

  it('sessions revoke --subject ends every session of the user, and says in JSON how it knows', async () => {
    const server = await newServer()
    const ann = await newPerson(server, 'ann@example.com')
    const said = JSON.parse(
      good(await runCli(['sessions', 'revoke', '--subject', 'Ann@Example.com', '--json'], server)),
    )
    expect(said).toMatchObject({ subject: ann.subject, receipt: { confirmed_by: 'acks', waited_for: [] } })
    expect(said.receipt.ms).toBeLessThan(2000)
    expect(await statuses(server, ann)).toEqual([401, 401])
    const list = JSON.parse(good(await runCli(['sessions', 'list', '--subject', ann.subject, '--json'], server)))
    expect(list).toEqual({ sessions: [], more: false })
  })

  it('a session id that nobody has is barred, and said to be', async () => {
    const server = await newServer()
    const id = 'AAAAAAAAAAAAAAAAAAAAAA'
    expect(good(await runCli(['sessions', 'revoke', '--session', id], server))).toMatch(/^No live session has the id/)
  })

  it('accounts claims changes what the very next request sees, with the same cookie and the same token', async () => {
    const server = await newServer()
    const ann = await newPerson(server, 'ann@example.com')
    const env = { env: server.env, input: '{"roles":["editor"]}' }
    good(await runCli(['accounts', 'claims', 'ann@example.com', '--set'], env))
    expect((await session(server, { cookie: ann.cookie })).body.claims).toMatchObject({ roles: ['editor'] })
    expect(JSON.parse(good(await runCli(['accounts', 'claims', ann.subject], server)))).toEqual({ roles: ['editor'] })
    expect(await statuses(server, ann)).toEqual([200, 200])
  })

  it('accounts reset prints a link that works once and ends every session', async () => {
    const server = await newServer()
    const ann = await newPerson(server, 'ann@example.com')
    const { code, link } = JSON.parse(good(await runCli(['accounts', 'reset', 'ann@example.com', '--json'], server)))
    expect(link).toBe(`${server.url}/reset#${code}`)
    expect((await fetch(link)).status).toBe(200)
    const body = { code, new_password: 'another horse, another battery' }
    expect((await post(server, '/auth/reset', body)).status).toBe(200)
    expect(await statuses(server, ann)).toEqual([401, 401])
    expect((await post(server, '/auth/reset', body)).status).toBe(400)
    expect(
      (await post(server, '/auth/sign-in', { email: 'ann@example.com', password: body.new_password })).status,
    ).toBe(200)
  })

  it('accounts create makes an account whose owner sets the password', async () => {
    const server = await newServer()
    const env = { env: server.env, input: '{"roles":["operator"]}' }
    const made = JSON.parse(good(await runCli(['accounts', 'create', 'zoe@example.com', '--claims', '--json'], env)))
    expect((await post(server, '/auth/reset', { code: made.code, new_password: PASSWORD })).status).toBe(200)
    const signedIn = await post(server, '/auth/sign-in', { email: 'zoe@example.com', password: PASSWORD })
    expect(signedIn.status).toBe(200)
    const list = good(await runCli(['accounts', 'list'], server))
    expect(list).toMatch(new RegExp(`^${made.subject}\tzoe@example.com\toperator\t`, 'm'))
  })

  it('keys rotate goes unnoticed; with --compromised everybody signs in again, also after a restart', async () => {
    const server = await newServer()
    const ann = await newPerson(server, 'ann@example.com')
    const before = JSON.parse(good(await runCli(['keys', 'list', '--json'], server))).keys[0].key_id
    const rotated = JSON.parse(good(await runCli(['keys', 'rotate', '--json'], server)))
    expect(rotated).toMatchObject({ retired: [], floor: null, receipt: null })
    expect(rotated.signing).not.toBe(before)
    expect(await statuses(server, ann)).toEqual([200, 200])
    const floor = JSON.parse(good(await runCli(['keys', 'rotate', '--compromised', '--json'], server)))
    expect(floor).toMatchObject({ floor: 1, receipt: { confirmed_by: 'acks' } })
    expect(floor.retired).toEqual(expect.arrayContaining([before, rotated.signing]))
    expect(await statuses(server, ann)).toEqual([401, 401])
    const fresh = await signInByToken(server, 'ann@example.com')
    expect((await session(server, bearer(fresh.access_token))).status).toBe(200)

    await server.stop()
    const again = await startServer(server.env)
    onTestFinished(() => void again.stop('SIGKILL'))
    expect(await statuses(again, ann)).toEqual([401, 401])
    expect((await session(again, bearer(fresh.access_token))).status).toBe(200)
    await again.stop()
  })

  it('modes begin changes what a sign-in gets, and rollback changes it back; close refuses while somebody would be logged out', async () => {
    const server = await newServer()
    const ann = await newPerson(server, 'ann@example.com')
    const change = (...words: string[]) =>
      runCli(['modes', ...words, '--from', 'cookie', '--to', 'hybrid', '--json'], server)
    const modeOf = async (cookie: string): Promise<string> => (await session(server, { cookie })).body.session?.mode
    const plan = async () => JSON.parse(good(await change('plan')))
    expect(await plan()).toMatchObject({ affected: 1, convertByThemselves: 1, refused: { browsers: 0, parked: 0 } })
    expect(await change('close')).toMatchObject({ code: 1, stderr: expect.stringContaining('policy.denied') })

    const nextSignIn = async (): Promise<string> => {
      const signedIn = await post(server, '/auth/sign-in', { email: 'ann@example.com', password: PASSWORD })
      return modeOf(signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '')
    }
    expect(await nextSignIn()).toBe('cookie')
    expect(JSON.parse(good(await change('begin')))).toMatchObject({ issue: 'hybrid' })
    await expect.poll(nextSignIn, { timeout: 30_000, interval: 500 }).toBe('hybrid')
    expect(await modeOf(ann.cookie)).toBe('cookie')
    expect(JSON.parse(good(await change('rollback')))).toMatchObject({ issue: 'cookie' })
    await expect.poll(nextSignIn, { timeout: 30_000, interval: 500 }).toBe('cookie')
    expect(await runCli(['modes', 'plan', '--from', 'cookie'], server)).toMatchObject({ code: 2 })
    expect(await runCli(['modes', 'plan', '--from', 'cookie', '--to', 'cookie'], server)).toMatchObject({ code: 2 })
  })

  it('waits for a verifier that is dead until its lease cannot hold, and says so', { timeout: 60_000 }, async () => {
    const server = await newServer()
    const ann = await newPerson(server, 'ann@example.com')
    await server.stop('SIGKILL')
    const argv = ['sessions', 'revoke', '--session', ann.sessions[0], '--json']
    const { receipt } = JSON.parse(good(await runCli(argv, { env: server.env, timeoutMs: 50_000 })))
    expect(receipt).toMatchObject({ confirmed_by: 'lease', waited_for: [expect.any(String)] })
    expect(receipt.ms).toBeGreaterThan(11_000)
    expect(receipt.ms).toBeLessThan(20_000)
    const again = await startServer(server.env)
    onTestFinished(() => void again.stop('SIGKILL'))
    expect(await statuses(again, ann)).toEqual([401, 200])
    await again.stop()
  })

  it('token verify judges as the server does, and never says more than that', async () => {
    const server = await newServer()
    const ann = await newPerson(server, 'ann@example.com')
    const verify = (input: string) => runCli(['token', 'verify'], { env: server.env, input })
    const accepted = JSON.parse(good(await verify(`${ann.accessToken}\n`)))
    expect(accepted).toMatchObject({ accepted: true, subject: ann.subject, session: ann.sessions[1] })
    const forged = await verify(`${ann.accessToken.slice(0, -4)}AAAA`)
    expect(JSON.parse(forged.stdout)).toMatchObject({ accepted: false, code: 'token.signature' })
    for (const { stdout, stderr } of [forged, await runCli(['token', 'inspect'], { input: ann.accessToken })])
      expect(stdout + stderr).not.toContain(ann.accessToken.split('.')[2])
  })

  it('no command prints a credential', async () => {
    const server = await newServer()
    const ann = await newPerson(server, 'ann@example.com')
    const secrets = [ann.accessToken, ann.refreshToken, ann.cookie.split('=')[1] ?? '', PASSWORD]
    for (const argv of [
      ['sessions', 'list', '--json'],
      ['sessions', 'list'],
      ['accounts', 'list', '--json'],
      ['keys', 'list', '--json'],
      ['doctor'],
    ]) {
      const said = good(await runCli(argv, server))
      for (const secret of secrets)
        for (const part of secret.split('.')) expect(said).not.toContain(part.length > 30 ? part : secret)
      expect(said).not.toMatch(/secret_?hash|argon2|"d":/i)
    }
    expect(server.output()).not.toContain(PASSWORD)
  })

  it('every deed is in the audit log, once, as the command line', async () => {
    const server = await newServer()
    const ann = await newPerson(server, 'ann@example.com')
    good(await runCli(['sessions', 'revoke', '--session', ann.sessions[0]], server))
    good(await runCli(['sessions', 'revoke', '--subject', ann.subject], server))
    good(await runCli(['accounts', 'claims', ann.subject, '--set'], { env: server.env, input: '{}' }))
    good(await runCli(['accounts', 'reset', ann.subject], server))
    good(await runCli(['keys', 'rotate', '--compromised'], server))
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(`${server.env.SOJOURN_DATA}/sojourn.db`, { readOnly: true })
    const rows = database.prepare('SELECT * FROM audit').all()
    database.close()
    const deeds = rows.filter((row) => JSON.stringify(row).includes('cli')).map((row) => row.action)
    expect(deeds.toSorted()).toEqual([
      'account.reset_requested',
      'claims.changed',
      'floor.raised',
      'keys.rotated',
      'session.revoked',
      'subject.revoked',
    ])
  })
})
