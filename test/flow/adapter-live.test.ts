/** Live connections over real sockets and SQLite: ended from another instance, by time, against a client that plays deaf. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, get } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { nodeAuth } from '../../src/adapters/node.ts'
import { type Auth, createAuth, type Json } from '../../src/index.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'

const ORIGIN = 'https://app.example'
const folder = mkdtempSync(join(tmpdir(), 'sojourn-live-'))

/** One instance of the application over the common file. */
function instance(accessTokenSeconds = 600) {
  const store = createSqliteStore({ path: join(folder, 'auth.db') })
  const auth = createAuth({
    store,
    issuer: ORIGIN,
    secrets: 'a secret of tests, 0123456789 abcdefghijk',
    claims: () => ({ roles: ['reader'] }),
    accessTokenSeconds,
  })
  const close = async () => {
    await auth.close()
    await store.close()
  }
  return { auth, close }
}

type Core = Auth<{ roles: string[] }, Json>

describe('a live connection', () => {
  const here = instance()
  const there = instance(1)
  let port: number
  const server = serve(here.auth)

  beforeAll(async () => {
    await Promise.all([here.auth.ready(), there.auth.ready()])
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await here.close()
    await there.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const signIn = async (subject: string) => {
    const request = { method: 'POST', headers: new Headers({ origin: ORIGIN }) }
    const { setCookie, session } = await there.auth.logIn({ subject }, request)
    return { session, headers: { cookie: setCookie?.split(';')[0] ?? '', origin: ORIGIN } }
  }
  const open = async (headers: Record<string, string>) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers })
    const closed = once(socket, 'close').then(([code, reason]) => ({
      code,
      reason: String(reason),
      at: performance.now(),
    }))
    await once(socket, 'message')
    return { socket, closed }
  }
  const listen = (headers: Record<string, string>) =>
    new Promise<{ closed: Promise<number> }>((resolve, reject) => {
      get({ port, host: '127.0.0.1', path: '/events', headers, agent: false }, (answer) => {
        answer.on('error', () => undefined)
        const closed = new Promise<number>((done) => answer.on('close', () => done(performance.now())))
        answer.once('data', () => resolve({ closed }))
      }).on('error', reject)
    })

  it('ends within 100 ms when another instance revokes', async () => {
    const took: number[] = []
    for (let round = 0; round < 5; round++) {
      const { headers } = await signIn('alice')
      const bob = await open((await signIn('bob')).headers)
      const [socket, events] = await Promise.all([open(headers), listen(headers)])
      const started = performance.now()
      const receipt = await there.auth.revoke({ subject: 'alice' })
      const [{ code, reason, at }, eventsAt] = await Promise.all([socket.closed, events.closed])
      took.push(at - started, eventsAt - started)
      expect([code, reason, receipt.confirmedBy]).toEqual([4401, 'session.ended', 'acks'])
      expect(bob.socket.readyState).toBe(WebSocket.OPEN)
      bob.socket.close()
      await bob.closed
    }
    while (here.auth.watched > 0) await sleep(1)
    console.log(`revoked by another instance, closed after ${took.map((ms) => ms.toFixed(1)).join(', ')} ms`)
    expect(took.sort((a, b) => a - b)[Math.floor(took.length / 2)]).toBeLessThan(100)
  })

  it('ends with all 300 others of its user', async () => {
    const { headers } = await signIn('crowd')
    const sockets = await Promise.all(Array.from({ length: 300 }, () => open(headers)))
    expect(here.auth.watched).toBe(1)
    const started = performance.now()
    await there.auth.revoke({ subject: 'crowd' })
    const last = Math.max(...(await Promise.all(sockets.map(({ closed }) => closed))).map(({ at }) => at))
    console.log(`300 connections closed after ${(last - started).toFixed(1)} ms`)
    // Of one process that is server and clients, on a machine that may be busy.
    expect(last - started).toBeLessThan(2000)
  })

  it('ends when its access token expires', async () => {
    const { tokens } = await there.auth.logIn(
      { subject: 'dora', mode: 'token' },
      { method: 'POST', headers: new Headers() },
    )
    const started = performance.now()
    const { closed } = await open({ authorization: `Bearer ${tokens?.accessToken}` })
    const { code, reason, at } = await closed
    expect([code, reason]).toEqual([4401, 'token.expired'])
    expect(at - started).toBeLessThan(2500)
  })

  it('goes on when claims change, and when somebody else signs out', async () => {
    const { headers } = await signIn('erin')
    const other = await signIn('erin')
    const { socket } = await open(headers)
    await there.auth.changeClaims('erin')
    await there.auth.logOut({ sessionId: other.session.id })
    await sleep(50)
    expect(socket.readyState).toBe(WebSocket.OPEN)
    socket.terminate()
  })

  it('is terminated when its client does not answer the close', async () => {
    const { headers } = await signIn('mallory')
    const socket = connect(port, '127.0.0.1')
    const key = randomBytes(16).toString('base64')
    socket.write(
      `GET / HTTP/1.1\r\nHost: app.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nOrigin: ${ORIGIN}\r\nCookie: ${headers.cookie}\r\n\r\n`,
    )
    const [head] = (await once(socket, 'data')) as [Buffer]
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    expect(head.toString('latin1')).toContain(accept)
    const closed = once(socket, 'close').then(() => performance.now())
    socket.on('error', () => undefined)
    const started = performance.now()
    await there.auth.revoke({ subject: 'mallory' })
    // The close frame arrives and is ignored.
    const took = (await closed) - started
    expect([took > 150, took < 1500]).toEqual([true, true])
  })

  it('leaves nothing behind when it closes by itself', async () => {
    await sleep(50)
    const before = here.auth.watched
    for (let round = 0; round < 20; round++) {
      const { headers } = await signIn(`guest${round}`)
      const { socket, closed } = await open(headers)
      const request = get({ port, host: '127.0.0.1', path: '/events', headers, agent: false })
      request.on('error', () => undefined)
      await once(request, 'response')
      expect(here.auth.watched).toBe(before + 1)
      if (round % 2) socket.terminate()
      else socket.close()
      request.destroy()
      await closed
      while (here.auth.watched > before) await sleep(1)
    }
    expect(here.auth.watched).toBe(before)
  })

  it('is not opened for a session that ended meanwhile', async () => {
    const { headers } = await signIn('frank')
    await there.auth.revoke({ subject: 'frank' })
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers })
    const [error] = (await once(socket, 'error')) as [Error]
    expect(error.message).toContain('401')
  })
})

/** A chat of one room and a stream of events, as the guide has them. */
function serve(core: Core) {
  const auth = nodeAuth(core)
  const server = createServer(
    auth.listener(
      auth.requireAuth({}, (request, response, login) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' })
        auth.attach(response, login)
        const timer = setInterval(() => response.write(`data: ${request.url}\n\n`), 5)
        response.on('close', () => clearInterval(timer))
      }),
    ),
  )
  const chat = new WebSocketServer({ noServer: true })
  server.on('upgrade', async (request, socket, head) => {
    const login = await auth.accept(request, socket)
    if (!login) return
    chat.handleUpgrade(request, socket, head, (connection) => {
      auth.attach(connection, login, { graceMs: 200 })
      connection.send('welcome')
    })
  })
  return server
}
