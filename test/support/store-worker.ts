/**
 * A process of its own on one store: does to a store what its parent says, and tells what came of it.
 * Run by `startWorker` (store-processes.ts); the first argument is its place (`openStoreAt`).
 */
import { isAuthError } from '../../src/errors.ts'
import { openStoreAt } from './store-at.ts'
import type { WorkerCall } from './store-processes.ts'

type Port = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>

const store = await openStoreAt(process.argv[2] ?? '')

process.on('message', async ({ id, startAtMs, port, kind, method, args }: WorkerCall) => {
  // All workers spin up to one moment, so that they do meet.
  while (Date.now() < startAtMs);
  try {
    const target = (port === 'records' ? store.records(kind ?? '') : store[port]) as unknown as Port
    const value = await target[method]?.(...args)
    process.send?.({ id, value })
  } catch (error) {
    process.send?.({ id, error: isAuthError(error) ? error.code : String(error) })
  }
})
process.on('disconnect', () => void store.close())
// The first real use: `createSqliteStore` may have left opening the file to this call.
await store.ping()
process.send?.('ready')
