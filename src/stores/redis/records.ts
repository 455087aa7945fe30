/** Records in Redis: 64 slots for each kind, by the hash of the key. */
import { createHash } from 'node:crypto'
import type { Records, RecordsOf, StoredRecord } from '../../records.ts'
import type { Reply } from './connection.ts'
import { asCount, asList, asText, checkLimit, damaged, parseJson, toJson } from './fields.ts'
import type { Steps } from './steps.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

export function createRecords(steps: Steps): RecordsOf {
  return (kind) => {
    if (!/^[A-Za-z0-9-]+$/.test(kind)) throw new TypeError('a kind of records is named by letters, digits and -')
    return recordsOfKind(steps, kind)
  }
}

function recordsOfKind(steps: Steps, kind: string): Records {
  const placeOf = (slot: string, name = '') => {
    const tag = `${steps.prefix}=${kind}.${slot}`
    return { tag, first: `{${tag}}r`, keys: [`{${tag}}r${name}`, `{${tag}}names`, `{${tag}}expiry`] }
  }
  const at = (key: string) => {
    const name = nameOf(key)
    return { name, ...placeOf(createHash('sha256').update(name).digest('base64url').slice(0, 1), name) }
  }
  const put = async (key: string, version: string, value: unknown, expiresAt: number | null, now: number) => {
    const { name, tag, keys } = at(key)
    const args = [name, version, expiresAt === null ? '-' : String(expiresAt), toJson(value)]
    return (await steps.on('putRecord', tag, keys, now, ...args)) === 1
  }
  const parse = (name: string, reply: Reply | undefined, now: number): StoredRecord | null => {
    if (reply === null) return null
    // A key may be all that stands between a stranger and the value, so that it is named by its digest.
    const place = `records/${kind}/sha256:${createHash('sha256').update(name).digest('base64url')}`
    const [head = '', value, ...more] = asText(reply, place).split('\n')
    const [version, expiresAt] = head.split(' ')
    if (more.length > 0) throw damaged(place)
    if (expiresAt !== '-' && now >= asCount(expiresAt, place)) return null
    return { value: parseJson(value, place), version: asCount(version, place) }
  }
  return {
    async put(key, value, expiresAt, now) {
      await put(key, '*', value, expiresAt, now)
    },

    async find(key, now) {
      const { name, tag, keys } = at(key)
      return parse(name, await steps.on('findRecord', tag, keys, now, name), now)
    },

    compareAndSet: (key, version, value, expiresAt, now) =>
      put(key, version === null ? '0' : version === 0 ? '-' : String(version), value, expiresAt, now),

    async take(key, now) {
      const { name, tag, keys } = at(key)
      const taken = parse(name, await steps.on('takeRecord', tag, keys, now, name), now)
      return taken ? taken.value : null
    },

    async list(cursor, limit, now) {
      checkLimit(limit)
      const from = cursor === null ? '-' : `(${nameOf(cursor)}`
      const parts = await Promise.all(
        [...ALPHABET].map((slot) => {
          const { tag, first, keys } = placeOf(slot)
          return steps.on('listRecords', tag, keys, now, first, from, String(limit))
        }),
      )
      return parts
        .flatMap((part) => pairs(part))
        .toSorted(([one], [other]) => compareBytes(one, other))
        .slice(0, limit)
        .flatMap(([name, text]) => {
          const record = parse(name, text, now)
          return record ? [{ key: keyOf(name), ...record }] : []
        })
    },

    async deleteExpired(now, limit) {
      checkLimit(limit)
      let removed = 0
      for (const slot of ALPHABET) {
        for (let last = 1000; last === 1000 && removed < limit; ) {
          const { tag, first, keys } = placeOf(slot)
          const most = String(Math.min(1000, limit - removed))
          last = asCount(await steps.on('sweepRecords', tag, keys, now, first, most), 'records')
          removed += last
        }
      }
      return removed
    },
  }
}

/** A key as it is stored; half a surrogate pair has no UTF-8, and a key that begins as its stand-in does needs one as well. */
function nameOf(key: string): string {
  return key.isWellFormed() && !key.startsWith('\uffff') ? key : `\uffff${toJson(key)}`
}

function keyOf(name: string): string {
  return name.startsWith('\uffff') ? JSON.parse(name.slice(1)) : name
}

function pairs(reply: Reply): readonly (readonly [string, Reply])[] {
  const flat = asList(reply, 'records')
  const found: (readonly [string, Reply])[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) found.push([asText(flat[i], 'records'), flat[i + 1] as Reply])
  return found
}

/** The order in which Redis keeps names. */
function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
