/** What a remote follower and its server say to each other, read strictly on both sides. */
import { AuthError } from '../../errors.ts'
import type { Json, JsonObject } from '../../json.ts'
import type { LogEntry, RevocationEvent } from '../engine.ts'
import { leaseOf } from '../member-id.ts'
import { MAX_LEASE_SECONDS } from './server-address.ts'

/** Entries in one answer at most; a follower reads pages of this size. */
export const PAGE_SIZE = 500
/** How long a request with nothing new to answer is held at most. */
export const MAX_HOLD_MS = 2000
export const MAX_REQUEST_BYTES = 1024

/** The body of `POST /revocations/renew`. */
export interface RenewRequest {
  /** The follower's own secret, `<22 characters>.<lease in ms>`; null: nothing but a look at the log, nobody is registered. */
  readonly id: string | null
  /** The history that `applied` belongs to; null in a join. */
  readonly incarnation: string | null
  /** Acknowledges everything up to there: every look at the follower already sees it. Entries after it are answered. */
  readonly applied: number
  /** Comes back in the answer, so that none but the answer to this very request is taken for it. */
  readonly nonce: string
  /** How long the answer may wait for something new, in ms. */
  readonly waitMs: number
  /** For operators alone: nothing is decided by it. */
  readonly told?: FollowerNote
}

/** What a follower tells of itself: seconds since 1970 by its own clock; null: never. */
export interface FollowerNote {
  /** When it last took an entry of the log into account. */
  readonly confirmedAt: number | null
  /** When it last accepted a token. */
  readonly lastAcceptedAt: number | null
}

export interface RenewAnswer {
  readonly nonce: string
  /** The follower's id in the registry, as receipts name it. */
  readonly member: string | null
  readonly incarnation: string
  readonly settled: boolean
  readonly head: number
  readonly firstRetained: number
  readonly entries: readonly LogEntry[]
}

const NONCE = /^[\w-]{22}$/
const FOLLOWER_ID = /^[\w-]{22}\.[1-9]\d{0,8}$/
const BLIND_ID = /^[\w-]{22}$/

export function writeRequest({ id, incarnation, applied, nonce, waitMs, told }: RenewRequest): JsonObject {
  const note = told && { confirmed_at: told.confirmedAt, last_accepted_at: told.lastAcceptedAt }
  return { id, incarnation, applied, nonce, wait_ms: waitMs, ...note }
}

/** @throws AuthError `request.malformed` */
export function readRequest(body: JsonObject): RenewRequest {
  const { id, incarnation, applied, nonce, wait_ms: waitMs } = body
  if (id !== null) checkFollowerId(id)
  if (!(incarnation === null || isText(incarnation, 128))) throw malformed('incarnation is a text or null')
  if (!isCount(applied)) throw malformed('applied is an offset: a whole number from 0 on')
  if (incarnation === null && applied !== 0) throw malformed('without an incarnation nothing is applied')
  if (typeof nonce !== 'string' || !NONCE.test(nonce)) throw malformed('nonce is 22 characters of base64url')
  if (!isCount(waitMs) || waitMs > MAX_HOLD_MS) throw malformed(`wait_ms is from 0 to ${MAX_HOLD_MS}`)
  const told = { confirmedAt: readInstant(body.confirmed_at), lastAcceptedAt: readInstant(body.last_accepted_at) }
  return { id, incarnation, applied, nonce, waitMs, told }
}

function readInstant(value: Json | undefined): number | null {
  if (value === undefined || value === null) return null
  if (!isCount(value)) throw malformed('an instant is whole seconds since 1970, or null')
  return value
}

/** @throws AuthError `request.malformed` for what is no id, or names a lease that revocations will not wait for */
export function checkFollowerId(id: Json | undefined): asserts id is string {
  if (typeof id !== 'string' || !FOLLOWER_ID.test(id)) {
    throw malformed('id is 22 characters of base64url, a dot and the lease in milliseconds')
  }
  if ((leaseOf(id) ?? Number.POSITIVE_INFINITY) > MAX_LEASE_SECONDS * 1000) {
    throw malformed(`a lease has ${MAX_LEASE_SECONDS} seconds at most`)
  }
}

export function writeAnswer(answer: RenewAnswer): JsonObject {
  const { firstRetained, entries, ...rest } = answer
  return { ...rest, first_retained: firstRetained, entries: entries.map(({ offset, event }) => ({ offset, event })) }
}

/** @throws AuthError `store.corrupt` for anything but a whole answer to the request with this nonce */
export function readAnswer(body: JsonObject, nonce: string): RenewAnswer {
  const { member, incarnation, settled, head, first_retained: firstRetained, entries } = body
  if (body.nonce !== nonce) throw corrupt('it belongs to another request')
  if (!(member === null || isText(member, 128))) throw corrupt('member')
  if (!isText(incarnation, 128)) throw corrupt('incarnation')
  if (typeof settled !== 'boolean') throw corrupt('settled')
  if (!isCount(head)) throw corrupt('head')
  if (!isCount(firstRetained) || firstRetained < 1 || firstRetained > head + 1) throw corrupt('first_retained')
  if (!Array.isArray(entries)) throw corrupt('entries')
  const read = (entries as readonly Json[]).map(readEntry)
  for (const [i, { offset }] of read.entries()) {
    if (offset !== (read[0]?.offset ?? 0) + i || offset > head) throw corrupt('the order of entries')
  }
  return { nonce, member, incarnation, settled, head, firstRetained, entries: read }
}

function readEntry(entry: Json): LogEntry {
  if (!isObject(entry) || !isObject(entry.event)) throw corrupt('an entry')
  const { offset, event } = entry
  if (!isCount(offset) || offset < 1) throw corrupt('an offset')
  return { offset, event: readEvent(event) }
}

/** What is not understood is an error: whoever follows must not go past it. */
function readEvent(event: JsonObject): RevocationEvent {
  const { kind, until } = event
  if (typeof until !== 'number' || !Number.isFinite(until)) throw corrupt('until')
  switch (kind) {
    case 'session':
      return { kind, sessionId: blindId(event.sessionId), subject: null, until }
    case 'token':
      return { kind, tokenId: blindId(event.tokenId), until }
    case 'subject':
      return { kind, subject: blindId(event.subject), generation: count(event.generation), until }
    case 'claims': {
      const patch = event.patch
      if (patch !== null && !isObject(patch)) throw corrupt('a patch')
      return { kind, subject: blindId(event.subject), generation: count(event.generation), patch, until }
    }
    case 'floor': {
      const keyIds = event.keyIds
      if (!Array.isArray(keyIds) || !keyIds.every((id) => isText(id, 1024))) throw corrupt('the retired keys')
      return { kind, floor: count(event.floor), keyIds: keyIds as readonly string[], until }
    }
    default:
      throw corrupt('an entry of an unknown kind')
  }
}

function blindId(id: Json | undefined): string {
  if (typeof id !== 'string' || !BLIND_ID.test(id)) throw corrupt('an id')
  return id
}

function count(value: Json | undefined): number {
  if (!isCount(value)) throw corrupt('a number')
  return value
}

function isCount(value: Json | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isText(value: Json | undefined, limit: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= limit
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(detail: string): AuthError {
  return new AuthError('request.malformed', detail)
}

function corrupt(what: string): AuthError {
  return new AuthError('store.corrupt', `the answer of the revocation server is not understood: ${what}`)
}
