/** What is counted: bytes of rows, commands of each step, CPU of the server per command. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ORIGIN, profileOf, SECRET, subjectOf } from '../../bench/http/application.ts'
import { systemClock } from '../../src/clock.ts'
import { randomId } from '../../src/crypto/random.ts'
import { createAuth } from '../../src/index.ts'
import type { Store } from '../../src/login/store.ts'
import { createDenyTable } from '../../src/revocation/deny-table.ts'
import type { RevocationEngine, RevocationEvent } from '../../src/revocation/engine.ts'
import { idKey } from '../../src/revocation/id-keys.ts'
import { createRevocations } from '../../src/revocation/revocations.ts'
import type { Mode } from '../../src/session/session.ts'
import { now, type Place } from './places.ts'

/** Name of a figure to its value. */
export type Figures = Readonly<Record<string, number>>

const KEEP_SECONDS = 3780
const LANES = 32

type AnyAuth = ReturnType<typeof createAuth>

export async function inLanes(count: number, work: (index: number) => Promise<unknown>, lanes = LANES): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane))
}

const round = (value: number, digits = 0): number => Number(value.toFixed(digits))

function newAuth(store: Store): AnyAuth {
  return createAuth({
    store,
    issuer: ORIGIN,
    secrets: SECRET,
    audiences: { [ORIGIN]: {} },
    claims: (subject) => ({ roles: profileOf(subject).roles }),
  })
}

function request(cookie: string | null) {
  const headers = new Headers({ 'sec-fetch-site': 'same-origin', origin: ORIGIN, ...(cookie ? { cookie } : {}) })
  return { method: 'GET', headers }
}
/** As a native client sends it: browsers get no tokens unless the audience allows it. */
const native = () => ({ method: 'GET', headers: new Headers() })

interface Signed {
  readonly cookie: string
  readonly refreshToken: string | null
  readonly sessionId: string
}

async function signIn(auth: AnyAuth, mode: Mode, index: number): Promise<Signed> {
  const asking = mode === 'token' ? native() : request(null)
  const { setCookie, tokens, session } = await auth.logIn({ subject: subjectOf(index), mode }, asking)
  return {
    cookie: setCookie?.split(';', 1)[0] ?? '',
    refreshToken: tokens?.refreshToken ?? null,
    sessionId: session.id,
  }
}

/** Commands of one step, and the server's CPU for it. */
async function costOf(place: Place, count: number, work: (index: number) => Promise<unknown>, lanes = LANES) {
  await sleep(50)
  const [sent, cpu] = [await place.sent(), place.cpuUs()]
  await inLanes(count, work, lanes)
  await sleep(50)
  const cpuUs = (place.cpuUs() - cpu) / count
  const after = await place.sent()
  return { commands: sent === null || after === null ? null : (after - sent) / count, cpuUs }
}

/** Bytes of a login in the store, by mode, and what its life asks of the store. */
export async function loginFigures(place: Place, count: number): Promise<Figures> {
  const figures: Record<string, number> = {}
  const store = await place.open()
  const auth = newAuth(store)
  await auth.ready()
  let from = 0
  for (const mode of ['cookie', 'hybrid', 'token'] as const) {
    // What is loaded on first use is no part of a login.
    await signIn(auth, mode, 9_000_000 + from)
    const before = await place.bytes()
    const signed: Signed[] = []
    const offset = from
    const cost = await costOf(place, count, async (i) => signed.push(await signIn(auth, mode, offset + i)))
    from += count
    figures[`${mode}.bytes per session in the store`] = round(((await place.bytes()) - before) / count)
    note(figures, `${mode}.log-in`, cost)
    if (mode === 'token') {
      const refresh = (i: number) => refreshOnce(auth, signed[i]?.refreshToken ?? '')
      await refresh(0)
      note(figures, `${mode}.refresh`, await costOf(place, count - 1, (i) => refresh(i + 1)))
    } else if (mode === 'cookie') {
      const other = newAuth(store)
      await other.ready()
      const miss = async (i: number): Promise<void> => {
        if (!(await other.identify(request(signed[i]?.cookie ?? '')))) throw new Error('a login was refused')
      }
      await miss(0)
      note(figures, `${mode}.miss`, await costOf(place, count - 1, (i) => miss(i + 1)))
      await other.close()
      const seenAt = now() + 1
      note(
        figures,
        `${mode}.last-seen`,
        await costOf(place, count, (i) => store.sessions.touch(signed[i]?.sessionId ?? '', seenAt, now())),
      )
    }
  }
  await auth.close()
  await store.close()
  return figures
}

async function refreshOnce(auth: AnyAuth, refreshToken: string): Promise<void> {
  const answer = await auth.handler({
    method: 'POST',
    url: `${ORIGIN}/auth/refresh`,
    headers: new Headers({ 'content-type': 'application/json' }),
    body: JSON.stringify({ refresh_token: refreshToken }),
  })
  if (answer.status !== 200) throw new Error(`a refresh answered ${answer.status}`)
}

function note(figures: Record<string, number>, name: string, cost: Awaited<ReturnType<typeof costOf>>): void {
  if (cost.commands !== null) figures[`${name}, commands`] = round(cost.commands, 2)
  figures[`${name}, CPU us`] = round(cost.cpuUs, 1)
}

/** Bytes of a log entry in the store. */
export async function logFigures(place: Place, count: number): Promise<Figures> {
  const store = await place.open()
  const before = await place.bytes()
  await inLanes(count, () => store.revocations.revokeToken(randomId(), now() + KEEP_SECONDS, now()), 128)
  const tokens = await place.bytes()
  await inLanes(count, () => store.sessions.end(randomId(), now() + KEEP_SECONDS, now()), 128)
  const sessions = await place.bytes()
  await store.close()
  return {
    'log.bytes per token entry': round((tokens - before) / count),
    'log.bytes per session entry': round((sessions - tokens) / count),
  }
}

/** CPU of the server for the steps of the log, by how many are registered and how many entries are read. */
export async function logStepFigures(place: Place, members: number, many: number): Promise<Figures> {
  const store = await place.open()
  const { revocations: engine } = store
  const { incarnation } = await engine.members()
  const figures: Record<string, number> = {}
  const ids = Array.from({ length: members }, (_, i) => `verifier-${String(i).padStart(20, '0')}`)
  const revoke = () => engine.revokeToken(randomId(), now() + KEEP_SECONDS, now())
  const few = place.engine === 'sqlite' ? 1000 : 4000
  const append = await costOf(place, few, revoke)
  const look = await costOf(place, few, () => engine.members())
  await inLanes(members, (i) => engine.renew(ids[i] ?? ''))
  const appendMany = await costOf(place, few / 4, revoke)
  const lookMany = await costOf(place, few / 4, () => engine.members())
  figures['append, CPU us'] = round(append.cpuUs, 1)
  figures['look, CPU us'] = round(look.cpuUs, 1)
  figures['append, CPU us per member'] = round((appendMany.cpuUs - append.cpuUs) / members, 4)
  figures['look, CPU us per member'] = round((lookMany.cpuUs - look.cpuUs) / members, 4)
  const idOf = (i: number): string => ids[i % members] ?? ''
  figures['renew, CPU us'] = round((await costOf(place, few, (i) => engine.renew(idOf(i)))).cpuUs, 1)
  const { head } = await engine.renew(idOf(0))
  // Each ack says something new, as it does in a fleet.
  const from = head - Math.ceil(few / members)
  const ack = await costOf(place, few, (i) => engine.ack(idOf(i), Math.max(1, from + Math.floor(i / members))))
  figures['ack, CPU us'] = round(ack.cpuUs, 1)
  const readNone = await costOf(place, few, () => engine.readAfter(head, 2000, incarnation))
  const readOne = await costOf(place, few, () => engine.readAfter(head - 1, 2000, incarnation))
  const readMany = await costOf(place, 200, () => engine.readAfter(head - many, many, incarnation))
  figures['read, CPU us'] = round(Math.min(readNone.cpuUs, readOne.cpuUs), 1)
  figures['read, CPU us per entry'] = round((readMany.cpuUs - readOne.cpuUs) / (many - 1), 3)
  await inLanes(members, (i) => engine.leave(idOf(i)))
  figures['wake, CPU us per verifier'] = round(await wakeUs(place, append.cpuUs), 1)
  await store.close()
  return figures
}

/** What it costs the server to wake one more verifier at an append, and to let it wait anew. */
async function wakeUs(place: Place, appendUs: number): Promise<number> {
  if (place.engine === 'sqlite') return 0
  const watchers = await Promise.all(Array.from({ length: 16 }, () => place.open()))
  let woken = 0
  const stops = watchers.map(({ revocations }) => revocations.watch(() => woken++))
  const writer = await place.open()
  await sleep(1500)
  const rounds = 200
  const cpu = place.cpuUs()
  for (let i = 0; i < rounds; i++) {
    await writer.revocations.revokeToken(randomId(), now() + KEEP_SECONDS, now())
    await sleep(5)
  }
  await sleep(100)
  const each = ((place.cpuUs() - cpu) / rounds - appendUs) / watchers.length
  if (woken < rounds * watchers.length * 0.5) throw new Error(`only ${woken} wakes`)
  for (const stop of stops) stop()
  await Promise.all([writer, ...watchers].map((store) => store.close()))
  return Math.max(0, each)
}

const STEPS = ['renew', 'readAfter', 'ack', 'members', 'revokeToken'] as const

/** How often verifiers and a revoker ask for what: in silence, and for a revocation. */
export async function protocolFigures(place: Place, verifiers: number, idleSeconds: number): Promise<Figures> {
  const counted = new Map<string, number>()
  const stores: Store[] = []
  const all: ReturnType<typeof createRevocations>[] = []
  for (let i = 0; i < verifiers; i++) {
    const store = await place.open()
    stores.push(store)
    all.push(createRevocations({ engine: counting(store.revocations, counted), clock: systemClock }))
  }
  await Promise.all(all.map((one) => one.start()))
  await sleep(3000)
  const figures: Record<string, number> = {}
  const measured = async (name: string, per: number, work: () => Promise<void>): Promise<void> => {
    counted.clear()
    const before = await place.sent()
    await work()
    const sent = await place.sent()
    const steps = [...counted.values()].reduce((sum, calls) => sum + calls, 0)
    for (const step of STEPS) figures[`${name}.${step}`] = round((counted.get(step) ?? 0) / per, 3)
    figures[`${name}.all commands`] = round((sent === null || before === null ? steps : sent - before) / per, 3)
  }
  await measured('idle, per verifier and second', verifiers * idleSeconds, () => sleep(idleSeconds * 1000))
  const idle = { ...figures }
  const [first] = all
  const [writer] = stores
  if (!first || !writer) throw new Error('there is nobody to revoke')
  const rounds = 30
  const began = performance.now()
  await measured('revocation', rounds, async () => {
    for (let i = 0; i < rounds; i++) {
      const at = now()
      counted.set('revokeToken', (counted.get('revokeToken') ?? 0) + 1)
      await first.settle(await writer.revocations.revokeToken(randomId(), at + KEEP_SECONDS, at))
      await sleep(120)
    }
  })
  // What goes on in silence went on meanwhile.
  const seconds = (performance.now() - began) / 1000
  for (const name of [...STEPS, 'all commands']) {
    const silent = ((idle[`idle, per verifier and second.${name}`] ?? 0) * verifiers * seconds) / rounds
    figures[`revocation.${name}`] = round(Math.max(0, (figures[`revocation.${name}`] ?? 0) - silent), 2)
  }
  await Promise.all(all.map((one) => one.close()))
  await Promise.all(stores.map((store) => store.close()))
  return figures
}

function counting(engine: RevocationEngine, counted: Map<string, number>): RevocationEngine {
  return new Proxy(engine, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function' || !STEPS.some((step) => step === name)) return value
      return (...args: readonly unknown[]) => {
        counted.set(String(name), (counted.get(String(name)) ?? 0) + 1)
        return Reflect.apply(value, target, args)
      }
    },
  })
}

/**
 * What a fresh verifier takes to read a log of so many entries: its own CPU and the store's, one after the other, for it asks for a page
 * when it has applied the former. On a machine with nothing else to do that is the time it takes. The best of three.
 */
export async function bootFigures(place: Place, count: number): Promise<Figures> {
  const store = await place.open()
  const until = now() + KEEP_SECONDS
  const portions = Math.ceil(count / 200)
  await inLanes(
    portions,
    () => {
      const events = Array.from({ length: 200 }, (): RevocationEvent => ({ kind: 'token', tokenId: randomId(), until }))
      return store.revocations.restore(events, now())
    },
    // Postgres restores one event after the other, whoever asks.
    place.engine === 'postgres' ? 1 : 8,
  )
  let best = Infinity
  for (let i = 0; i < 3; i++) {
    const fresh = await place.open()
    const [own, server] = [process.cpuUsage(), place.cpuUs()]
    const revocations = createRevocations({ engine: fresh.revocations, clock: systemClock })
    await revocations.start()
    const { user, system } = process.cpuUsage(own)
    const serverUs = place.engine === 'sqlite' ? 0 : place.cpuUs() - server
    best = Math.min(best, user + system + serverUs)
    if (revocations.follower.metrics.applied < count) throw new Error('the log was not read to its end')
    await revocations.close()
    await fresh.close()
  }
  await store.close()
  return { 'boot.CPU seconds per million entries': round(best / count, 2) }
}

/** Bytes of a live revocation in a verifier: the table itself, which holds nothing else. */
export function denyFigures(count: number): Figures {
  const table = createDenyTable()
  const at = now()
  for (let i = 0; i < count; i++) table.add(idKey(randomId()), at + KEEP_SECONDS, at)
  return { 'verifier.bytes per live revocation': round(table.bytes / table.size, 1) }
}
