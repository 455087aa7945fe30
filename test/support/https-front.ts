/** One https port for many host names, each passed on to a server of its own on plain http; it writes down what passes. */
import { once } from 'node:events'
import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'

/** One exchange, as far as people may see it. */
export interface Passed {
  /** Where it came to: tells who called. */
  readonly address: string
  readonly method: string
  readonly host: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly status: number
  readonly location: string | null
  readonly setCookies: readonly string[]
  /** Places in the order of everything that has begun or ended here. */
  readonly beganAs: number
  readonly endedAs: number
}

export interface HttpsFront {
  readonly port: number
  readonly passed: Passed[]
  /** Ports by host name. */
  readonly sites: Map<string, number>
  close(): Promise<void>
}

/** @param addresses of loopback, where it listens on one port */
export async function startHttpsFront(
  tls: { readonly key: string; readonly cert: string },
  addresses: readonly string[],
): Promise<HttpsFront> {
  const sites = new Map<string, number>()
  const passed: Passed[] = []
  let place = 0

  const pass = (request: IncomingMessage, response: ServerResponse): void => {
    const host = (request.headers.host ?? '').split(':')[0] ?? ''
    const to = sites.get(host)
    if (to === undefined) {
      response.writeHead(502).end()
      return
    }
    const { method = '', url = '/', headers } = request
    const beganAs = place++
    const onward = ask({ host: '127.0.0.1', port: to, method, path: url, headers }, (answer) => {
      const { pathname: path, searchParams: query } = new URL(url, 'https://front.invalid')
      passed.push({
        address: request.socket.localAddress ?? '',
        method,
        host,
        path,
        query,
        headers,
        status: answer.statusCode ?? 0,
        location: answer.headers.location ?? null,
        setCookies: answer.headers['set-cookie'] ?? [],
        beganAs,
        endedAs: place++,
      })
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  }

  const servers: Server[] = []
  let port = 0
  for (const address of addresses) {
    const server = createServer(tls, pass)
    server.listen(port, address)
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
    servers.push(server)
  }
  return {
    port,
    passed,
    sites,
    async close() {
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      }
    },
  }
}
