/** Watching the log on SQLite: at once for this process's appends, soon for those of others, and never a reason to live on. */
import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it, vi } from 'vitest'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { databaseFiles } from '../support/store-files.ts'
import { aSession, T0, UNTIL } from '../support/store-fixtures.ts'

const files = databaseFiles()
afterAll(files.remove)

it('has woken before the append is answered', async () => {
  const store = createSqliteStore({ path: files.next() })
  let woken = 0
  store.revocations.watch(() => {
    woken++
  })
  for (let i = 1; i <= 10; i++) {
    const before = woken
    await store.revocations.revokeToken(`t${i}`, UNTIL, T0)
    expect(woken).toBeGreaterThan(before)
  }
  await store.close()
})

it('wakes for another connection, and not while nothing happens', async () => {
  const path = files.next()
  const [store, other] = [createSqliteStore({ path }), createSqliteStore({ path })]
  const wake = vi.fn()
  const stop = store.revocations.watch(wake)
  await sleep(100)
  wake.mockClear()
  await sleep(150)
  expect(wake).not.toHaveBeenCalled()
  await other.revocations.revokeToken('t', UNTIL, T0)
  await vi.waitFor(() => expect(wake).toHaveBeenCalled(), { timeout: 2000, interval: 5 })
  stop()
  wake.mockClear()
  await other.revocations.revokeToken('t', UNTIL, T0)
  await store.revocations.revokeToken('t', UNTIL, T0)
  await sleep(100)
  expect(wake).not.toHaveBeenCalled()
  await Promise.all([store.close(), other.close()])
})

it('leaves one watcher its wakes when another stops, though both are the same function', async () => {
  const store = createSqliteStore({ path: files.next() })
  const wake = vi.fn()
  const stop = store.revocations.watch(wake)
  store.revocations.watch(wake)
  stop()
  await store.revocations.revokeToken('t', UNTIL, T0)
  expect(wake).toHaveBeenCalledTimes(1)
  await store.close()
})

it('does not keep a process alive', () => {
  const store = fileURLToPath(new URL('../../src/stores/sqlite/index.ts', import.meta.url))
  const script = `import { createSqliteStore } from ${JSON.stringify(store)}
    const store = createSqliteStore({ path: ${JSON.stringify(files.next())} })
    store.revocations.watch(() => {})
    await store.sessions.create(${JSON.stringify(aSession())}, null, ${T0})
    console.log('done')`
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })
  expect([ended.stdout.toString(), ended.status]).toEqual(['done\n', 0])
})
