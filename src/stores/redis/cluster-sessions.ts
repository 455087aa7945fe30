/** Sessions in a Redis Cluster: each step in its slot, in the order that leaves nothing alive that has ended. */
import type { Session } from '../../session/session.ts'
import type { SessionStore } from '../../session/store.ts'
import { parseAppended } from './answers.ts'
import { createReplace } from './cluster-replace.ts'
import type { Truth } from './cluster-truth.ts'
import { unavailable } from './errors.ts'
import { asCount, asList, asText, checkLimit, toJson } from './fields.ts'
import { type Places, refOf, shardOf } from './places.ts'
import { isAlive, parseSession, sessionArgs } from './rows.ts'
import { drainTail, pageOfSubject } from './sessions.ts'
import type { Steps } from './steps.ts'
import type { Sweeps } from './sweeps.ts'

/** A row may be there so much longer than it is alive: see MARGIN in `lua-rows.ts`. */
export const ROW_MARGIN_SECONDS = 3600

export function createClusterSessions(
  steps: Steps,
  places: Places,
  sweeps: Sweeps,
  truth: Truth,
  timeoutMs: number,
): SessionStore {
  const replace = createReplace(steps, places, truth, timeoutMs)
  const find = truth.find

  /** A change of the row, which counts only if the log has not ended the session before it. */
  const changed = async <T>(id: string, now: number, outcome: T, missing: T): Promise<T> =>
    outcome === missing || (await find(id, now)) ? outcome : missing

  /** What is left of a session that is not alive: its end names its subject all the same. */
  const deadRow = async (ref: string, now: number): Promise<Session | null> => {
    const row = await steps.row('findRow', shardOf(ref), now, ref)
    const [text, pending] = row === null ? [] : asList(row, 'sessions')
    return row === null ? null : parseSession(ref, text === '' ? pending : text)
  }

  const checkShard = async (session: Session): Promise<'exists' | null> => {
    const ref = refOf(session.id)
    if (places.ofSession(session.id, session.subject).startsWith(shardOf(ref))) return null
    if (await steps.row('findRow', shardOf(ref), 0, ref)) return 'exists'
    throw new TypeError('the id was not made by newId for this subject')
  }

  return {
    newId: places.newId,

    async create(session, maxPerSubject, now) {
      const exists = await checkShard(session)
      if (exists) return exists
      const ref = refOf(session.id)
      const { floor, fates } = await truth.lookBefore({ ref, subject: session.subject })
      const [fate] = fates
      if (!fate || fate.isEnded) return 'exists'
      const max = maxPerSubject === null ? '' : String(maxPerSubject)
      const args = [...sessionArgs(session, places), max, String(floor), String(fate.subject.deadBelow)]
      const isLate = session.floor < floor || session.generation < fate.subject.generation
      if (isLate) return (await steps.row('findRow', shardOf(ref), now, ref)) ? 'exists' : 'superseded'
      const outcome = await steps.row('create', shardOf(ref), now, ...args)
      if (outcome !== 'created') return outcome as 'exists' | 'limit'
      const after = await truth.look([{ ref, subject: session.subject }])
      const last = after.fates[0]
      if (last && !last.isEnded && session.floor >= after.floor && session.generation >= last.subject.generation) {
        return 'created'
      }
      await steps.row('drop', shardOf(ref), now, ref)
      return 'superseded'
    },

    async find(id, now) {
      return (await find(id, now))?.session ?? null
    },

    findWithSubject: find,

    async save(session, now) {
      const ref = refOf(session.id)
      const outcome = await steps.row('save', shardOf(ref), now, ...sessionArgs(session, places))
      return changed(session.id, now, outcome as 'saved' | 'conflict' | 'missing', 'missing')
    },

    async touch(id, lastSeenAt, now) {
      const ref = refOf(id)
      const isTouched = (await steps.row('touch', shardOf(ref), now, ref, String(lastSeenAt))) === 1
      return changed(id, now, isTouched, false)
    },

    async rotate(id, version, next, until, now) {
      const old = await find(id, now)
      if (!old) return { outcome: 'missing' }
      if (old.session.version !== version) return { outcome: 'conflict' }
      if (await checkShard(next)) return { outcome: 'exists' }
      if (shardOf(refOf(id)) !== shardOf(refOf(next.id))) throw new TypeError('the next id is of another subject')
      const prepared = await replace({ ref: refOf(id), version: String(version), subject: '' }, next, now)
      if (prepared.outcome === 'foreign') throw new TypeError('the next session belongs to another subject')
      if (prepared.outcome !== 'ready') return { outcome: prepared.outcome }
      const { subject, generation, floor, goneAt } = prepared
      const args = [subject, generation, floor, String(next.generation), String(next.floor), String(until), goneAt]
      if (!prepared.isInTime()) throw unavailable('the session could not be replaced in time')
      const reply = await steps.log('commitRotate', now, refOf(id), refOf(next.id), ...args)
      const [outcome, appended] = asList(reply, 'ended')
      if (outcome !== 'rotated') {
        await prepared.abandon()
        return { outcome: outcome as 'missing' | 'superseded' }
      }
      await truth.finish({ ref: refOf(next.id), generation: String(next.generation), floor: String(next.floor) }, now)
      return { outcome: 'rotated', appended: parseAppended(appended) }
    },

    async end(id, until, now, drainSeconds) {
      const ref = refOf(id)
      const found = await find(id, now)
      const session = found?.session ?? (await deadRow(ref, now))
      const args = [toJson(session?.subject ?? null), drainTail(drainSeconds), String(goneAt(session, until, now)), '']
      const reply = asList(await steps.log('commitEnd', now, ref, String(until), ...args), 'ended')
      await steps.row('drop', shardOf(ref), now, ref)
      return { ...parseAppended(reply[1]), ended: reply[0] === 0 ? (found?.session ?? null) : null }
    },

    async endSubject(subject, replacement, until, now, drainSeconds) {
      const tail = drainTail(drainSeconds)
      const place = places.ofSubject(subject)
      let args: readonly string[] = ['']
      let abandon = async (): Promise<void> => undefined
      if (replacement) {
        const { session: next, onlyIfAlive, version } = replacement
        const mine = await find(onlyIfAlive, now)
        if (mine?.session.subject !== subject || mine.session.version !== (version ?? mine.session.version)) return null
        if (next.subject !== subject) throw new TypeError('the replacement belongs to another subject')
        if (await checkShard(next)) throw new TypeError('the replacement needs a new id')
        const old = { ref: refOf(onlyIfAlive), version: String(version ?? ''), subject: toJson(subject) }
        const prepared = await replace(old, next, now)
        if (prepared.outcome === 'exists') throw new TypeError('the replacement needs a new id')
        if (prepared.outcome !== 'ready') return null
        if (!prepared.isInTime()) throw unavailable('the session could not be replaced in time')
        args = [old.ref, refOf(next.id), prepared.generation, prepared.floor, String(next.floor), prepared.goneAt]
        abandon = prepared.abandon
      }
      const reply = await steps.log('commitEndSubject', now, toJson(subject), String(until), tail, ...args)
      if (reply === null) {
        await abandon()
        return null
      }
      const [appended, generation, floor, ...former] = asList(reply, 'subjects')
      const [dead, oldFloor] = former.map((one) => String(asCount(one, 'subjects')))
      const renewed = { generation: asCount(generation, 'subjects'), floor: asCount(floor, 'meta') }
      // Counted and removed before the replacement takes its place: what is left of the old ones is dead either way.
      const dropped = [toJson(subject), place, String(renewed.generation), oldFloor ?? '0', dead ?? '0']
      const ended = asCount(await steps.row('dropSubject', place.slice(0, 2), now, ...dropped), 'sessions')
      if (replacement) {
        const ref = refOf(replacement.session.id)
        await truth.finish({ ref, generation: String(renewed.generation), floor: String(renewed.floor) }, now)
      }
      return {
        ...parseAppended(appended),
        generation: renewed.generation,
        ended,
        replacement: replacement ? { ...replacement.session, ...renewed } : null,
      }
    },

    async listBySubject(subject, cursor, limit, now) {
      checkLimit(limit)
      const place = places.ofSubject(subject)
      const flat = asList(await steps.row('rowsOf', place.slice(0, 2), now, toJson(subject), place), 'sessions')
      const sessions: Session[] = []
      for (let i = 0; i < flat.length; i += 2) sessions.push(parseSession(asText(flat[i], 'sessions'), flat[i + 1]))
      return pageOfSubject(await living(truth, sessions, now), cursor, limit)
    },

    list: sweeps.list,
    count: sweeps.count,
    deleteExpired: (now, limit) => sweeps.remove('sweep', now, limit),
  }
}

/** Those that the log has not ended. */
export async function living(truth: Truth, sessions: readonly Session[], now: number): Promise<readonly Session[]> {
  if (sessions.length === 0) return []
  const { floor, fates } = await truth.look(sessions.map(({ id, subject }) => ({ ref: refOf(id), subject })))
  return sessions.filter((session, i) => {
    const fate = fates[i]
    return fate && !fate.isEnded && isAlive(session, floor, fate.subject, now)
  })
}

/** Until when a copy of the row could be there, on a replica that missed its end or in a backup. */
function goneAt(session: Session | null, until: number, now: number): number {
  if (!session) return until
  return Math.max(until, Math.min(now + session.idleTimeoutSeconds, session.absoluteExpiresAt) + ROW_MARGIN_SECONDS)
}
