/** Which application claims an account may have. */
import { AuthError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { PROTOCOL_CLAIMS } from '../revocation/check.ts'

/** They travel in every token, so they are kept small. */
export const MOST_CLAIMS_BYTES = 4096
const MOST_CLAIMS = 32
const DEEPEST = 4

/** What a new account has: a token carries `roles` from the start, so that a later change reaches it (`applyPatch`). */
export const FIRST_CLAIMS: JsonObject = { roles: [] }

/**
 * Checks claims from outside.
 * @throws AuthError `account.invalid`; the message names the claim
 */
export function acceptClaims(value: unknown): JsonObject {
  if (!isObject(value)) throw invalid('Claims are a JSON object.')
  const names = Object.keys(value)
  if (names.length > MOST_CLAIMS) throw invalid(`An account has at most ${MOST_CLAIMS} claims.`)
  for (const name of names) {
    if (!/^[A-Za-z][\w.:/-]{0,127}$/.test(name))
      throw invalid('A claim is named by a letter, then letters, digits and _ . : / -')
    if (PROTOCOL_CLAIMS.has(name)) throw invalid(`The claim "${name}" belongs to the protocol.`)
    if (!isJson(value[name], DEEPEST)) throw invalid(`The claim "${name}" is nested too deeply or is not JSON.`)
  }
  const roles = value.roles
  if (roles !== undefined && !(Array.isArray(roles) && roles.every((role) => typeof role === 'string' && role !== '')))
    throw invalid('The claim "roles" is a list of names.')
  if (new TextEncoder().encode(JSON.stringify(value)).length > MOST_CLAIMS_BYTES)
    throw invalid(`Claims take at most ${MOST_CLAIMS_BYTES} bytes as JSON.`)
  return value as JsonObject
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isJson(value: unknown, depth: number): value is Json {
  if (value === null || typeof value === 'boolean') return true
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'number') return Number.isFinite(value)
  if (depth === 0) return false
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth - 1))
  if (!isObject(value)) return false
  // `__proto__` as a name would change the object that it is copied into.
  return Object.keys(value).every((name) => name !== '__proto__' && isJson(value[name], depth - 1))
}

function invalid(message: string): AuthError {
  return new AuthError('account.invalid', message)
}
