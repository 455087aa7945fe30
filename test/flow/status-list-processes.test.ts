/** Servers that share a store: no two tokens on one place, the same lists at each, and receipts that hold for all of them. */
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Receipt } from '../../src/revocation/revoke.ts'
import { decodeStatusList, statusAt } from '../../src/revocation/status-list.ts'
import { createStatusIndex, type StatusPlace } from '../../src/revocation/status-list-index.ts'
import { openAnyStore } from '../support/any-store.ts'
import { type LoginWorker, startLoginWorkers } from '../support/login-processes.ts'
import { runNode, temporaryFolder } from '../support/processes.ts'
import { describeWithPostgres, describeWithRedis, startPostgres, startRedis } from '../support/servers.ts'
import { root } from '../support/source-files.ts'
import { claimsOf, referenceOf } from '../support/status-lists.ts'

/** On a machine that has other things to do. */
const LONG_MS = 180_000

const file = (): string => {
  const folder = temporaryFolder()
  onTestFinished(folder.remove)
  return join(folder.path, 'auth.db')
}

/** 32 places and 120 tokens: whoever looked before taking would often take what another has just taken. */
async function crowd(address: string): Promise<void> {
  await (await openAnyStore(address)).close()
  const expiresAt = systemClock.now() + 600
  const startAtMs = Date.now() + 1500
  const args = [address, 32, 30, expiresAt, startAtMs].map(String)
  const runs = await Promise.all(
    Array.from({ length: 4 }, () =>
      runNode([join(root, 'test/support/place-worker.ts'), ...args], { timeoutMs: 150_000 }),
    ),
  )
  expect(runs.map(({ stderr }) => stderr)).toEqual(['', '', '', ''])
  const taken = runs.flatMap(({ stdout }) => JSON.parse(stdout) as StatusPlace[])
  expect(taken.length).toBe(120)
  expect(new Set(taken.map(({ list, index }) => `${list}.${index}`)).size).toBe(120)
  expect(taken.every(({ index }) => index >= 0 && index < 32)).toBe(true)
  // A crowded list is followed by the next one, and all are known.
  const lists = new Set(taken.map(({ list }) => list))
  expect(lists.size).toBeGreaterThan(3)
  const store = await openAnyStore(address)
  try {
    const index = createStatusIndex(store.records, systemClock, 32)
    expect(new Set((await index.lists()).map(({ list }) => list))).toEqual(lists)
    expect((await index.ofSubject('ana')).flatMap(({ places }) => places).length).toBe(120)
    let tokens = 0
    for await (const page of index.all()) tokens += page.length
    expect(tokens).toBe(120)
  } finally {
    await store.close()
  }
}

describe('places are given to one token each, by four processes at once on lists that are nearly full', () => {
  it('in SQLite', { timeout: LONG_MS }, () => crowd(file()))

  describeWithRedis('in Redis', () => {
    it('too', { timeout: LONG_MS }, async () => {
      const server = await startRedis()
      try {
        await crowd(server.url)
      } finally {
        await server.stop()
      }
    })
  })

  describeWithPostgres('in Postgres', () => {
    it('too', { timeout: LONG_MS }, async () => {
      const server = await startPostgres()
      try {
        await crowd(server.url)
      } finally {
        await server.stop()
      }
    })
  })
})

describe('servers on one database', () => {
  it('publish the same, and a receipt of any of them holds for the lists of all', { timeout: LONG_MS }, async () => {
    const path = file()
    const workers = await startLoginWorkers(3, path)
    onTestFinished(async () => {
      await Promise.all(workers.map((worker) => worker.stop()))
    })
    const tokens = await Promise.all(Array.from({ length: 15 }, (_, i) => signIn(workers[i % 3], `subject-${i}`)))
    const seen: { readonly list: string; readonly published: string }[] = []
    let isOver = false
    const keepPublishing = async (worker: LoginWorker): Promise<void> => {
      while (!isOver) {
        for (const list of listsOf(tokens)) {
          const published = await worker.call<string | null>('publishList', [list])
          if (published !== null) seen.push({ list, published })
        }
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    const publishers = workers.map(keepPublishing)
    const receipts: (Receipt | null)[] = []
    for (const [i, { id }] of tokens.entries()) {
      if (i % 3 === 2) receipts.push(null)
      else receipts.push(await (workers[(i + 1) % 3] as LoginWorker).call<Receipt>('revoke', [{ session: id }]))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    // A list may be a second old.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    isOver = true
    await Promise.all(publishers)

    const lists = await Promise.all(
      [...new Map(seen.map((one) => [one.published, one])).values()].map(async ({ list, published }) => {
        const claims = claimsOf(published)
        return { list, exp: Number(claims.exp), statuses: await decodeStatusList(claims.status_list) }
      }),
    )
    expect(lists.length).toBeGreaterThan(5)
    for (const [i, { token }] of tokens.entries()) {
      const { list, idx } = referenceOf(token) ?? { list: '', idx: -1 }
      const without = lists.filter((one) => one.list === list && statusAt(one.statuses, idx) === 0)
      const receipt = receipts[i]
      if (!receipt) continue
      for (const { exp } of without) expect(exp).toBeLessThanOrEqual(receipt.remoteEffectiveAt ?? Number.NaN)
    }
    // In the end each of them says the same of every token.
    for (const worker of workers) {
      for (const [i, { token }] of tokens.entries()) {
        const { list, idx } = referenceOf(token) ?? { list: '', idx: -1 }
        const published = await worker.call<string>('publishList', [list])
        const status = statusAt(await decodeStatusList(claimsOf(published).status_list), idx)
        expect(status, `subject-${i}`).toBe(i % 3 === 2 ? 0 : 1)
      }
    }
  })
})

const listsOf = (tokens: readonly { readonly token: string }[]): ReadonlySet<string> =>
  new Set(tokens.map(({ token }) => referenceOf(token)?.list ?? ''))

async function signIn(worker: LoginWorker | undefined, subject: string) {
  const { session, tokens } = await (worker as LoginWorker).call<{
    readonly session: { readonly id: string }
    readonly tokens: { readonly accessToken: string }
  }>('logIn', [{ subject, mode: 'token', device: { userAgent: null, address: null }, audience: ['outside'] }])
  return { id: session.id, token: tokens.accessToken }
}
