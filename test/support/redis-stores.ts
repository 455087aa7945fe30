/** Redis stores for tests, ready to use: a new prefix begins like a store that was wiped, and somebody has to say that it was not. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import { isAuthError } from '../../src/errors.ts'
import type { Store } from '../../src/login/store.ts'
import { createRedisStore, type RedisStoreOptions } from '../../src/stores/redis/index.ts'

/** A store whose present incarnation counts as settled. */
export async function settledRedisStore(options: RedisStoreOptions): Promise<Store> {
  const store = await createRedisStore(options)
  await store.revocations.settle((await store.revocations.members()).incarnation)
  return store
}

/** The first answer after an outage; meanwhile nothing but `store.unavailable` is heard. */
export async function eventually<T>(ask: () => Promise<T>, withinMs = 30_000): Promise<T> {
  const until = Date.now() + withinMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isAuthError(error, 'store.unavailable') || Date.now() > until) throw error
      await sleep(25)
    }
  }
}

/** One command, as an operator would give it. */
export async function redisCommand(url: string, ...args: readonly string[]): Promise<unknown> {
  const client = createClient({ url, RESP: 2, socket: { reconnectStrategy: false } })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await client.sendCommand([...args])
  } finally {
    client.destroy()
  }
}
