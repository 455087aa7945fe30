/** One session in the place of another, in a Cluster: written down, taken by the log, carried out. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../../session/session.ts'
import type { Truth } from './cluster-truth.ts'
import { unavailable } from './errors.ts'
import { asList, asText } from './fields.ts'
import { type Places, refOf, shardOf } from './places.ts'
import { sessionArgs } from './rows.ts'
import type { Steps } from './steps.ts'

/** What commits need to know of the session that is replaced. */
export interface Prepared {
  readonly outcome: 'ready'
  readonly subject: string
  readonly generation: string
  readonly floor: string
  /** No copy of its row lives longer (seconds since 1970). */
  readonly goneAt: string
  /** True while the old session is sure to be locked. */
  isInTime(): boolean
  abandon(): Promise<void>
}

export type Replace = (
  old: { readonly ref: string; readonly version: string; readonly subject: string },
  next: Session,
  now: number,
) => Promise<Prepared | { readonly outcome: 'missing' | 'conflict' | 'exists' | 'foreign' }>

/** So long the lock holds when whoever took it has died. */
const LOCK_MS = 10_000
const LONGEST_PAUSE_MS = 20

/** @throws TypeError for a next session whose id was made for another subject */
export function createReplace(steps: Steps, places: Places, truth: Truth, timeoutMs: number): Replace {
  return async (old, next, now) => {
    const ref = refOf(next.id)
    const shard = shardOf(old.ref)
    const startedMs = performance.now()
    const args = [old.ref, old.version, old.subject, String(LOCK_MS), ...sessionArgs(next, places)]
    for (;;) {
      const lockedMs = performance.now()
      const [outcome, subject, generation, floor, goneAt] = asList(
        await steps.row('prepare', shard, now, ...args),
        'sessions',
      )
      if (outcome === 'ready') {
        return {
          outcome,
          subject: asText(subject, 'sessions'),
          generation: asText(generation, 'sessions'),
          floor: asText(floor, 'sessions'),
          goneAt: asText(goneAt, 'sessions'),
          isInTime: () => performance.now() - lockedMs < LOCK_MS / 2,
          async abandon() {
            await steps.row('abandon', shard, now, old.ref, ref)
          },
        }
      }
      if (outcome !== 'locked') return { outcome: outcome as 'missing' | 'conflict' | 'exists' | 'foreign' }
      // Somebody else is replacing it. Once the log has taken that, the old one is gone, whoever carries it out.
      const fate = (await truth.look([{ ref: old.ref, subject: null }])).fates[0]
      if (fate?.successor) await truth.finish(fate.successor, now)
      if (fate?.isEnded) return { outcome: 'missing' }
      if (performance.now() - startedMs > timeoutMs) throw unavailable('the session is being replaced by somebody else')
      await sleep(1 + Math.random() * LONGEST_PAUSE_MS)
    }
  }
}
