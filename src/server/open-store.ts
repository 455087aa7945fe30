/** Opens the store that the configuration names. A fleet's client is loaded only where it is asked for. */
import type { Clock } from '../clock.ts'
import type { Store } from '../login/store.ts'
import { createMemoryStore } from '../stores/memory/index.ts'
import { createSqliteStore } from '../stores/sqlite/index.ts'
import type { StoreChoice } from './config-store.ts'
import { checkPrivateFile } from './data-directory.ts'
import { StartupFault, startupFault } from './startup-fault.ts'

/** @throws StartupFault with its mend: no client package, no answer, a setting or a content that we refuse */
export async function openStore(choice: StoreChoice, clock: Clock): Promise<Store> {
  try {
    switch (choice.kind) {
      case 'memory':
        return createMemoryStore()
      case 'sqlite': {
        for (const suffix of ['', '-wal', '-shm']) checkPrivateFile(choice.path + suffix)
        return createSqliteStore({ path: choice.path, clock })
      }
      case 'redis': {
        const { urls, prefix, replicas } = choice
        const { createRedisStore } = await import('../stores/redis/index.ts')
        return await createRedisStore({
          urls,
          clock,
          ...(prefix === null ? {} : { prefix }),
          ...(replicas === null ? {} : { replicas }),
        })
      }
      case 'postgres': {
        const { url, schema } = choice
        const { createPostgresStore } = await import('../stores/postgres/index.ts')
        return await createPostgresStore({ url, clock, ...(schema === null ? {} : { schema }) })
      }
    }
  } catch (error) {
    throw missingPackage(error) ?? startupFault(error, choice)
  }
}

/** Clients are optional peers: whoever stays on one machine installs none. */
function missingPackage(error: unknown): StartupFault | null {
  const [cause] = [error, error instanceof Error ? error.cause : null].filter(isNotFound)
  const [, name] = /Cannot find package '([^']+)'/.exec(cause?.message ?? '') ?? []
  if (name === undefined) return null
  const problem = `the package "${name}", which this store needs, is not installed`
  return new StartupFault(problem, `npm install ${name}`, error)
}

function isNotFound(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}
