/** The adapter contract on node:http and on HTTP/2. */
import { once } from 'node:events'
import { createServer, IncomingMessage } from 'node:http'
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { type AddressInfo, type Server, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import {
  type NodeAuth,
  type NodeRequest,
  type NodeResponse,
  nodeAuth,
  type RequestLogin,
} from '../../src/adapters/node.ts'
import {
  type AppRoute,
  type Claims,
  CONSISTENCY,
  createAppAuth,
  type Data,
  type Io,
  ORIGIN,
  type Reply,
} from '../support/adapter-app.ts'
import { adapterContract, LARGE_HEADERS, type Native, type RunningApp } from './adapter-contract.ts'

type AppNodeAuth = NodeAuth<Claims, Data>
type Handler = (request: NodeRequest, response: NodeResponse, login: RequestLogin<Claims> | null) => unknown

const quiet = { onError: () => undefined }

function application(auth: AppNodeAuth, routes: readonly AppRoute[], inside: Native): Handler {
  const handlers = new Map<string, Handler>()
  for (const route of routes) {
    const handle = (request: NodeRequest, response: NodeResponse, login: RequestLogin<Claims> | null) => {
      inside.responses.push(response)
      return answer(auth, request, response, login, route)
    }
    const key = `${route.method} ${route.path}`
    handlers.set(key, route.requires ? auth.requireAuth(route.requires, handle) : handle)
  }
  return (request, response, login) => {
    const path = request.url?.split('?')[0]
    const handle = handlers.get(`${request.method === 'HEAD' ? 'GET' : request.method} ${path}`)
    if (handle) return handle(request, response, login)
    response.statusCode = 404
    return response.end('no such page')
  }
}

async function answer(
  auth: AppNodeAuth,
  request: NodeRequest,
  response: NodeResponse,
  login: RequestLogin<Claims> | null,
  route: AppRoute,
): Promise<void> {
  const io: Io = {
    login,
    header: (name) => (request.headers[name] as string | undefined) ?? null,
    text: () => text(request),
    logIn: (input) => auth.logIn(response, input),
    logOut: () => auth.logOut(response),
    setCookie: (signedIn) => auth.setCookie(response, signedIn),
  }
  const reply: Reply = await route.handle(io)
  response.statusCode = reply.status ?? 200
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value)
  if (reply.attached && login) auth.attach(response, login)
  if (!reply.parts) {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(reply.json))
    return
  }
  for await (const part of reply.parts) {
    if (response.destroyed) return
    ;(response.write as (chunk: string) => boolean).call(response, part)
  }
  response.end()
}

async function listening(server: Server): Promise<RunningApp> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

adapterContract({
  name: 'node:http',
  async start(core, routes, inside) {
    const auth = nodeAuth(core, { ...quiet, ...CONSISTENCY })
    const server = createServer({ maxHeaderSize: LARGE_HEADERS }, auth.listener(application(auth, routes, inside)))
    const sockets = new WebSocketServer({ noServer: true })
    server.on('upgrade', async (request, socket, head) => {
      const login = await auth.accept(request, socket)
      if (!login) return
      sockets.handleUpgrade(request, socket, head, (connection) => {
        auth.attach(connection, login)
        connection.send('hello')
      })
    })
    return listening(server)
  },
})

it('an upgrade is a handshake, whatever the server calls it', async () => {
  const { auth: core, stop } = createAppAuth()
  await core.ready()
  const auth = nodeAuth(core)
  const { setCookie } = await core.logIn(
    { subject: 'alice' },
    { method: 'POST', headers: new Headers({ origin: ORIGIN }) },
  )
  const cookie = setCookie?.split(';')[0] ?? ''
  const asking = (...rawHeaders: string[]) =>
    auth.upgrade(Object.assign(new IncomingMessage(new Socket()), { method: 'GET', rawHeaders }))
  await expect(asking('Cookie', cookie)).rejects.toThrow(expect.objectContaining({ code: 'csrf.missing' }))
  expect((await asking('Cookie', cookie, 'Origin', ORIGIN))?.subject).toBe('alice')
  expect(await asking('Origin', ORIGIN)).toBeNull()
  await stop()
})

adapterContract({
  name: 'HTTP/2',
  protocol: 'h2c',
  async start(core, routes, inside) {
    const auth = nodeAuth(core, { ...quiet, ...CONSISTENCY })
    const server = createHttp2Server(
      { settings: { enableConnectProtocol: true, maxHeaderListSize: LARGE_HEADERS }, maxSessionMemory: 100 },
      auth.listener(application(auth, routes, inside)),
    )
    server.on('connect', async (request: Http2ServerRequest, response: Http2ServerResponse) => {
      try {
        const login = await auth.upgrade(request, {})
        response.writeHead(200)
        auth.attach(response.stream, login)
      } catch (error) {
        auth.refuse(response, error)
      }
    })
    return listening(server)
  },
})
