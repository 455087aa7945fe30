/** The code of docs/guides/adapters.md and websockets.md: type-checked, and run as it stands there. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createAuth } from '../../src/index.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { freePort } from '../support/processes.ts'
import { root } from '../support/source-files.ts'

const SECRET = 'a secret of tests, 0123456789 abcdefghijk'
const folder = mkdtempSync(join(tmpdir(), 'sojourn-guides-'))
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const blocks = ['adapters', 'websockets'].flatMap((guide) => {
  const text = readFileSync(`${root}/docs/guides/${guide}.md`, 'utf8')
  const named = [...text.matchAll(/^```ts (\S+\.ts)\n(.*?)^```$/gms)]
  // No code stands in the guides that is not run here.
  expect(text.match(/^```/gm)).toHaveLength(named.length * 2)
  return named.map(([, name = '', code = '']) => [name, code] as const)
})
for (const [name, code] of blocks) writeFileSync(join(folder, name), code)
writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))

/** Starts a file of the guide; its login data lies in a file of its own. */
async function start(file: string, name = file): Promise<{ origin: string; stop: () => Promise<void> }> {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const env = {
    PATH: process.env.PATH ?? '',
    PORT: String(port),
    APP_URL: 'http://localhost:3000',
    AUTH_DB: join(folder, `${name}.db`),
    AUTH_SECRET: SECRET,
  }
  const preload = pathToFileURL(join(root, 'test/support/from-source.ts')).href
  const child = spawn(process.execPath, ['--import', preload, join(folder, file)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
  for (let i = 0; ; i++) {
    if (child.exitCode !== null || i > 600) throw new Error(`${file} does not listen: ${said}`)
    const socket = connect(port, 'localhost')
    const isOpen = await Promise.race([once(socket, 'connect'), once(socket, 'error').then(() => null)]).catch(
      () => null,
    )
    socket.destroy()
    if (isOpen) break
    await sleep(25)
  }
  const stop = async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  return { origin, stop }
}

const own = { origin: 'http://localhost:3000' }

/** What a browser would do, whatever the framework. */
async function visit(origin: string): Promise<string> {
  const ask = async (method: string, path: string, headers: Record<string, string> = {}, body?: object) => {
    const response = await fetch(origin + path, {
      method,
      headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: response.status, cookies: response.headers.getSetCookie(), json: await response.json() }
  }
  expect((await ask('GET', '/')).json).toEqual({ hello: 'stranger' })
  expect((await ask('POST', '/login', own, { name: 'ada', password: 'guess' })).status).toBe(401)
  const signedIn = await ask('POST', '/login', own, { name: 'ada', password: 'correct horse battery' })
  expect([signedIn.json, signedIn.cookies]).toEqual([{ hello: 'ada' }, [expect.stringMatching(/^__Host-Http-sid=/)]])
  const cookie = signedIn.cookies[0]?.split(';')[0] ?? ''
  expect((await ask('GET', '/', { cookie })).json).toEqual({ hello: 'ada' })
  expect((await ask('POST', '/notes', { cookie, ...own })).json).toEqual({ savedFor: 'ada' })
  expect((await ask('POST', '/notes', { cookie })).json.code).toBe('csrf.missing')
  expect((await ask('POST', '/notes', { cookie, 'sec-fetch-site': 'cross-site' })).json.code).toBe('csrf.cross_site')
  expect((await ask('POST', '/notes')).json.code).toBe('credentials.missing')
  expect((await ask('GET', '/admin', { cookie })).json).toEqual({ secret: 42 })
  expect((await ask('GET', '/admin')).status).toBe(401)
  return cookie
}

async function leave(origin: string, cookie: string): Promise<void> {
  const left = await fetch(`${origin}/logout`, { method: 'POST', headers: { cookie, ...own } })
  expect([await left.json(), left.headers.getSetCookie()[0]]).toEqual([
    { bye: true },
    expect.stringContaining('Max-Age=0'),
  ])
  const after = await fetch(`${origin}/`, { headers: { cookie } })
  expect(await after.json()).toEqual({ hello: 'stranger' })
}

it('is well-typed', () => {
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: true,
      // The types of ws and of @hono/node-server do not agree under it.
      exactOptionalPropertyTypes: false,
      typeRoots: [join(root, 'node_modules/@types')],
      paths: {
        sojourn: [join(root, 'src/index.ts')],
        'sojourn/adapters/*': [join(root, 'src/adapters/*.ts')],
        'sojourn/stores/*': [join(root, 'src/stores/*/index.ts')],
      },
    },
    include: ['*.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: folder, encoding: 'utf8' })
  // Of the guide's own files: what the sources say of themselves is checked elsewhere.
  const faults = stdout.split('\n').filter((line) => blocks.some(([name]) => line.startsWith(name)))
  expect(faults).toEqual([])
})

describe('adapters.md', () => {
  it.each(['express.ts', 'fastify.ts', 'hono.ts', 'node.ts'])('%s: in, out, over a restart', async (file) => {
    const first = await start(file)
    const cookie = await visit(first.origin)
    await first.stop()
    const second = await start(file)
    const still = await fetch(`${second.origin}/`, { headers: { cookie } })
    expect(await still.json()).toEqual({ hello: 'ada' })
    await leave(second.origin, cookie)
    await second.stop()
  })

  it('fetch.ts: as route handlers', async () => {
    const routes = `
      import { serve } from '@hono/node-server'
      import * as all from './fetch.ts'
      const pages = { 'POST /login': all.login, 'POST /logout': all.logout, 'GET /': all.home, 'POST /notes': all.notes, 'GET /admin': all.admin }
      const platform = (request) => {
        const { pathname } = new URL(request.url)
        if (pathname.startsWith('/auth/')) return all[request.method](request)
        return pages[request.method + ' ' + pathname](request, { params: Promise.resolve({}) })
      }
      serve({ fetch: platform, port: Number(process.env.PORT) })`
    writeFileSync(join(folder, 'platform.js'), routes)
    const { origin, stop } = await start('platform.js')
    const cookie = await visit(origin)
    const host = new URL(own.origin).host
    const status = await new Promise((resolve) => {
      get(`${origin}/auth/session`, { headers: { cookie, host } }, (answer) => resolve(answer.resume().statusCode))
    })
    expect(status).toBe(200)
    await leave(origin, cookie)
    await stop()
  })
})

describe('websockets.md', () => {
  /** Another instance over the same file: it logs in and revokes. */
  const beside = async (name: string) => {
    const store = createSqliteStore({ path: join(folder, `${name}.db`) })
    const auth = createAuth({ store, issuer: 'http://localhost:3000', secrets: SECRET, claims: () => ({ roles: [] }) })
    await auth.ready()
    const signedIn = await auth.logIn({ subject: 'ada' }, { method: 'POST', headers: new Headers(own) })
    const headers = { cookie: signedIn.setCookie?.split(';')[0] ?? '', ...own }
    const close = async () => {
      await auth.close()
      await store.close()
    }
    return { auth, headers, close }
  }

  it.each([
    ['chat.ts', '/'],
    ['hono-chat.ts', '/chat'],
  ])('%s: drops a revoked user', async (file, path) => {
    const { origin, stop } = await start(file)
    const { auth, headers, close } = await beside(file)
    const url = origin.replace('http:', 'ws:') + path
    const stranger = new WebSocket(url, { headers: own })
    expect(String(await once(stranger, 'error'))).toContain('401')
    const forged = new WebSocket(url, { headers: { ...headers, origin: 'https://evil.test' } })
    expect(String(await once(forged, 'error'))).toContain('403')
    const socket = new WebSocket(url, { headers })
    const [welcome] = await once(socket, 'message')
    expect(String(welcome)).toBe('welcome, ada')
    const closed = once(socket, 'close')
    await auth.revoke({ subject: 'ada' })
    const [code, reason] = await closed
    expect([code, String(reason)]).toEqual([4401, 'session.ended'])
    await close()
    await stop()
  })

  it('events.ts: cuts the stream off', async () => {
    const { origin, stop } = await start('events.ts')
    const { auth, headers, close } = await beside('events.ts')
    const { closed } = await new Promise<{ closed: Promise<void> }>((resolve) => {
      get(`${origin}/events`, { headers }, (answer) => {
        answer.on('error', () => undefined)
        answer.once('data', (chunk) => {
          expect(String(chunk)).toBe('data: for ada\n\n')
          resolve({ closed: new Promise((done) => answer.on('close', done)) })
        })
      })
    })
    await auth.revoke({ subject: 'ada' })
    await closed
    await close()
    await stop()
  })
})
