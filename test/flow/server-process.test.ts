/** The server as a process of its own: restarts, stops, and the one line that says why it does not start. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClient } from '../support/http-client.ts'
import { type RunningServer, runCli, startServer, temporaryFolder } from '../support/processes.ts'

const CREDENTIALS = { email: 'ada@example.org', password: 'plum-otter-cargo' }
let folder: ReturnType<typeof temporaryFolder>
let running: RunningServer[]

beforeEach(() => {
  folder = temporaryFolder()
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((server) => (server.child.exitCode === null ? server.stop('SIGKILL') : null)))
  folder.remove()
})

const data = () => join(folder.path, 'data')

async function start(env: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
  const server = await startServer({ SOJOURN_DATA: data(), ...env })
  running.push(server)
  return server
}

describe('a restart', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('by %s keeps every login', async (signal) => {
    const first = await start()
    const browser = createClient(first.url)
    await browser.post('/auth/sign-up', { json: CREDENTIALS })
    const phone = createClient(first.url)
    const { json: tokens } = await phone.post('/auth/sign-in', { json: { ...CREDENTIALS, mode: 'token' } })
    const before = (await browser.get('/auth/session')).json
    const ended = await first.stop(signal)
    if (signal === 'SIGTERM') expect([ended.code, ended.signal]).toEqual([0, null])

    const second = await start(first.env)
    expect((await browser.get('/auth/session')).json).toEqual(before)
    expect((await browser.get('/')).text).toContain('My devices')
    const bearer = { headers: { Authorization: `Bearer ${tokens.access_token}` } }
    expect((await phone.get('/auth/session', bearer)).status).toBe(200)
    expect((await phone.post('/auth/refresh', { json: { refresh_token: tokens.refresh_token } })).status).toBe(200)
    expect((await second.stop()).code).toBe(0)
  })

  it('keeps what was revoked revoked, and who has to wait waiting', async () => {
    const first = await start()
    const browser = createClient(first.url)
    await browser.post('/auth/sign-up', { json: CREDENTIALS })
    const cookie = browser.cookies.get('__Host-Http-sid') ?? ''
    await browser.post('/auth/sign-out')
    const attacker = createClient(first.url)
    for (let i = 0; i < 12; i++)
      await attacker.post('/auth/sign-in', { json: { ...CREDENTIALS, password: `guess-number-${i}` } })
    await first.stop()

    await start(first.env)
    browser.cookies.set('__Host-Http-sid', cookie)
    expect((await browser.get('/auth/session')).status).toBe(401)
    const guess = () =>
      createClient(first.url).post('/auth/sign-in', { json: { ...CREDENTIALS, password: 'one-more-guess' } })
    // The restart may have taken as long as the wait; then the first one is let through, and the next one is not.
    await guess()
    expect((await guess()).status).toBe(429)
    expect((await browser.post('/auth/sign-in', { json: CREDENTIALS })).status).toBe(200)
  })
})

describe('a start', () => {
  it('tells where it runs and where the first password lies, keeps files private, and leaves no secret in the output', async () => {
    const server = await start()
    const [email, password = ''] = readFileSync(join(data(), 'operator-password'), 'utf8').split('\n')
    expect(email).toBe('operator@localhost')
    expect(password.length).toBeGreaterThan(16)
    const ended = await server.stop()
    expect(ended.stdout).toContain(`one-time password in ${join(data(), 'operator-password')}`)
    expect(ended.stdout).toContain(`Sojourn is running at ${server.url}`)
    expect(ended.stdout + ended.stderr).not.toContain(password)
    expect(ended.stdout + ended.stderr).not.toContain(readFileSync(join(data(), 'secret'), 'utf8').trim())
    for (const name of ['secret', 'operator-password', 'sojourn.db'])
      expect(statSync(join(data(), name)).mode & 0o777, name).toBe(0o600)
    expect(statSync(data()).mode & 0o777).toBe(0o700)
    // An instance that has an account gets no second operator.
    const again = await start(server.env)
    expect((await again.stop()).stdout).not.toContain('First operator')
  })

  it('of two at once on one directory gives one secret and one key set', async () => {
    const [a, b] = await Promise.all([start(), start()])
    const keys = await Promise.all(
      [a, b].map(async ({ url }) => (await createClient(url).get('/.well-known/jwks.json')).text),
    )
    expect(keys[0]).toBe(keys[1])
    const client = createClient(a.url)
    await client.post('/auth/sign-up', { json: CREDENTIALS })
    const ended = await Promise.all([a, b].map(({ stop }) => stop()))
    expect(ended.filter(({ stdout }) => stdout.includes('First operator'))).toHaveLength(1)
  })
})

describe('a stop', () => {
  it('finishes the request that is under way and refuses new ones', async () => {
    const server = await start()
    const port = Number(new URL(server.url).port)
    const socket = await open(port)
    const body = new URLSearchParams(CREDENTIALS).toString()
    socket.write(
      `POST /auth/sign-up HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    )
    await new Promise((resolve) => setTimeout(resolve, 100))
    const ended = server.stop()
    await new Promise((resolve) => setTimeout(resolve, 100))
    await expect(open(port)).rejects.toThrow()
    const answer = read(socket)
    socket.write(body.slice(5))
    expect(await answer).toMatch(/^HTTP\/1\.1 303 /)
    expect((await ended).code).toBe(0)
  })

  it('does not wait for sockets that say nothing', async () => {
    const server = await start()
    const socket = await open(Number(new URL(server.url).port))
    const started = performance.now()
    expect((await server.stop('SIGINT')).code).toBe(0)
    expect(performance.now() - started).toBeLessThan(4000)
    socket.destroy()
  })
})

const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs tmpfs /tmp']).status === 0

describe('a start on a full disk', () => {
  it.skipIf(!canMount)('is refused in one line, with exit code 1', () => {
    mkdirSync(data(), { mode: 0o700 })
    const script = `mount -t tmpfs -o size=40k,mode=700 tmpfs '${data()}' && exec '${process.execPath}' src/cli/main.ts serve`
    const env = { PATH: process.env.PATH ?? '', SOJOURN_DATA: data(), PORT: '0', SOJOURN_URL: 'http://localhost' }
    const ended = spawnSync('unshare', ['-rm', 'sh', '-c', script], { env, encoding: 'utf8' })
    expect(ended.status).toBe(1)
    expect(ended.stderr.trim().split('\n')).toHaveLength(1)
    expect(ended.stderr).toContain('full')
    expect(ended.stderr).toContain('room')
  })
})

describe('a start is refused in one line, with exit code 1', () => {
  async function refused(env: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<void> {
    const ended = await runCli(['serve'], {
      env: { SOJOURN_DATA: data(), PORT: '0', SOJOURN_URL: 'http://localhost', ...env },
    })
    expect(ended.code).toBe(1)
    const lines = (ended.stdout + ended.stderr).trim().split('\n')
    expect(lines).toHaveLength(1)
    for (const word of words) expect(lines[0]).toContain(word)
    expect(lines[0]).not.toMatch(/\.ts:\d+|node:internal/)
  }

  it('when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await refused({ PORT: String(port) }, `127.0.0.1:${port}`, 'another PORT')
    other.close()
  })

  it('when the host is none of this machine', () => refused({ SOJOURN_HOST: '192.0.2.1' }, '192.0.2.1', 'SOJOURN_HOST'))

  it('when others can read the data directory', async () => {
    mkdirSync(data(), { mode: 0o755 })
    chmodSync(data(), 0o755)
    await refused({}, `chmod 700 '${data()}'`)
  })

  it('when others can read the secret or the database', async () => {
    await (await start()).stop()
    chmodSync(join(data(), 'sojourn.db'), 0o644)
    await refused({}, `chmod 600 '${join(data(), 'sojourn.db')}'`)
    chmodSync(join(data(), 'sojourn.db'), 0o600)
    chmodSync(join(data(), 'secret'), 0o640)
    await refused({}, `chmod 600 '${join(data(), 'secret')}'`)
  })

  it('when the secret in the data directory is weak', async () => {
    mkdirSync(data(), { mode: 0o700 })
    writeFileSync(join(data(), 'secret'), 'hunter2', { mode: 0o600 })
    await refused({}, 'at least 32', 'SOJOURN_SECRET')
  })

  it('when the secret is another than the one that sealed the keys', async () => {
    await (await start()).stop()
    await refused({ SOJOURN_SECRET: 'k3y-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j' }, 'secret')
  })

  it('when the database is none', async () => {
    mkdirSync(data(), { mode: 0o700 })
    writeFileSync(join(data(), 'sojourn.db'), 'this is a text file, and not a short one either'.repeat(100), {
      mode: 0o600,
    })
    await refused({}, 'sojourn.db', 'no database')
  })

  it("when the database is another program's, or a newer Sojourn's", async () => {
    mkdirSync(data(), { mode: 0o700 })
    const path = join(data(), 'sojourn.db')
    const foreign = new DatabaseSync(path)
    foreign.exec('CREATE TABLE songs (title TEXT)')
    foreign.close()
    chmodSync(path, 0o600)
    await refused({}, 'sojourn.db')
    const newer = join(folder.path, 'newer.db')
    await (await start({ SOJOURN_STORE: `sqlite:${newer}`, SOJOURN_DATA: join(folder.path, 'data2') })).stop()
    const database = new DatabaseSync(newer)
    database.exec('PRAGMA user_version = 9999')
    database.close()
    await refused({ SOJOURN_STORE: `sqlite:${newer}`, SOJOURN_DATA: join(folder.path, 'data2') }, 'newer.db', 'newer')
  })

  it('when the database is a directory, or lies below a file', async () => {
    mkdirSync(join(folder.path, 'a-directory'), { mode: 0o700 })
    await refused({ SOJOURN_STORE: `sqlite:${join(folder.path, 'a-directory')}` }, 'a-directory')
    writeFileSync(join(folder.path, 'a-file'), '')
    await refused({ SOJOURN_STORE: `sqlite:${join(folder.path, 'a-file', 'x.db')}` }, 'a-file')
    await refused({ SOJOURN_DATA: join(folder.path, 'a-file', 'data') }, 'SOJOURN_DATA')
  })

  it('for each fault of the configuration, all at once', async () => {
    const ended = await runCli(['serve'], { env: { PORT: 'x', SOJOURN_URL: 'nowhere', SOJOURN_SECRET: 'hunter2' } })
    expect(ended.code).toBe(1)
    const lines = (ended.stdout + ended.stderr).trim().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines.join()).not.toContain('hunter2')
  })
})

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
  })
}

function read(socket: Socket): Promise<string> {
  return new Promise((resolve) => socket.once('data', (chunk) => resolve(String(chunk))))
}
