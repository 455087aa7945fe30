/** The running server: listens, and stops in good order. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { storeName } from './config-store.ts'
import { trackConnections } from './connections.ts'
import type { Instance } from './instance.ts'
import { StartupFault, startupFault } from './startup-fault.ts'
import { type Wired, type WireOptions, wire } from './wire.ts'

export interface RunningServer {
  /** The public origin, as configured. */
  readonly url: string
  /** Where it really listens. */
  readonly port: number
  /** Everything that it answers. */
  readonly routes: Wired['routes']
  /** Says that it is not ready, waits the drain time, stops accepting, finishes what is under way, leaves the registry, closes the instance. */
  close(): Promise<void>
}

/** How long requests under way may take once the server has been told to stop. */
const GRACE_MS = 5000

/**
 * Limits of node:http. A client that sends slowly, or not at all, is cut off: headers within 10 s, all of a request within
 * 30 s, looked at every 2 s; a socket that is silent in the middle of something, after 60 s.
 */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2000,
  keepAliveTimeout: 15_000,
  maxHeaderSize: 32 * 1024,
  requireHostHeader: false,
} as const
const SILENCE_MS = 60_000
/** What a client that was refused has to take its answer; then its socket is closed, whether or not it closes its side. */
const LINGER_MS = 1000
const REQUESTS_PER_SOCKET = 10_000

/**
 * Takes over the instance: closing the server closes it.
 * @throws StartupFault when the port cannot be had; the instance is closed then
 */
export async function startServer(instance: Instance, options: WireOptions = {}): Promise<RunningServer> {
  const { config } = instance
  const wired = await wire(instance, options)
  // The port is taken first, for whoever cannot have it changes nothing; requests wait until everything is ready.
  const ready = Promise.withResolvers<void>()
  const server = createServer(LIMITS, (request, response) => {
    void ready.promise.then(() => {
      // Cut off meanwhile: nobody waits for an answer.
      if (!request.socket.destroyed) wired.listener(request, response)
    })
  })
  const connections = trackConnections(server)
  server.timeout = SILENCE_MS
  server.maxRequestsPerSocket = REQUESTS_PER_SOCKET
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = refuse(error, socket)
    if (status !== null) instance.metrics.request('unreadable', 'other', status, 0)
  })
  try {
    await listen(server, config.host, config.port)
    await wired.start()
    ready.resolve()
  } catch (error) {
    server.close()
    server.closeAllConnections()
    await wired.close()
    await instance.close()
    throw startupFault(error, config.store)
  }
  const { port } = server.address() as AddressInfo
  const { durability } = instance.store.revocations
  instance.logger.info(
    { host: config.host, port, url: config.url, store: storeName(config.store), durability },
    'listening',
  )

  let closing: Promise<void> | null = null
  const close = async (): Promise<void> => {
    wired.stopping()
    // Whoever shares out the requests looks now and then, and sends some until it has seen that this one stops.
    await sleep(config.drainSeconds * 1000)
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    connections.drain()
    const cutOff = setTimeout(() => server.closeAllConnections(), GRACE_MS)
    await closed
    clearTimeout(cutOff)
    await wired.close()
    await instance.close()
    instance.logger.info('stopped')
  }
  return {
    url: config.url,
    port,
    routes: wired.routes,
    close() {
      closing ??= close()
      return closing
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFault(error, host, port)))
    server.listen({ host, port }, resolve)
  })
}

function listenFault(error: NodeJS.ErrnoException, host: string, port: number): StartupFault {
  const at = `${host}:${port}`
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartupFault(`another program listens on ${at} already`, 'stop it, or set another PORT', error)
    case 'EACCES':
      return new StartupFault(`this user may not listen on ${at}`, 'take a PORT above 1023', error)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartupFault(
        `${host} is no address of this machine`,
        "set SOJOURN_HOST to one of this machine's addresses",
        error,
      )
    default:
      return new StartupFault(
        `cannot listen on ${at} (${error.code ?? error.message})`,
        'set SOJOURN_HOST and PORT',
        error,
      )
  }
}

const STATUS_LINES: Readonly<Record<string, readonly [line: string, code: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'request.too_large', 'the headers are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request.malformed', 'the request did not arrive in time'],
}

/** What the parser refuses never becomes a request: answered here, in the same form as everything else. null: it was not. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): number | null {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return null
  }
  const [line, code, detail] = STATUS_LINES[error.code ?? ''] ?? [
    '400 Bad Request',
    'request.malformed',
    'this is not a request of HTTP/1.1',
  ]
  const status = Number(line.slice(0, 3))
  const body = JSON.stringify({ type: 'about:blank', title: line.slice(4), status, code, detail })
  socket.end(
    `HTTP/1.1 ${line}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${body}`,
  )
  // At once would lose the answer; never would let whoever goes on sending keep the socket.
  const cutOff = setTimeout(() => socket.destroy(), LINGER_MS).unref()
  socket.once('close', () => clearTimeout(cutOff))
  return status
}
