/** Where things are kept: the names that ids have in the store, and the shard that a subject's rows share. */
import { createHmac, randomBytes } from 'node:crypto'

/** Characters of an id that name its shard: 4096 shards. */
export const SHARD_LENGTH = 2
const PLACE_LENGTH = 8
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const OWN_ID = /^[A-Za-z0-9_-]{22}$/
const FOREIGN_SHARD = '__'

/** Every shard, in the order in which everybody is listed. */
export const SHARDS: readonly string[] = [...ALPHABET].flatMap((one) => [...ALPHABET].map((other) => one + other))

/** An id as it is part of a key: itself when it is of our make, and otherwise its JSON, for it may be any text. */
export function refOf(id: string): string {
  return OWN_ID.test(id) ? id : `:${JSON.stringify(id)}`
}

export function idOf(ref: string): string {
  return ref.startsWith(':') ? JSON.parse(ref.slice(1)) : ref
}

export function shardOf(ref: string): string {
  return ref.startsWith(':') ? FOREIGN_SHARD : ref.slice(0, SHARD_LENGTH)
}

/** The key of a session's row; `key` in `lua-rows.ts` makes the same. */
export function rowKey(prefix: string, ref: string): string {
  return `{${prefix}:${shardOf(ref)}}s${ref.startsWith(':') ? ref : ref.slice(SHARD_LENGTH)}`
}

export interface Places {
  /** The first characters of the subject's keyed hash: its shard, and what tells its rows apart from others there. */
  ofSubject(subject: string): string
  /** Of a session, by its subject; an anonymous one stands by itself. */
  ofSession(id: string, subject: string | null): string
  newId(subject: string | null): string
  /** An id in the shard of another. */
  newIdBeside(id: string): string
}

/** @param key made once and kept in the store, so that an id tells nobody which subject it belongs to */
export function createPlaces(key: () => string): Places {
  const ofSubject = (subject: string): string =>
    createHmac('sha256', key()).update(JSON.stringify(subject)).digest('base64url').slice(0, PLACE_LENGTH)
  return {
    ofSubject,
    ofSession: (id, subject) => (subject === null ? `${shardOf(refOf(id))}------` : ofSubject(subject)),
    newId: (subject) =>
      subject === null
        ? randomBytes(16).toString('base64url')
        : ofSubject(subject).slice(0, SHARD_LENGTH) + randomBytes(15).toString('base64url'),
    newIdBeside: (id) => shardOf(refOf(id)) + randomBytes(15).toString('base64url'),
  }
}
