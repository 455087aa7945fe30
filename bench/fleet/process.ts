/** One process of the fleet that is measured: does what it is told over IPC. Its argument is the store. */
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/clock.ts'
import { randomId } from '../../src/crypto/random.ts'
import { createAuth } from '../../src/index.ts'
import type { Store } from '../../src/login/store.ts'
import { createRevocations } from '../../src/revocation/revocations.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { openStoreAt } from '../../test/support/fleet-store.ts'
import { ORIGIN, profileOf, SECRET, subjectOf } from '../http/application.ts'
import type { Booted, Order, Passed, Reply } from './processes.ts'

const store = await openStoreAt(process.argv[2] ?? '')
const CONCURRENCY = 64

process.on('message', (order: Order) => {
  obey(order).then(
    (value) => process.send?.({ value } satisfies Reply),
    (error: unknown) =>
      process.send?.({
        failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
      } satisfies Reply),
  )
})
process.on('disconnect', () => process.exit(0))

let auth: ReturnType<typeof newAuth> | null = null
let cookies: readonly string[] = []

async function obey(order: Order): Promise<unknown> {
  switch (order.order) {
    case 'follow':
      await newRevocations(store).start()
      return null
    case 'boot':
      return boot()
    case 'sign in':
      return signIn(order.count)
    case 'hold':
      cookies = order.cookies
      auth ??= newAuth()
      await auth.ready()
      return null
    case 'pass':
      return pass(order.seconds)
  }
}

function newRevocations({ revocations: engine }: Store) {
  return createRevocations({ engine, clock: systemClock })
}

function newAuth() {
  return createAuth({
    store,
    issuer: ORIGIN,
    secrets: SECRET,
    claims: (subject) => ({ roles: profileOf(subject).roles }),
  })
}

/** Reads the whole log as a verifier does when it starts, then checks. */
async function boot(): Promise<Booted> {
  // What is loaded on first use is no part of the start.
  await checksUs(await started(createMemoryStore()), 20_000)
  const before = await heapBytes()
  const began = performance.now()
  const revocations = await started(store)
  const seconds = (performance.now() - began) / 1000
  const heap = (await heapBytes()) - before
  const { applied } = revocations.follower.metrics
  return { seconds, heapBytes: heap, applied, checkUs: await checksUs(revocations, 100_000) }
}

async function started(of: Store) {
  const revocations = newRevocations(of)
  await revocations.start()
  return revocations
}

/** CPU of one check of a credential whose verdict is not remembered: the tables and both clocks. */
async function checksUs({ view }: Awaited<ReturnType<typeof started>>, count: number): Promise<number> {
  const keys = Array.from({ length: count }, () =>
    view.prepare({ sessionId: randomId(), subject: randomId(), tokenId: randomId(), generation: 0 }),
  )
  // On a busy machine the lease has ended meanwhile.
  while (!view.leaseHolds()) await sleep(10)
  const cpu = process.cpuUsage()
  for (const key of keys) if (view.look(key) !== 'alive' || !view.leaseHolds()) throw new Error('a check that refuses')
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / count
}

async function signIn(count: number): Promise<readonly string[]> {
  auth ??= newAuth()
  await auth.ready()
  const made = new Array<string>(count)
  const { logIn } = auth
  await inParallel(count, async (i) => {
    const { setCookie } = await logIn({ subject: subjectOf(i), mode: 'cookie' }, request(null))
    made[i] = setCookie?.split(';', 1)[0] ?? ''
  })
  return made
}

/** @param seconds null: each cookie once; otherwise round and round for so long; 0 sessions in the mean time: idle */
async function pass(seconds: number | null): Promise<Passed> {
  const holder = auth
  if (!holder) throw new Error('there is nobody to ask')
  const cpu = process.cpuUsage()
  const began = performance.now()
  let requests = 0
  const look = async (i: number): Promise<void> => {
    if (!(await holder.identify(request(cookies[i] ?? '')))) throw new Error('a login was refused')
    requests++
  }
  if (seconds === null) await inParallel(cookies.length, look)
  else
    while (performance.now() - began < seconds * 1000) {
      await inParallel(cookies.length, look)
      await sleep(0)
    }
  const { user, system } = process.cpuUsage(cpu)
  return { requests, cpuUs: (user + system) / requests, wallMs: performance.now() - began }
}

function request(cookie: string | null) {
  const headers = new Headers({
    'sec-fetch-site': 'same-origin',
    origin: ORIGIN,
    ...(cookie === null ? {} : { cookie }),
  })
  return { method: 'GET', headers }
}

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, count) }, worker))
}

async function heapBytes(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    globalThis.gc?.()
    await sleep(50)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
