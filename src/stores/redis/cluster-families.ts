/** Refresh families in a Redis Cluster: the row changes first, and counts if the log, looked at last, has not ended its session. */
import type { Family } from '../../refresh/family.ts'
import type { FamilyStore, RotateOutcome } from '../../refresh/store.ts'
import type { Session } from '../../session/session.ts'
import { parseAppended } from './answers.ts'
import { ROW_MARGIN_SECONDS } from './cluster-sessions.ts'
import type { Truth } from './cluster-truth.ts'
import { createFamilies } from './families.ts'
import { asList, asText, toJson } from './fields.ts'
import { type Places, refOf, shardOf } from './places.ts'
import { isAlive, parseFamily, parseSession } from './rows.ts'
import type { Steps } from './steps.ts'
import type { Sweeps } from './sweeps.ts'

export function createClusterFamilies(steps: Steps, places: Places, sweeps: Sweeps, truth: Truth): FamilyStore {
  const rows = createFamilies(steps, places, sweeps)

  /** Whether session and family live; 'again': the session has been replaced, and the family has followed it now. */
  const fateOf = async (family: Family, session: Session, now: number): Promise<'alive' | 'dead' | 'again'> => {
    const { floor, fates } = await truth.look([{ ref: refOf(session.id), subject: session.subject }])
    const [fate] = fates
    if (fate?.successor) {
      await truth.finish(fate.successor, now)
      return 'again'
    }
    if (!fate || fate.isEnded || family.floor < floor) return 'dead'
    return isAlive(session, floor, fate.subject, now) ? 'alive' : 'dead'
  }

  const find = async (step: 'findFamily' | 'findFamilyOf', id: string, now: number): Promise<Family | null> => {
    for (let tries = 0; tries < 3; tries++) {
      const reply = await steps.row(step, shardOf(refOf(id)), now, refOf(id))
      if (reply === null) return null
      const [ref, text, row] = asList(reply, 'families')
      const family = parseFamily(asText(ref, 'families'), text)
      const fate = await fateOf(family, parseSession(refOf(family.sessionId), row), now)
      if (fate !== 'again') return fate === 'alive' ? family : null
    }
    return null
  }

  /** The end of family and session; only one of many is the first. */
  const endReused = async (family: Family, session: Session, until: number, now: number): Promise<RotateOutcome> => {
    const ref = refOf(session.id)
    const gone = Math.min(now + session.idleTimeoutSeconds, session.absoluteExpiresAt) + ROW_MARGIN_SECONDS
    const args = [toJson(session.subject), '', String(Math.max(gone, until)), '1']
    const reply = asList(await steps.log('commitEnd', now, ref, String(until), ...args), 'ended')
    await steps.row('drop', shardOf(ref), now, ref)
    return reply[0] === 0 ? { outcome: 'reused', family, appended: parseAppended(reply[1]) } : { outcome: 'missing' }
  }

  return {
    ...rows,

    async create(family, now) {
      const [ref, session] = [refOf(family.id), refOf(family.sessionId)]
      if (shardOf(ref) !== shardOf(session)) throw new TypeError('the id was not made by newId for this session')
      if (!(await truth.find(family.sessionId, now))) return 'missing'
      const outcome = await rows.create(family, now)
      if (outcome !== 'created' || (await find('findFamily', family.id, now))) return outcome
      await rows.revoke(family.id)
      return 'missing'
    },

    find: (id, now) => find('findFamily', id, now),
    findBySession: (sessionId, now) => find('findFamilyOf', sessionId, now),

    async rotate(id, presented, next, windowSeconds, until, now) {
      const ref = refOf(id)
      for (let tries = 0; tries < 3; tries++) {
        const step = Number.isSafeInteger(presented.step) ? presented.step : -1
        const hashes = [toJson(presented.hash), toJson(next.secretHash), toJson(next.sealedSuccessor)]
        const args = [ref, String(step), ...hashes, String(windowSeconds), String(until)]
        const [outcome, text, row] = asList(await steps.row('rotateFamily', shardOf(ref), now, ...args), 'families')
        if (outcome === 'missing') return { outcome }
        const family = outcome === 'unknown' ? await find('findFamily', id, now) : parseFamily(ref, text)
        if (outcome === 'unknown' || !family) return { outcome: family ? 'unknown' : 'missing' }
        const session = parseSession(refOf(family.sessionId), row)
        const fate = await fateOf(family, session, now)
        if (fate === 'dead') return { outcome: 'missing' }
        if (fate === 'again') continue
        if (outcome === 'reused') return endReused(family, session, until, now)
        return { outcome: outcome as 'rotated' | 'replayed', family }
      }
      return { outcome: 'missing' }
    },
  }
}
