/** A whole server inside the test's own process, on a free port and with a data directory of its own. */
import type { PasswordHasher } from '../../src/accounts/passwords.ts'
import type { Clock } from '../../src/clock.ts'
import type { LogoutOptions } from '../../src/oidc/parts.ts'
import { readConfig } from '../../src/server/config.ts'
import { type Instance, openInstance } from '../../src/server/instance.ts'
import { createLogger } from '../../src/server/logger.ts'
import { type RunningServer, startServer } from '../../src/server/server.ts'
import { freePort, temporaryFolder } from './processes.ts'

export const OPERATOR_KEY = 'operator-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'

/** Compares passwords without their cost. */
export const cheapHasher: PasswordHasher = {
  hash: async (password) => `cheap$${password}`,
  verify: async (hash, password) => hash === `cheap$${password}`,
  verifyNothing: async () => undefined,
  needsRehash: () => false,
}

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly routes: RunningServer['routes']
  readonly directory: string
  readonly instance: Instance
  /** The lines of the log so far. */
  readonly log: readonly string[]
  close(): Promise<void>
}

export async function startTestServer(
  options: {
    readonly env?: Readonly<Record<string, string>>
    readonly hasher?: PasswordHasher
    readonly clock?: Clock
    readonly directory?: string
    readonly logout?: LogoutOptions
    readonly labFolder?: string
  } = {},
): Promise<TestServer> {
  const own = options.directory === undefined ? temporaryFolder() : null
  const directory = options.directory ?? own?.path ?? ''
  const port = await freePort()
  const read = readConfig({
    PORT: String(port),
    SOJOURN_DATA: directory,
    SOJOURN_OPERATOR_KEY: OPERATOR_KEY,
    // Each client of a test may come from an address of its own.
    SOJOURN_TRUST_PROXY: '127.0.0.1',
    ...options.env,
  })
  if ('faults' in read) throw new Error(JSON.stringify(read.faults))
  const log: string[] = []
  const instance = await openInstance(read.config, {
    role: 'server',
    logger: createLogger({ write: (line) => void log.push(line) }),
    hasher: options.hasher ?? cheapHasher,
    ...(options.clock ? { clock: options.clock } : {}),
  })
  const { logout, labFolder } = options
  const server = await startServer(instance, { ...(logout && { logout }), ...(labFolder && { labFolder }) })
  return {
    url: server.url,
    port,
    routes: server.routes,
    directory,
    instance,
    log,
    async close() {
      await server.close()
      own?.remove()
    },
  }
}
