/** The shipped contract: passed by a good store under any runner, failed by stores that break one rule each. */
import { describe, expect, it } from 'vitest'
import type { Store } from '../../../src/login/store.ts'
import { createMemoryStore, storeContract } from '../../../src/testing/index.ts'
import { runNode } from '../../support/processes.ts'

/** A runner of three lines, which tells what failed. */
async function failures(makeStore: () => Store): Promise<{ readonly names: string[]; readonly count: number }> {
  const tests: { readonly name: string; readonly run: () => Promise<void> }[] = []
  const path: string[] = []
  storeContract(
    {
      describe(name, register) {
        path.push(name)
        register()
        path.pop()
      },
      it: (name, run) => void tests.push({ name: [...path.slice(1), name].join(' > '), run }),
    },
    'mine',
    makeStore,
  )
  const names: string[] = []
  for (const { name, run } of tests) await run().catch(() => names.push(name))
  return { names, count: tests.length }
}

type Break = (store: Store) => Partial<Store>

const BROKEN: readonly (readonly [string, Break, RegExp])[] = [
  [
    'saves over any version',
    ({ sessions }) => ({ sessions: { ...sessions, save: async () => 'saved' } }),
    /sessions > saves/,
  ],
  [
    'creates over an id in use',
    ({ sessions }) => ({ sessions: { ...sessions, create: async () => 'created' } }),
    /sessions > never overwrites/,
  ],
  [
    'answers sessions that have expired',
    ({ sessions }) => ({ sessions: { ...sessions, find: (id, now) => sessions.find(id, now - 1) } }),
    /very second of its idle timeout/,
  ],
  [
    'takes a record twice',
    ({ records }) => ({
      records: (kind) => ({
        ...records(kind),
        take: async (key, now) => (await records(kind).find(key, now))?.value ?? null,
      }),
    }),
    /records > /,
  ],
  [
    'reads, then writes',
    ({ records }) => ({
      records: (kind) => {
        const inner = records(kind)
        return {
          ...inner,
          async compareAndSet(key, version, value, expiresAt, now) {
            if (((await inner.find(key, now))?.version ?? null) !== version) return false
            await new Promise((resolve) => setTimeout(resolve, 1))
            await inner.put(key, value, expiresAt, now)
            return true
          },
        }
      },
    }),
    /records > .*twenty callers/,
  ],
  [
    'forgets to log an end',
    ({ sessions }) => ({
      sessions: {
        ...sessions,
        end: async () => ({ incarnation: 'i', offset: 0, members: [], settled: true, ended: null }),
      },
    }),
    /sessions > ends a session/,
  ],
  [
    'takes a renewal for an ack',
    ({ revocations }) => ({
      revocations: {
        ...revocations,
        async renew(id) {
          const renewal = await revocations.renew(id)
          await revocations.ack(id, renewal.head)
          return renewal
        },
      },
    }),
    /revocations > .*never takes one for an ack/,
  ],
  [
    'answers when it is closed',
    () => ({ ping: async () => undefined }),
    /the whole > refuses every call once it is closed/,
  ],
]

describe('the contract of stores', () => {
  it('is passed by the memory store under a runner of three lines', async () => {
    const { names, count } = await failures(createMemoryStore)
    expect(names).toEqual([])
    expect(count).toBeGreaterThan(60)
  })

  it.each(BROKEN)('is failed by a store that %s', async (_, broken, where) => {
    const { names } = await failures(() => {
      const store = createMemoryStore()
      return { ...store, ...broken(store) }
    })
    expect(
      names.some((name) => where.test(name)),
      names.join('\n'),
    ).toBe(true)
  })

  it('runs under node:test', async () => {
    const script = 'test/support/contract-by-node-test.ts'
    const good = await runNode(['--test-reporter=tap', script])
    expect(good.stdout).toMatch(/^# fail 0$/m)
    expect(Number(/^# pass (\d+)$/m.exec(good.stdout)?.[1])).toBeGreaterThan(60)
    expect(good.code).toBe(0)
    const bad = await runNode(['--test-reporter=tap', script, 'broken'])
    expect(bad.code).toBe(1)
    expect(bad.stdout).toMatch(/not ok \d+ - saves at the next version only/)
    expect(bad.stdout).toMatch(/expected "saved"\s+to be "conflict"/)
  })

  it('says when the tests of one suite do not run one after the other', async () => {
    const runs: (() => Promise<void>)[] = []
    storeContract(
      { describe: (_, register) => register(), it: (_, run) => void runs.push(run) },
      'mine',
      createMemoryStore,
    )
    const together = await Promise.allSettled(runs.slice(0, 2).map((run) => run()))
    expect(together[1]).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('one after') } })
  })
})
