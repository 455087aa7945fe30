/**
 * Verifiers with one guard taken out, each on a schedule of its own that shows what the guard is for: the mutant accepts what has
 * been revoked, and the same schedule with the guard in place does not.
 */
import { systemClock } from '../../src/clock.ts'
import { randomId } from '../../src/crypto/random.ts'
import { createRevocations } from '../../src/revocation/revocations.ts'
import { type Engine, openStoreByUrl } from './engines.ts'
import { revoke } from './run.ts'
import { type Credential, startVerifier, type Verifier } from './verifiers.ts'

interface Stage {
  readonly verifier: Verifier
  /** Has been accepted. */
  readonly target: Credential
  revokeIt(): Promise<unknown>
  /** Until the store has taken another renewal of the verifier. */
  untilRenewed(): Promise<void>
}

/** Says whether the verifier accepted what had been revoked when it was asked. */
type Schedule = (stage: Stage) => Promise<boolean>

const LEASE_SECONDS = 1.5

/** It is stopped at its work with a request in hand, and goes on when the lease has been waited out. */
const stoppedAtWork: Schedule = async ({ verifier, target, revokeIt }) => {
  const [working, next] = [verifier.check(anybody(), 500), verifier.check(target)]
  await pause(100)
  verifier.signal('SIGSTOP')
  await revokeIt()
  verifier.signal('SIGCONT')
  await working
  return (await next)?.isAccepted ?? false
}

/** It is stopped in the middle of the very check. */
const stoppedInTheCheck: Schedule = async ({ verifier, target, revokeIt }) => {
  const checking = verifier.check(target, 500)
  await pause(100)
  verifier.signal('SIGSTOP')
  await revokeIt()
  verifier.signal('SIGCONT')
  return (await checking)?.isAccepted ?? false
}

/** The answer to a renewal comes late, and then nothing is heard any more. */
const lateReplies: Schedule = async ({ verifier, target, revokeIt, untilRenewed }) => {
  if (verifier.proxy === null) throw new TypeError('this schedule needs a store behind a proxy')
  verifier.proxy.delayReplies(1200)
  await untilRenewed()
  // The answer to that renewal is on its way. What would tell of the revocation is not even asked for any more.
  verifier.proxy.delayRequests(60_000)
  await revokeIt()
  const answer = await verifier.check(target)
  verifier.proxy.cut()
  verifier.proxy.mend()
  return answer?.isAccepted ?? false
}

const atOnce: Schedule = async ({ verifier, target, revokeIt }) => {
  await revokeIt()
  return (await verifier.check(target))?.isAccepted ?? false
}

/** By the name of the guard that is missing. */
export const MUTANTS = {
  'timer-flag': { schedule: stoppedAtWork, needsProxy: false },
  'clock-first': { schedule: stoppedInTheCheck, needsProxy: false },
  'lease-from-reply': { schedule: lateReplies, needsProxy: true },
  'ack-before-apply': { schedule: atOnce, needsProxy: false },
} as const satisfies Readonly<Record<string, { readonly schedule: Schedule; readonly needsProxy: boolean }>>

export type MutantName = keyof typeof MUTANTS

export interface MutantReport {
  /** The mutant accepted what had been revoked. */
  readonly isCaught: boolean
  /** The verifier as it is did so too: then the schedule proves nothing. */
  readonly isSoundAccepting: boolean
}

/** How often a schedule is tried before the mutant counts as not caught: a loaded machine may let its moment pass. */
const TRIES = 5

export async function runMutant(engine: Engine, name: MutantName): Promise<MutantReport> {
  const accepts = async (mutant: string): Promise<boolean> => {
    const store = await openStoreByUrl(engine.urlAt(engine.port() ?? 0))
    const revocations = createRevocations({
      engine: store.revocations,
      clock: systemClock,
      leaseSeconds: LEASE_SECONDS,
    })
    const verifier = await startVerifier({
      name: mutant || 'sound',
      urlAt: engine.urlAt,
      port: engine.port(),
      leaseSeconds: LEASE_SECONDS,
      mutant,
    })
    try {
      const target = anybody(await store.revocations.floor())
      const first = await verifier.check(target)
      if (!first?.isAccepted) return false
      const renewals = async (): Promise<number> => {
        const { members } = await store.revocations.members()
        return members.find(({ id }) => id === first.member)?.renewals ?? 0
      }
      return await MUTANTS[name].schedule({
        verifier,
        target,
        revokeIt: () => revoke(store, revocations, 'session', target),
        async untilRenewed() {
          for (const before = await renewals(); (await renewals()) === before; ) await pause(5)
        },
      })
    } finally {
      await verifier.stop()
      await revocations.close()
      await store.close()
    }
  }
  let isCaught = false
  for (let i = 0; i < TRIES && !isCaught; i++) isCaught = await accepts(name)
  return { isCaught, isSoundAccepting: await accepts('') }
}

function anybody(floor = 0): Credential {
  return { sessionId: randomId(), subject: `user-${randomId()}`, tokenId: randomId(), generation: 0, floor }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
