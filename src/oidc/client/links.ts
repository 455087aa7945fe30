/**
 * Which of our sessions came from which login at the provider. A record per session names what is kept for it; a record per
 * provider session (`iss`, `sid`), user (`iss`, `sub`) and session of ours finds them the other way round, without a list that
 * two sign-ins could fight about. A logout leaves a mark, for sign-ins that are still under way.
 */
import { sha256Base64url } from '../../crypto/digest.ts'
import { randomId } from '../../crypto/random.ts'
import type { Json, JsonObject } from '../../json.ts'
import type { CheckedOptions } from './options.ts'

/** Whom a login at the provider belongs to, as an ID token or a logout token names it. */
export interface ProviderSession {
  readonly sub: string | null
  readonly sid: string | null
}

/** What is kept of one session of ours. */
export interface Link {
  /** Names the tokens; stays when the session goes on under a new id. */
  readonly id: string
  /** Keys of the index: of the provider's session, where it names one, and of the user. */
  readonly keys: readonly string[]
  /** Of the session, absolute. */
  readonly expiresAt: number
  /** When this record was made: the session that it names may come to life a moment later. */
  readonly since: number
  /** The session was to go on under another id, whose record has the same tokens. */
  readonly hasHeir: boolean
}

export interface Links {
  /** To be called before anybody gets the session's cookie. */
  add(sessionId: string, from: ProviderSession, expiresAt: number): Promise<Link>
  find(sessionId: string): Promise<Link | null>
  /** Whether a logout has come for a login that was begun then. */
  isEnded(from: ProviderSession, beganAt: number): Promise<boolean>
  /** Leaves the mark of a logout, then answers the ids of the sessions that are known now. */
  end(whom: ProviderSession): Promise<readonly string[]>
  sessionsOf(whom: ProviderSession): Promise<readonly string[]>
  /** The session goes on under another id. */
  follow(from: string, to: string): Promise<void>
  /** Answers the link that was there. */
  remove(sessionId: string): Promise<Link | null>
  /** Session ids in order, for tidying up. */
  page(cursor: string | null, limit: number): Promise<readonly string[]>
}

/** A mark outlives every sign-in under way by far; a provider's session id never comes back to life. */
const MARK_SECONDS = 3600
const PAGE = 200

export function createLinks({ store, clock, name }: CheckedOptions): Links {
  const links = store.records('sso-link')
  const index = store.records('sso-index')
  const ended = store.records('sso-ended')
  const keyOf = (kind: 'sid' | 'sub', value: string): string => sha256Base64url(`${name}\n${kind}\n${value}`)
  const keysOf = ({ sid, sub }: ProviderSession): readonly string[] => [
    ...(sid === null ? [] : [keyOf('sid', sid)]),
    ...(sub === null ? [] : [keyOf('sub', sub)]),
  ]
  /** By the provider's session where it is named, otherwise all of the user's. */
  const targetOf = ({ sid, sub }: ProviderSession): string => {
    if (sid !== null) return keyOf('sid', sid)
    if (sub !== null) return keyOf('sub', sub)
    throw new TypeError('neither sid nor sub')
  }
  const own = sha256Base64url(name)

  const put = async (sessionId: string, link: Link): Promise<void> => {
    for (const key of link.keys) await index.put(`${key}.${sessionId}`, true, link.expiresAt, clock.now())
    await links.put(`${own}.${sessionId}`, toJson(link), link.expiresAt, clock.now())
  }

  const sessionsOf = async (whom: ProviderSession): Promise<readonly string[]> => {
    const start = `${targetOf(whom)}.`
    const found: string[] = []
    for (let cursor = start; ; ) {
      const page = await index.list(cursor, PAGE, clock.now())
      for (const { key } of page) {
        if (!key.startsWith(start)) return found
        found.push(key.slice(start.length))
        cursor = key
      }
      if (page.length < PAGE) return found
    }
  }

  const find = async (sessionId: string): Promise<Link | null> => {
    const found = await links.find(`${own}.${sessionId}`, clock.now())
    return found && fromJson(found.value)
  }

  return {
    async add(sessionId, from, expiresAt) {
      const link = { id: randomId(), keys: keysOf(from), expiresAt, since: clock.now(), hasHeir: false }
      await put(sessionId, link)
      return link
    },
    find,
    async isEnded({ sid, sub }, beganAt) {
      if (sid !== null && (await ended.find(keyOf('sid', sid), clock.now()))) return true
      const mark = sub === null ? null : await ended.find(keyOf('sub', sub), clock.now())
      return mark !== null && beganAt <= Number(mark.value)
    },
    async end(whom) {
      await ended.put(targetOf(whom), clock.now(), clock.now() + MARK_SECONDS, clock.now())
      return sessionsOf(whom)
    },
    sessionsOf,
    async follow(from, to) {
      const link = await find(from)
      if (!link) return
      await put(to, { ...link, since: clock.now(), hasHeir: false })
      await put(from, { ...link, hasHeir: true })
    },
    async remove(sessionId) {
      const value = await links.take(`${own}.${sessionId}`, clock.now())
      if (value === null) return null
      const link = fromJson(value)
      for (const key of link.keys) await index.take(`${key}.${sessionId}`, clock.now())
      return link
    },
    async page(cursor, limit) {
      const start = `${own}.`
      const page = await links.list(start + (cursor ?? ''), limit, clock.now())
      return page.filter(({ key }) => key.startsWith(start)).map(({ key }) => key.slice(start.length))
    },
  }
}

function toJson(link: Link): JsonObject {
  return { ...link, keys: [...link.keys] }
}

function fromJson(value: Json): Link {
  return value as unknown as Link
}
