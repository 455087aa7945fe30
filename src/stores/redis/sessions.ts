/** Sessions in Redis. */
import type { Session } from '../../session/session.ts'
import type { SessionPage, SessionStore } from '../../session/store.ts'
import { parseAppended } from './answers.ts'
import { asCount, asList, asText, checkLimit, toJson } from './fields.ts'
import { pageBy, parseByCreation } from './pages.ts'
import { type Places, refOf, rowKey, shardOf } from './places.ts'
import { isAlive, parseNumbers, parseSession, sessionArgs } from './rows.ts'
import type { Steps } from './steps.ts'
import type { Sweeps } from './sweeps.ts'

export function createSessions(steps: Steps, places: Places, sweeps: Sweeps): SessionStore {
  const find = async (id: string, now: number) => {
    const ref = refOf(id)
    const reply = await steps.on('find', steps.prefix, [rowKey(steps.prefix, ref)], now)
    if (reply === null) return null
    const [text, floor, numbers] = asList(reply, 'sessions')
    const session = parseSession(ref, text)
    const subject = parseNumbers(numbers)
    return isAlive(session, asCount(floor, 'meta'), subject, now) ? { session, subject } : null
  }
  const rowArgs = (session: Session): readonly string[] => sessionArgs(session, places)

  return {
    newId: places.newId,

    async create(session, maxPerSubject, now) {
      const max = maxPerSubject === null ? '' : String(maxPerSubject)
      const outcome = await steps.row('create', shardOf(refOf(session.id)), now, ...rowArgs(session), max)
      return outcome as 'created' | 'exists' | 'superseded' | 'limit'
    },

    async find(id, now) {
      return (await find(id, now))?.session ?? null
    },

    findWithSubject: find,

    async save(session, now) {
      const outcome = await steps.row('save', shardOf(refOf(session.id)), now, ...rowArgs(session))
      return outcome as 'saved' | 'conflict' | 'missing'
    },

    async touch(id, lastSeenAt, now) {
      const ref = refOf(id)
      return (await steps.row('touch', shardOf(ref), now, ref, String(lastSeenAt))) === 1
    },

    async rotate(id, version, next, until, now) {
      const ref = refOf(id)
      const args = [ref, String(version), String(until), ...rowArgs(next)]
      const [outcome, appended] = asList(await steps.row('rotate', shardOf(ref), now, ...args), 'sessions')
      if (outcome === 'rotated') return { outcome, appended: parseAppended(appended) }
      return { outcome: outcome as 'missing' | 'conflict' | 'exists' | 'superseded' }
    },

    async end(id, until, now, drainSeconds) {
      const ref = refOf(id)
      const reply = await steps.row('end', shardOf(ref), now, ref, String(until), drainTail(drainSeconds))
      const [ended, appended] = asList(reply, 'sessions')
      return { ...parseAppended(appended), ended: ended === '' ? null : parseSession(ref, ended) }
    },

    async endSubject(subject, replacement, until, now, drainSeconds) {
      const place = places.ofSubject(subject)
      const args = [toJson(subject), place, String(until), drainTail(drainSeconds)]
      const instead = replacement
        ? [refOf(replacement.onlyIfAlive), String(replacement.version ?? ''), ...rowArgs(replacement.session)]
        : ['', '']
      const reply = await steps.row('endSubject', place.slice(0, 2), now, ...args, ...instead)
      if (reply === null) return null
      if (reply === 'foreign') throw new TypeError('the replacement belongs to another subject')
      if (reply === 'exists') throw new TypeError('the replacement needs a new id')
      const [appended, generation, ended, floor] = asList(reply, 'subjects')
      const renewed = { generation: asCount(generation, 'subjects'), floor: asCount(floor, 'meta') }
      return {
        ...parseAppended(appended),
        generation: renewed.generation,
        ended: asCount(ended, 'sessions'),
        replacement: replacement ? { ...replacement.session, ...renewed } : null,
      }
    },

    async listBySubject(subject, cursor, limit, now) {
      checkLimit(limit)
      const place = places.ofSubject(subject)
      const flat = asList(await steps.row('rowsOf', place.slice(0, 2), now, toJson(subject), place), 'sessions')
      const sessions: Session[] = []
      for (let i = 0; i < flat.length; i += 2) sessions.push(parseSession(asText(flat[i], 'sessions'), flat[i + 1]))
      return pageOfSubject(sessions, cursor, limit)
    },

    list: sweeps.list,
    count: sweeps.count,
    deleteExpired: (now, limit) => sweeps.remove('sweep', now, limit),
  }
}

export function drainTail(drainSeconds: number | undefined): string {
  return drainSeconds === undefined ? '' : `,"drainSeconds":${drainSeconds}`
}

/** Newest first. @throws AuthError `request.malformed` for a cursor that is not ours */
export function pageOfSubject(sessions: readonly Session[], cursor: string | null, limit: number): SessionPage {
  const after = cursor === null ? null : parseByCreation(cursor)
  const sorted = sessions.toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0))
  const rest = after
    ? sorted.filter((one) => one.createdAt < after.at || (one.createdAt === after.at && one.id < after.id))
    : sorted
  return pageBy(rest.slice(0, limit + 1), limit, (last) => `${last.createdAt}.${last.id}`)
}
