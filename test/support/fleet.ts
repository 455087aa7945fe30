/** Several server processes on one store, behind the balancer of the example, and a client that picks the server it asks. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { freePort, type RunningServer, startServer } from './processes.ts'
import { OPERATOR_KEY } from './running-server.ts'
import { root } from './source-files.ts'

export const FLEET_SECRET = 'k3y-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'

export interface Fleet {
  /** The common public origin; the balancer listens there. */
  readonly url: string
  readonly servers: readonly RunningServer[]
  /** What every server, and a command beside them, is given. */
  readonly env: Readonly<Record<string, string>>
  /** Stops a server as an operator does and starts it again on its port. */
  restart(index: number): Promise<void>
  stop(): Promise<void>
}

/** @param dataDirectory for one-time passwords; all servers use it */
export async function startFleet(count: number, store: string, dataDirectory: string): Promise<Fleet> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const env = {
    SOJOURN_URL: url,
    SOJOURN_STORE: store,
    SOJOURN_SECRET: FLEET_SECRET,
    SOJOURN_DATA: dataDirectory,
    SOJOURN_OPERATOR_KEY: OPERATOR_KEY,
    SOJOURN_TRUST_PROXY: '127.0.0.1',
    // Twice what the balancer takes to notice.
    SOJOURN_DRAIN_SECONDS: '1',
  }
  const servers = await Promise.all(Array.from({ length: count }, () => startServer(env)))
  const balancer = await startBalancer(
    port,
    servers.map((server) => Number(server.env.PORT)),
  )
  return {
    url,
    servers,
    env,
    async restart(index) {
      const server = servers[index]
      if (!server) throw new Error(`no server ${index}`)
      await server.stop()
      servers[index] = await startServer(server.env)
    },
    async stop() {
      balancer.kill('SIGKILL')
      await Promise.all(
        servers.map(async ({ child, stop }) => {
          if (child.exitCode === null && child.signalCode === null) await stop('SIGKILL')
        }),
      )
    },
  }
}

async function startBalancer(port: number, servers: readonly number[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(root, 'examples/fleet/balancer.ts')], {
    env: { PATH: process.env.PATH ?? '', PORT: String(port), SERVERS: servers.join(' ') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  await once(child.stdout, 'data')
  return child
}

export interface FleetAnswer {
  readonly status: number
  readonly setCookie: readonly string[]
  readonly retryAfter: string | null
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test goes on to assert
  readonly json: Record<string, any>
}

export interface FleetAsk {
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

/**
 * Asks one process of the fleet as its balancer would: with the public `Host`.
 * @param port of the process
 */
export function askServer(
  { url, port }: { readonly url: string; readonly port: number },
  method: string,
  path: string,
  { json, headers = {}, timeoutMs = 30_000 }: FleetAsk = {},
): Promise<FleetAnswer> {
  const body = json === undefined ? null : JSON.stringify(json)
  const sent = {
    Host: new URL(url).host,
    Origin: url,
    ...(body === null ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
    ...headers,
  }
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: sent,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
      },
      async (answer) => {
        try {
          let text = ''
          for await (const chunk of answer) text += chunk
          resolve({
            status: answer.statusCode ?? 0,
            setCookie: answer.headers['set-cookie'] ?? [],
            retryAfter: answer.headers['retry-after'] ?? null,
            json: text.startsWith('{') ? JSON.parse(text) : {},
          })
        } catch (error) {
          reject(error)
        }
      },
    )
    asked.once('error', reject)
    asked.end(body ?? undefined)
  })
}
