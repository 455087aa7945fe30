/** What goes through all shards: listing everybody, counting, removing what is over. A few shards a step, so that nobody waits long. */
import type { Session } from '../../session/session.ts'
import type { SessionPage } from '../../session/store.ts'
import { asCount, asList, asText, asTexts, checkLimit } from './fields.ts'
import { parseByPlace } from './pages.ts'
import { SHARDS } from './places.ts'
import { parseSession } from './rows.ts'
import type { Steps } from './steps.ts'

export interface Sweeps {
  /** By shard, bucket and id. */
  list(cursor: string | null, limit: number, now: number): Promise<SessionPage>
  count(now: number): Promise<number>
  /** Removes sessions or families that are not alive, at most so many; answers how many. */
  remove(step: 'sweep' | 'sweepFamilies', now: number, limit: number): Promise<number>
}

const SHARDS_PER_STEP = 64
const ROWS_PER_STEP = 500
const STEPS_AT_ONCE = 8

/** @param living those of a page that the log has not ended, in a Cluster */
export function createSweeps(
  steps: Steps,
  living?: (sessions: readonly Session[], now: number) => Promise<readonly Session[]>,
): Sweeps {
  const perStep = steps.isWhole ? SHARDS_PER_STEP : 1

  /** Shards with rows, in their order and as many as one step takes. @param from none before this one */
  const groups = async (from = 0, isDeep = false): Promise<readonly (readonly string[])[]> => {
    const used = new Set(asTexts(await steps.log('used', 0), 'used'))
    const shards = SHARDS.filter((shard, at) => at >= from && used.has(shard))
    // Where each row has to be looked at, one shard is enough for a step.
    const size = isDeep ? 1 : perStep
    return Array.from({ length: Math.ceil(shards.length / size) }, (_, i) => shards.slice(i * size, (i + 1) * size))
  }
  /**
   * The floor where rows under it may still be there, so that expiry alone does not tell who is alive; '' once all of them have been
   * removed, by whichever process.
   */
  const deepFloor = async (step: 'sweep' | 'sweepFamilies'): Promise<string> => {
    const [floor, sessions, families] = asList(await steps.log('floors', 0), 'meta')
    const clean = step === 'sweep' ? sessions : families
    return asCount(floor, 'meta') > asCount(clean, 'meta') ? asText(floor, 'meta') : ''
  }

  return {
    async list(cursor, limit, now) {
      checkLimit(limit)
      const start = cursor === null ? { shard: 0, bucket: 0, ref: '' } : parseByPlace(cursor)
      const found: { readonly session: Session; readonly cursor: string }[] = []
      for (const shards of await groups(start.shard)) {
        const first = shards[0] ?? ''
        const [bucket, ref] = first === SHARDS[start.shard] ? [String(start.bucket), start.ref] : ['0', '']
        const wanted = String(limit + 1 - found.length)
        const flat = asList(await steps.row('page', first, now, wanted, bucket, ref, ...shards), 'sessions')
        const rows: { readonly session: Session; readonly cursor: string }[] = []
        for (let i = 0; i + 3 < flat.length; i += 4) {
          const [shard, name] = [asText(flat[i], 'sessions'), asText(flat[i + 2], 'sessions')]
          const place = `${SHARDS.indexOf(shard)}.${asCount(flat[i + 1], 'sessions')}.${name}`
          rows.push({ session: parseSession(name, flat[i + 3]), cursor: place })
        }
        const sessions = rows.map(({ session }) => session)
        const alive = new Set(living ? await living(sessions, now) : sessions)
        found.push(...rows.filter(({ session }) => alive.has(session)))
        if (found.length > limit) break
      }
      const page = found.slice(0, limit)
      return {
        sessions: page.map(({ session }) => session),
        cursor: found.length > limit ? (page.at(-1)?.cursor ?? null) : null,
      }
    },

    async count(now) {
      const deep = await deepFloor('sweep')
      const counts = await inTurns(await groups(0, deep !== ''), async (shards) =>
        asCount(await steps.row('count', shards[0] ?? '', now, deep, ...shards), 'sessions'),
      )
      return counts.reduce((sum, one) => sum + one, 0)
    },

    async remove(step, now, limit) {
      checkLimit(limit)
      const deep = await deepFloor(step)
      let removed = 0
      for (const shards of await groups(0, deep !== '')) {
        for (let full = true; full; ) {
          const most = Math.min(ROWS_PER_STEP, limit - removed)
          const gone = asCount(await steps.row(step, shards[0] ?? '', now, deep, String(most), ...shards), 'sessions')
          removed += gone
          if (removed === limit) return removed
          full = gone === most
        }
      }
      if (deep !== '') await steps.log('swept', now, step, deep)
      return removed
    },
  }
}

async function inTurns<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < items.length; at += STEPS_AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + STEPS_AT_ONCE).map(act))))
  }
  return results
}
