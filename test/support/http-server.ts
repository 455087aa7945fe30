/** Puts a portable handler behind @hono/node-server on a free port, as our own server does, and speaks raw HTTP to it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { toFetch } from '../../src/adapters/fetch.ts'
import type { HttpRequest, HttpResponse } from '../../src/http/message.ts'

export interface ListeningServer {
  readonly port: number
  close(): Promise<void>
}

export interface ListenOptions {
  /** Serves https with this certificate. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Default: a free one. */
  readonly port?: number
  /** Takes handshakes; without it they arrive as plain requests. */
  readonly onUpgrade?: (request: HttpRequest, socket: Duplex) => void
}

export async function listen(
  handle: (request: HttpRequest) => Promise<HttpResponse>,
  options: ListenOptions = {},
): Promise<ListeningServer> {
  const fetch = toFetch(handle)
  const listener = getRequestListener((request, { incoming }) =>
    fetch(request, { address: incoming.socket?.remoteAddress ?? null }),
  )
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const { onUpgrade } = options
  if (onUpgrade) {
    server.on('upgrade', (incoming, socket: Duplex) => {
      const headers = new Headers()
      for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
        headers.append(incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '')
      }
      onUpgrade({ method: incoming.method ?? '', url: incoming.url ?? '', headers, body: null }, socket)
    })
  }
  server.listen(options.port ?? 0, '127.0.0.1')
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

export interface RawAnswer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Writes bytes to the port and reads until the server closes the connection or is silent for `quietMs`. */
export async function raw(port: number, bytes: string | Uint8Array, quietMs = 400): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  // A server that refuses early resets the connection while we still write.
  socket.on('error', () => undefined)
  socket.setTimeout(quietMs, () => socket.destroy())
  socket.write(bytes)
  await new Promise((resolve) => socket.on('close', resolve))
  const text = Buffer.concat(chunks).toString('latin1')
  const split = text.indexOf('\r\n\r\n')
  const head = split < 0 ? text : text.slice(0, split)
  return { status: Number(head.split(' ')[1] ?? 0), head, body: split < 0 ? '' : text.slice(split + 4) }
}
