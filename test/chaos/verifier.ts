/**
 * A verifier of the chaos run as a process of its own. Arguments: the store's URL, the lease in seconds, and a mutant's name or
 * nothing. It decides when it is asked, and again and again about the credentials that it is told to watch.
 */
import { type Clock, systemClock } from '../../src/clock.ts'
import type { RevocationEngine } from '../../src/revocation/engine.ts'
import { createRevocations } from '../../src/revocation/revocations.ts'
import type { FollowedView } from '../../src/revocation/view.ts'
import { openStoreByUrl } from './engines.ts'
import type { Answer, Credential, Question } from './verifiers.ts'

const [url = '', lease = '1.5', mutant = ''] = process.argv.slice(2)
/** How far each clock has been stepped. */
const steps = { wall: 0, mono: 0 }
const clock: Clock = {
  now: () => Math.floor(clock.wallMs() / 1000),
  wallMs: () => systemClock.wallMs() + steps.wall,
  monoMs: () => systemClock.monoMs() + steps.mono,
}

const store = await openStoreByUrl(url)
const { view, follower, start, close } = createRevocations({
  engine: mutant === 'ack-before-apply' ? acksFirst(store.revocations) : store.revocations,
  clock,
  leaseSeconds: Number(lease),
})
if (mutant === 'lease-from-reply') {
  const { lease: held } = view as FollowedView
  const { extend } = held
  held.extend = (_monoMs, _wallMs, leaseMs) => extend(clock.monoMs(), clock.wallMs(), leaseMs)
}
let flag = false
if (mutant === 'timer-flag') setInterval(() => (flag = view.leaseHolds()), 20).unref()

const watched = new Map<string, { readonly credential: Credential; lastMs: number }>()
setInterval(() => {
  for (const one of watched.values()) {
    const beganMs = sharedMs()
    if (decide(one.credential, 0)) one.lastMs = beganMs
  }
}, 4).unref()

process.on('message', (question: Question) => {
  switch (question.ask) {
    case 'check': {
      const beganMs = sharedMs()
      const isAccepted = decide(question.credential, question.busyMs)
      answer({ id: question.id, isAccepted, beganMs, state: follower.state, member: follower.id })
      break
    }
    case 'watch':
      watched.set(question.credential.sessionId, { credential: question.credential, lastMs: -Infinity })
      break
    case 'last': {
      const one = watched.get(question.sessionId)
      watched.delete(question.sessionId)
      const beganMs = one?.lastMs ?? -Infinity
      answer({ id: question.id, isAccepted: beganMs > -Infinity, beganMs, state: follower.state, member: follower.id })
      break
    }
    case 'step':
      steps[question.clock] += question.ms
  }
})
process.on('disconnect', async () => {
  await close()
  await store.close()
  process.exit(0)
})

await start()
if (mutant === 'timer-flag') await new Promise((resolve) => setTimeout(resolve, 50))
process.send?.('ready')

/** Milliseconds of the machine's monotonic clock, the same in every process of it. */
function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** As CHECK: the tables first, the clocks last, or as the mutant does. `busyMs`: a pause at the worst place. */
function decide({ floor, ...ref }: Credential, busyMs: number): boolean {
  if (mutant === 'clock-first') {
    const holds = view.leaseHolds()
    busy(busyMs)
    return isAlive(ref, floor) && holds
  }
  const isGood = isAlive(ref, floor)
  busy(busyMs)
  return isGood && (mutant === 'timer-flag' ? flag : view.leaseHolds())
}

function isAlive(ref: Omit<Credential, 'floor'>, floor: number): boolean {
  return view.look(view.prepare(ref)) === 'alive' && floor >= view.floor
}

function busy(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

function answer(value: Answer): void {
  // Whoever asked may be gone.
  if (process.connected) process.send?.(value, () => undefined)
}

/** G4 taken out: what has been read is acknowledged at once and applied a little later. */
function acksFirst(engine: RevocationEngine): RevocationEngine {
  let member = ''
  return {
    ...engine,
    renew(id) {
      member = id
      return engine.renew(id)
    },
    async readAfter(offset, limit) {
      const entries = await engine.readAfter(offset, limit)
      const last = entries.at(-1)
      if (last) {
        await engine.ack(member, last.offset)
        await new Promise((resolve) => setTimeout(resolve, 400))
      }
      return entries
    },
  }
}
