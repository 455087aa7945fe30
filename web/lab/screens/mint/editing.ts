/** What the buttons of the editors do to header and payload: text in, text out. */
import { randomId } from '../../../../src/crypto/random.ts'
import type { JsonObject } from '../../../../src/json.ts'
import { readJson } from '../../paste/lenient-json.ts'

/** What is wrong with the text, with its place in words; null: it is one strict JSON object. */
export function faultIn(text: string): string | null {
  const { value, faults } = readJson(text)
  const [first] = faults
  if (first) {
    const before = text.slice(0, first.at).split('\n')
    return `Line ${before.length}, character ${(before.at(-1) ?? '').length + 1}: ${first.reason}`
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? null
    : 'A JSON object is expected: { … }'
}

export function objectOf(text: string): JsonObject | null {
  return faultIn(text) === null ? (JSON.parse(text) as JsonObject) : null
}

export const textOf = (object: object): string => JSON.stringify(object, null, 2)

/** Sets members; undefined takes one away. A text that is no JSON stays as it is. */
export function withMembers(text: string, members: Readonly<Record<string, unknown>>): string {
  const object = objectOf(text)
  return object ? textOf({ ...object, ...members }) : text
}

export const MAX_ROLES = 200

export function withRoles(text: string, count: number): string {
  const roles = Array.from({ length: count }, (_, i) => `project-${i + 1}:editor`)
  return withMembers(text, { roles: count === 0 ? undefined : roles })
}

export function rolesIn(text: string): number {
  const roles = objectOf(text)?.roles
  return Array.isArray(roles) ? Math.min(roles.length, MAX_ROLES) : 0
}

export const newId = (): string => randomId()

/** The payload as it is signed: without the white space of the editor. */
export function dense(text: string): string {
  const object = objectOf(text)
  return object ? JSON.stringify(object) : text
}

/** @param now seconds since 1970 */
export function firstPayload(now: number): string {
  return textOf({
    iss: 'https://login.example',
    sub: 'u_8f3k2',
    aud: 'https://api.example',
    exp: now + 600,
    iat: now,
    jti: newId(),
    client_id: 'web',
    scope: 'orders:read',
  })
}
