/** Reads values that came from the store: each has the shape that is asked for, or the row is damaged. */
import { AuthError } from '../../errors.ts'
import type { Json, JsonObject } from '../../json.ts'

/** @param place  names the row for whoever has to mend it: `sessions/<id>`; no secret */
export function damaged(place: string): AuthError {
  return new AuthError('store.corrupt', `${place} is damaged`)
}

export function asText(value: unknown, place: string): string {
  if (typeof value === 'string') return value
  throw damaged(place)
}

export function asTextOrNull(value: unknown, place: string): string | null {
  return value === null ? null : asText(value, place)
}

/** A whole number from 0 on, as text or as a number. */
export function asCount(value: unknown, place: string): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number
  throw damaged(place)
}

export function asList(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw damaged(place)
}

export function asTexts(value: unknown, place: string): readonly string[] {
  return asList(value, place).map((item) => asText(item, place))
}

export function asObject(value: unknown, place: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw damaged(place)
}

export function parseJson(text: unknown, place: string): Json {
  try {
    return JSON.parse(asText(text, place))
  } catch (cause) {
    if (cause instanceof SyntaxError) throw damaged(place)
    throw cause
  }
}

/** The JSON of a value. @throws TypeError for what JSON cannot hold */
export function toJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError('a stored value must be JSON')
  return text
}

/** @throws TypeError unless it is a whole number from 1 on */
export function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new TypeError('limit must be a whole number from 1 on')
}
