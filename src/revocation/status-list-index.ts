/**
 * Which token has which place on which list, in the store: a place is given away in one atomic step, so that no two tokens
 * ever share one, whatever processes there are. A random place of a large list says nothing of its neighbours.
 */
import type { Clock } from '../clock.ts'
import { sha256Base64url } from '../crypto/digest.ts'
import { randomBytes } from '../crypto/random.ts'
import { AuthError } from '../errors.ts'
import { insist } from '../insist.ts'
import type { Json } from '../json.ts'
import type { Records, RecordsOf } from '../records.ts'
import { bucketOf, formatName, parseName, retiresAt, STATUS_RECORDS } from './status-list-names.ts'

/** A token that verifiers outside the fleet are to judge. */
export interface ListedToken {
  readonly tokenId: string
  readonly sessionId: string
  readonly subject: string
  /** The session's: whatever ends the session by its generation ends its tokens. */
  readonly generation: number
}

export interface StatusPlace {
  /** Name of the list. */
  readonly list: string
  readonly index: number
}

/** A token and its place. */
export type Placed = ListedToken & StatusPlace

/** All places of a session's tokens. */
export interface SessionPlaces extends Pick<ListedToken, 'generation'> {
  readonly places: readonly StatusPlace[]
}

/** A list that may hold live tokens. */
export interface KnownList {
  readonly list: string
  /** The latest `exp` of any token of the list that a server may have published; 0: none. Seconds since 1970. */
  readonly publishedUntil: number
}

export interface StatusIndex {
  /** @throws AuthError `store.unavailable` */
  reserve(token: ListedToken, floor: number, expiresAt: number): Promise<StatusPlace>
  findToken(tokenId: string): Promise<Placed | null>
  /** null: none of its tokens is outside. */
  ofSession(sessionId: string): Promise<SessionPlaces | null>
  ofSubject(subject: string): Promise<readonly SessionPlaces[]>
  /** Every token whose list has not retired, in pages. */
  all(): AsyncIterable<readonly Placed[]>
  lists(): Promise<readonly KnownList[]>
  /** null: there is no such list, or it has retired. */
  findList(list: string): Promise<KnownList | null>
  /** Before a token of the list is published: notes how long it may be believed. False: there is no such list. */
  promise(list: string, until: number): Promise<boolean>
}

/** Places of a list; with 2 bits each it is 256 KiB in memory and a few hundred bytes on the wire while nothing is revoked. */
export const LIST_PLACES = 2 ** 20
/** So often another token may have a place already before the list counts as crowded and the next block begins. */
const TRIES = 16
const MAX_BLOCKS = 1000
/** Live places of a session; a client that refreshes without end gets the newest one of a list again and again. */
const MAX_PER_SESSION = 64
const PAGE = 1000
const ATTEMPTS = 100

/** @param places of each list; a power of two */
export function createStatusIndex(records: RecordsOf, clock: Clock, places = LIST_PLACES): StatusIndex {
  const [lists, taken, tokens, sessions, subjects] = STATUS_RECORDS.map((kind) => records(kind)) as [
    Records,
    Records,
    Records,
    Records,
    Records,
  ]
  /** Lists that are known to be in the store. */
  const registered = new Set<string>()

  const register = async (list: string, endsAt: number): Promise<void> => {
    if (registered.has(list)) return
    // Another process may have been faster: either way it is there.
    await insist(() => lists.compareAndSet(list, null, 0, endsAt, clock.now()))
    registered.add(list)
    for (const known of registered) if (isRetired(known, clock.now())) registered.delete(known)
  }

  const take = async (bucket: number, floor: number, tokenId: string): Promise<StatusPlace> => {
    const endsAt = retiresAt({ bucket })
    for (let block = 0; block < MAX_BLOCKS; block++) {
      const list = formatName({ bucket, floor, block })
      await register(list, endsAt)
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const index = randomIndex(places)
        // Where the reply is lost the place stays empty: nobody gets it twice.
        if (await taken.compareAndSet(`${list}.${index}`, null, tokenId, endsAt, clock.now())) return { list, index }
      }
    }
    throw new AuthError('store.unavailable', 'the status lists are full', { retryAfterSeconds: 60 })
  }

  const findSession = async (sessionId: string) => {
    const now = clock.now()
    const found = await sessions.find(sessionId, now)
    if (!found) return null
    const { generation, places: all } = readSession(found.value)
    return { version: found.version, generation, places: all.filter(({ list }) => !isRetired(list, now)) }
  }

  /** Once in a while for each session: what is there already stays. */
  const noteSubject = (subject: string, sessionId: string, endsAt: number): Promise<void> =>
    insist(() => subjects.put(`${sha256Base64url(subject)}.${sessionId}`, null, endsAt, clock.now()))

  /** A new place of the session, or the newest one where it has too many. */
  const takeFor = async (token: ListedToken, bucket: number, floor: number): Promise<StatusPlace> => {
    const { tokenId, sessionId, subject, generation } = token
    let place: StatusPlace | null = null
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await findSession(sessionId)
      const held = found?.places ?? []
      const last = held.length < MAX_PER_SESSION ? undefined : held.findLast(({ list }) => isIn(list, bucket, floor))
      if (last) return last
      place ??= await take(bucket, floor, tokenId)
      const places = [...held, place]
      const endsAt = Math.max(...places.map(({ list }) => retiresAt(parseName(list) ?? { bucket })))
      if (!held.some(({ list }) => isIn(list, bucket, floor))) await noteSubject(subject, sessionId, endsAt)
      const value: Json = { generation, places: places.map(({ list, index }) => [list, index]) }
      if (await sessions.compareAndSet(sessionId, found?.version ?? null, value, endsAt, clock.now())) return place
    }
    throw new AuthError('store.unavailable', 'tokens of this session are being minted by too many at once')
  }

  return {
    async reserve(token, floor, expiresAt) {
      const bucket = bucketOf(expiresAt)
      const place = await takeFor(token, bucket, floor)
      const { tokenId, sessionId, subject, generation } = token
      const placed: Json = { tokenId, sessionId, subject, generation, list: place.list, index: place.index }
      await insist(() => tokens.put(tokenId, placed, retiresAt({ bucket }), clock.now()))
      return place
    },

    async findToken(tokenId) {
      const found = await tokens.find(tokenId, clock.now())
      return found && readPlaced(found.value)
    },

    ofSession: findSession,

    async ofSubject(subject) {
      const prefix = `${sha256Base64url(subject)}.`
      const found: SessionPlaces[] = []
      for (let cursor = prefix; ; ) {
        const page = await subjects.list(cursor, PAGE, clock.now())
        const keys = page.map(({ key }) => key).filter((key) => key.startsWith(prefix))
        const read = await Promise.all(keys.map((key) => findSession(key.slice(prefix.length))))
        for (const one of read) if (one) found.push(one)
        cursor = keys.at(-1) ?? cursor
        if (keys.length < PAGE) return found
      }
    },

    async *all() {
      for (let cursor: string | null = null; ; ) {
        const page: Awaited<ReturnType<Records['list']>> = await tokens.list(cursor, PAGE, clock.now())
        yield page.map(({ value }) => readPlaced(value))
        cursor = page.at(-1)?.key ?? null
        if (page.length < PAGE || cursor === null) return
      }
    },

    async lists() {
      const known: KnownList[] = []
      for (let cursor: string | null = null; ; ) {
        const page: Awaited<ReturnType<Records['list']>> = await lists.list(cursor, PAGE, clock.now())
        for (const { key, value } of page) known.push({ list: key, publishedUntil: readInstant(value) })
        cursor = page.at(-1)?.key ?? null
        if (page.length < PAGE || cursor === null) return known
      }
    },

    async findList(list) {
      const found = await lists.find(list, clock.now())
      return found && { list, publishedUntil: readInstant(found.value) }
    },

    async promise(list, until) {
      const name = parseName(list)
      if (!name) return false
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const now = clock.now()
        const found = await lists.find(list, now)
        if (!found) return false
        if (readInstant(found.value) >= until) return true
        if (await lists.compareAndSet(list, found.version, until, retiresAt(name), now)) return true
      }
      throw new AuthError('store.unavailable', 'the status list is being published by too many servers at once')
    },
  }
}

function isIn(list: string, bucket: number, floor: number): boolean {
  const name = parseName(list)
  return name?.bucket === bucket && name.floor === floor
}

function isRetired(list: string, now: number): boolean {
  const name = parseName(list)
  return name === null || retiresAt(name) <= now
}

/** Evenly among a power of two. */
function randomIndex(places: number): number {
  const bytes = randomBytes(4)
  return new DataView(bytes.buffer).getUint32(0) & (places - 1)
}

function readPlaced(value: Json): Placed {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { tokenId, sessionId, subject, generation, list, index } = value as Readonly<Record<string, Json>>
    if (isText(tokenId) && isText(sessionId) && isText(subject) && isText(list) && isCount(generation)) {
      if (isCount(index)) return { tokenId, sessionId, subject, generation, list, index }
    }
  }
  throw damaged('a place on a status list')
}

function readSession(value: Json): SessionPlaces {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { generation, places } = value as Readonly<Record<string, Json>>
    if (isCount(generation) && Array.isArray(places)) return { generation, places: places.map(readPlace) }
  }
  throw damaged("a session's places on status lists")
}

function readPlace(value: Json): StatusPlace {
  if (Array.isArray(value)) {
    const [list, index] = value as readonly Json[]
    if (isText(list) && isCount(index)) return { list, index }
  }
  throw damaged("a session's places on status lists")
}

const isText = (value: Json | undefined): value is string => typeof value === 'string' && value !== ''
const isCount = (value: Json | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function readInstant(value: Json): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw damaged('a status list')
}

function damaged(what: string): AuthError {
  return new AuthError('store.corrupt', `the record of ${what} has the wrong shape`)
}
