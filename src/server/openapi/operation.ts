/** How a route is described: one object per route, in the words of OpenAPI 3.1, but for what every route has in common. */
import type { AuthErrorCode } from '../../errors.ts'
import type { Route } from '../../http/router.ts'
import type { Json, JsonObject } from '../../json.ts'

/** JSON Schema 2020-12. */
export type Schema = JsonObject

export type Scheme = 'cookie' | 'bearer' | 'operatorKey' | 'followerKey' | 'client' | 'providerToken'

export interface Answer {
  readonly description: string
  readonly headers?: JsonObject
  /** By media type; absent: no body. */
  readonly content?: JsonObject
}

export interface Operation {
  readonly method: Route['method']
  /** As the route has it. */
  readonly path: string
  readonly summary: string
  readonly description?: string
  /** Each of them alone is enough; `none`: it may also be asked without any. Absent: it looks at no credential. */
  readonly security?: readonly (Scheme | 'none')[]
  readonly query?: readonly Parameter[]
  /** Of the segments in braces, in their order. */
  readonly segments?: readonly Parameter[]
  readonly headers?: readonly Parameter[]
  readonly body?: Answer & { readonly required?: boolean }
  readonly answers: Readonly<Record<number, Answer>>
  /** Codes of the problems beside those that every route may answer. */
  readonly problems?: readonly AuthErrorCode[]
  /** Answers under any `Host`. */
  readonly anyHost?: true
}

export interface Parameter {
  readonly name: string
  readonly description: string
  readonly schema: Schema
  readonly required?: boolean
}

/** Closed: a member that is not named here is a fault. A name that ends in `?` may be absent. */
export function object(members: Readonly<Record<string, Schema>>, description?: string): Schema {
  const names = Object.keys(members)
  const required = names.filter((name) => !name.endsWith('?'))
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties: Object.fromEntries(names.map((name) => [name.replace(/\?$/, ''), members[name] as Json])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  }
}

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
export const text = (description?: string, more: Schema = {}): Schema => ({
  type: 'string',
  ...(description === undefined ? {} : { description }),
  ...more,
})
export const whole = (description?: string, more: Schema = {}): Schema => ({
  type: 'integer',
  ...(description === undefined ? {} : { description }),
  ...more,
})
/** Seconds since 1970. */
export const instant = (description: string): Schema => whole(`${description}; seconds since 1970`, { minimum: 0 })
export const flag = (description: string): Schema => ({ type: 'boolean', description })
export const list = (items: Schema, description?: string): Schema => ({
  type: 'array',
  ...(description === undefined ? {} : { description }),
  items,
})
export const one = (...values: readonly string[]): Schema => ({ type: 'string', enum: values })
export const orNull = (schema: Schema): Schema =>
  typeof schema.type === 'string' && schema.enum === undefined
    ? { ...schema, type: [schema.type, 'null'] }
    : { anyOf: [schema, { type: 'null' }] }

export const json = (description: string, schema: Schema, headers?: JsonObject): Answer => ({
  description,
  ...(headers ? { headers } : {}),
  content: { 'application/json': { schema } },
})
/** What a route reads that takes JSON and plain forms. */
export const fields = (schema: Schema, required = true) => ({
  description: 'the same members as JSON or as a form',
  required,
  content: { 'application/json': { schema }, 'application/x-www-form-urlencoded': { schema } },
})
export const form = (schema: Schema, required = true) => ({
  description: 'a form',
  required,
  content: { 'application/x-www-form-urlencoded': { schema } },
})
export const page = (description: string): Answer => ({
  description,
  content: { 'text/html': { schema: { type: 'string' } } },
})
export const redirect = (description: string): Answer => ({
  description,
  headers: { Location: { description: 'where to', required: true, schema: { type: 'string' } } },
})
export const empty = (description: string): Answer => ({ description })
/** `Set-Cookie`, where it may be there. */
export const setsCookie: JsonObject = {
  'Set-Cookie': { description: 'the session cookie, set or expired', schema: { type: 'string' } },
}

export const CSRF = ['csrf.cross_site', 'csrf.origin', 'csrf.missing'] as const satisfies readonly AuthErrorCode[]
export const STORE = ['store.unavailable', 'store.corrupt'] as const satisfies readonly AuthErrorCode[]
export const BODY = ['request.media_type'] as const satisfies readonly AuthErrorCode[]
/** Of whatever waits until a revocation has reached everybody. */
export const SPREAD = ['revocation.pending', 'revocation.unknown_outcome'] as const satisfies readonly AuthErrorCode[]
export const COOKIE = [
  'credentials.missing',
  'credentials.ambiguous',
  'session.ended',
  'session.mode',
  'session.conflict',
  'revocation.stale',
  ...CSRF,
  ...STORE,
] as const satisfies readonly AuthErrorCode[]
export const BEARER = [
  'credentials.scheme',
  'token.malformed',
  'token.too_large',
  'token.type',
  'token.algorithm',
  'token.critical',
  'token.key_unknown',
  'token.signature',
  'token.claim_missing',
  'token.claim_invalid',
  'token.issuer',
  'token.audience',
  'token.expired',
  'token.not_yet_valid',
  'token.issued_in_future',
  'token.lifetime',
  'token.revoked',
  'token.claims_stale',
  'keys.unavailable',
] as const satisfies readonly AuthErrorCode[]
/** Of whatever asks who is there. */
export const IDENTIFIED = [...COOKIE, ...BEARER] as const
