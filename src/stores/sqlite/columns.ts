/** Reads columns of a row that came from outside: each has the shape that is asked for, or the row is damaged. */
import { AuthError } from '../../errors.ts'
import type { Json, JsonObject } from '../../json.ts'
import type { Row } from './connection.ts'

export interface Columns {
  text(name: string): string
  textOrNull(name: string): string | null
  /** A whole number from 0 on. */
  count(name: string): number
  countOrNull(name: string): number | null
  /** A JSON object. */
  object(name: string): Fields
  json(name: string): Json
  /** The error for a value that has the shape but not the sense. */
  damaged(name: string): AuthError
}

/** Members of a JSON object out of a column. */
export interface Fields {
  text(name: string): string
  textOrNull(name: string): string | null
  count(name: string): number
  /** undefined: there is no such member. */
  countIfThere(name: string): number | undefined
  texts(name: string): readonly string[]
  object(name: string): Fields
  json(name: string): Json
  all(): JsonObject
}

/**
 * @param place  names the row for whoever has to mend it: `sessions/<id>`; no secret
 * @throws AuthError `store.corrupt` from every method, for a value of another shape
 */
export function columnsOf(row: Row, place: string): Columns {
  const damaged = (name: string): AuthError => new AuthError('store.corrupt', `${place} is damaged: ${name}`)
  const text = (name: string): string => asText(row[name]) ?? raise(damaged(name))
  const json = (name: string): Json => {
    const source = text(name)
    try {
      return JSON.parse(source)
    } catch (cause) {
      if (cause instanceof SyntaxError) throw damaged(name)
      throw cause
    }
  }
  return {
    text,
    textOrNull: (name) => (row[name] === null ? null : text(name)),
    count: (name) => asCount(row[name]) ?? raise(damaged(name)),
    countOrNull: (name) => (row[name] === null ? null : (asCount(row[name]) ?? raise(damaged(name)))),
    object: (name) => fieldsOf(json(name), (inner) => damaged(`${name}${inner}`)),
    json,
    damaged,
  }
}

function fieldsOf(value: Json | undefined, damaged: (path: string) => AuthError): Fields {
  if (!isObject(value)) throw damaged('')
  const own = (name: string): Json | undefined => (Object.hasOwn(value, name) ? value[name] : undefined)
  const text = (name: string): string => asText(own(name)) ?? raise(damaged(`.${name}`))
  return {
    text,
    textOrNull: (name) => (own(name) === null ? null : text(name)),
    count: (name) => asCount(own(name)) ?? raise(damaged(`.${name}`)),
    countIfThere: (name) => (own(name) === undefined ? undefined : (asCount(own(name)) ?? raise(damaged(`.${name}`)))),
    texts: (name) => asTexts(own(name)) ?? raise(damaged(`.${name}`)),
    object: (name) => fieldsOf(own(name), (inner) => damaged(`.${name}${inner}`)),
    json: (name) => own(name) ?? (own(name) === null ? null : raise(damaged(`.${name}`))),
    all: () => value,
  }
}

function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function asCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

function asTexts(value: unknown): readonly string[] | null {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : null
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function raise(error: AuthError): never {
  throw error
}
