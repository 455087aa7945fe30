/** JSON objects, read strictly: no duplicate members, bounded depth, finite numbers, well-formed text (RFC 7493). */
import type { JsonObject } from '../json.ts'

/** Objects and arrays within one another; a token of ours has two. */
export const MAX_DEPTH = 16

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * The object that `text` is, or null when it is not exactly one JSON object as described above. A member called
 * `__proto__` is refused too: copied carelessly it would change an object's prototype.
 *
 * Duplicates are found by counting: after a successful parse the number of colons outside of strings is the number of
 * members written, and a member that overwrote another is missing from the result.
 */
export function parseStrictObject(text: string): JsonObject | null {
  const scanned = scan(text)
  if (scanned < 0) return null
  const written = scanned >> 1
  // Only an escape can write half of a surrogate pair: the text itself was decoded from UTF-8.
  const hasEscapes = (scanned & 1) === 1
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return countMembers(value, hasEscapes) === written ? (value as JsonObject) : null
}

/** Whether a value comes out of `JSON.stringify` and `parseStrictObject` as it went in. */
export function isStrictJson(value: unknown, depth = 1): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed()
    case 'number':
      return Number.isFinite(value)
    case 'boolean':
      return true
    case 'object': {
      if (value === null) return true
      if (depth > MAX_DEPTH) return false
      if (Array.isArray(value)) return value.every((item) => isStrictJson(item, depth + 1))
      const prototype: unknown = Object.getPrototypeOf(value)
      if (prototype !== Object.prototype && prototype !== null) return false
      return Object.entries(value).every(
        ([name, item]) => name !== '__proto__' && name.isWellFormed() && isStrictJson(item, depth + 1),
      )
    }
    default:
      return false
  }
}

/** Freezes a parsed value and all that is in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const name in value) {
    const item = value[name]
    if (typeof item === 'object' && item !== null) deepFreeze(item)
  }
  return Object.freeze(value)
}

/**
 * One pass before anything is built. Twice the number of colons outside of strings, plus 1 if a string holds an escape; -1 for
 * nesting that is too deep or a string without an end.
 */
function scan(text: string): number {
  let depth = 0
  let colons = 0
  let escapes = 0
  const length = text.length
  for (let i = 0; i < length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        for (i++; i < length; i++) {
          const code = text.charCodeAt(i)
          if (code === QUOTE) break
          if (code === BACKSLASH) {
            escapes = 1
            i++
          }
        }
        if (i >= length) return -1
        break
      }
      case 0x3a:
        colons++
        break
      case 0x7b:
      case 0x5b:
        if (++depth > MAX_DEPTH) return -1
        break
      case 0x7d:
      case 0x5d:
        depth--
        break
    }
  }
  return colons * 2 + escapes
}

/** Members of all objects in the value; NaN, which equals nothing, if anything in it is refused. */
function countMembers(value: object, escapes: boolean): number {
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += weigh(item, escapes)
    return count
  }
  // A parsed object inherits no enumerable name; if somebody has added one to all objects, the count is too high and it is refused.
  for (const name in value) {
    if (name === '__proto__' || (escapes && !name.isWellFormed())) return Number.NaN
    count += 1 + weigh((value as JsonObject)[name], escapes)
  }
  return count
}

function weigh(item: unknown, escapes: boolean): number {
  switch (typeof item) {
    case 'object':
      return item === null ? 0 : countMembers(item, escapes)
    case 'number':
      return Number.isFinite(item) ? 0 : Number.NaN
    case 'string':
      return escapes && !item.isWellFormed() ? Number.NaN : 0
    default:
      return 0
  }
}
