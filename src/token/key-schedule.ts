/** The life of signing keys as pure rules: which one signs when, and what is due. No I/O. */
import type { Json, JsonObject } from '../json.ts'
import { isSignatureAlgorithm, type SignatureAlgorithm } from './algorithms.ts'

/**
 *   made            signsFrom              signsUntil         removedAt
 *    |   upcoming      |      signing           |   verifying     |
 *    |<--- 24 h ------>|<------ 30 days ------->|<- 1 h and 2 min ->|   out of the JWK set
 *
 * A compromised key is `retired` at once: its private half is forgotten, its id remembered until `removedAt`.
 */
export type KeyState = 'upcoming' | 'signing' | 'verifying' | 'retired'

/** A key as it is stored. All instants are whole seconds since 1970. */
export interface StoredKey {
  readonly keyId: string
  readonly algorithm: SignatureAlgorithm
  /** The public JWK; null for a symmetric or a retired key. */
  readonly publicJwk: JsonObject | null
  /** The private JWK, sealed; null for a retired key. */
  readonly sealed: string | null
  readonly createdAt: number
  readonly signsFrom: number
  readonly signsUntil: number
  readonly removedAt: number
}

/** A key signs for so long. */
export const SIGNING_SECONDS = 30 * 86_400
/** It is published so long before it signs, so that every cached JWK set holds it by then. */
export const PUBLISH_EARLY_SECONDS = 86_400
/**
 * And it is kept so long after its end: the longest token (3600 s), a minute for a process that has not yet heard of a
 * rotation, a minute for clocks that differ.
 */
export const KEEP_SECONDS = 3600 + 60 + 60

export function stateOf(key: StoredKey, now: number): KeyState {
  if (key.sealed === null) return 'retired'
  if (now < key.signsFrom) return 'upcoming'
  return now < key.signsUntil ? 'signing' : 'verifying'
}

/** The key that signs at `now`; on a machine whose clock runs behind the maker's, the first one that will. */
export function signingKeyOf(keys: readonly StoredKey[], now: number): StoredKey | null {
  const usable = keys.filter((key) => key.sealed !== null && now < key.signsUntil)
  const started = usable.filter((key) => key.signsFrom <= now)
  if (started.length > 0) return started.reduce((a, b) => (b.signsFrom >= a.signsFrom ? b : a))
  return usable.length > 0 ? usable.reduce((a, b) => (b.signsFrom < a.signsFrom ? b : a)) : null
}

/** When a new key has to start to sign, if it has to be made now; null: none is due. */
export function nextKeyFrom(keys: readonly StoredKey[], now: number): number | null {
  const last = Math.max(...keys.filter((key) => key.sealed !== null).map((key) => key.signsUntil))
  // After a long stop nobody can have learned of a successor in time; verifiers meet an unknown kid and ask again.
  if (!(last > now)) return now
  return last - now <= PUBLISH_EARLY_SECONDS ? last : null
}

/** The lifetimes of a key that signs from `signsFrom`. */
export function periodFrom(signsFrom: number): Pick<StoredKey, 'signsFrom' | 'signsUntil' | 'removedAt'> {
  const signsUntil = signsFrom + SIGNING_SECONDS
  return { signsFrom, signsUntil, removedAt: signsUntil + KEEP_SECONDS }
}

/** Keys whose every token is dead, left out. */
export function withoutRemoved(keys: readonly StoredKey[], now: number): readonly StoredKey[] {
  return keys.filter((key) => now < key.removedAt)
}

/**
 * The upcoming key signs from now on, or `fresh` where none fits; whatever signed until now only verifies. Other upcoming
 * keys are dropped: they have signed nothing.
 */
export function bringForward(keys: readonly StoredKey[], fresh: StoredKey | null, now: number): readonly StoredKey[] {
  const next = fresh ?? upcomingOf(keys, now)
  const rest = keys.filter((key) => key.keyId !== next?.keyId && stateOf(key, now) !== 'upcoming')
  const ended = rest.map((key) =>
    stateOf(key, now) === 'signing' ? { ...key, signsUntil: now, removedAt: now + KEEP_SECONDS } : key,
  )
  return next ? [...ended, { ...next, ...periodFrom(now) }] : ended
}

export function upcomingOf(keys: readonly StoredKey[], now: number): StoredKey | null {
  return keys.find((key) => stateOf(key, now) === 'upcoming') ?? null
}

/** Forgets the private half of every key: who could read one could read them all. */
export function retireAll(keys: readonly StoredKey[], now: number): readonly StoredKey[] {
  return keys.map((key) => ({
    ...key,
    publicJwk: null,
    sealed: null,
    signsUntil: Math.min(key.signsUntil, now),
    removedAt: Math.min(key.removedAt, now + KEEP_SECONDS),
  }))
}

export function toRecord(keys: readonly StoredKey[]): Json {
  return { keys: keys.map((key) => ({ ...key })) }
}

/** The stored keys, or null when the record is not what we wrote. */
export function fromRecord(value: Json): readonly StoredKey[] | null {
  const listed = isObject(value) ? value.keys : undefined
  if (!Array.isArray(listed)) return null
  const keys = listed.map((key: Json) => (isObject(key) ? toStoredKey(key) : null))
  return keys.every((key) => key !== null) ? keys : null
}

function toStoredKey(row: JsonObject): StoredKey | null {
  const { keyId, algorithm, publicJwk, sealed, createdAt, signsFrom, signsUntil, removedAt } = row
  if (typeof keyId !== 'string' || !isSignatureAlgorithm(algorithm)) return null
  if (publicJwk === undefined || (publicJwk !== null && !isObject(publicJwk))) return null
  if (sealed !== null && typeof sealed !== 'string') return null
  if (!isInstant(createdAt) || !isInstant(signsFrom) || !isInstant(signsUntil) || !isInstant(removedAt)) return null
  return { keyId, algorithm, publicJwk, sealed, createdAt, signsFrom, signsUntil, removedAt }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isInstant(value: Json | undefined): value is number {
  return Number.isSafeInteger(value)
}
