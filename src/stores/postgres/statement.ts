/** Statements, named by what they say, so that a connection prepares each of them once. */
import { sha256Base64url } from '../../crypto/digest.ts'

export interface Statement {
  readonly name: string
  readonly text: string
}

export type Value = string | number | boolean | null

export function statement(text: string): Statement {
  return { name: `sojourn_${sha256Base64url(text)}`, text }
}

/**
 * A read, as one statement and so from one snapshot. It answers one row at least, which says whether the server is a standby: on
 * one, what is read may be old, and a revoked session alive.
 */
export function reading(text: string): Statement {
  return statement(
    `SELECT here.is_standby, found.* FROM (SELECT pg_is_in_recovery() AS is_standby) here LEFT JOIN LATERAL (
      SELECT true AS is_found, q.* FROM (${text}) q) found ON true`,
  )
}

/**
 * A step: a function of ours, which is a transaction of its own.
 * @param column  what a function that answers one value calls it; default: its own name
 */
export function calling(schema: string, name: string, parameters: number, column?: string): Statement {
  const list = Array.from({ length: parameters }, (_, i) => `$${i + 1}`).join(', ')
  return statement(`SELECT * FROM ${schema}.${name}(${list})${column === undefined ? '' : ` AS answer (${column})`}`)
}
