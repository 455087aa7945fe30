/** Port for small keyed values with a lifetime: signing keys, reset codes, browser records, later OIDC payloads. */
import type { Json } from './json.ts'

/** A stored value and the version that `compareAndSet` must name. Versions start at 1 and rise by 1. */
export interface StoredRecord {
  readonly value: Json
  readonly version: number
}

/**
 * Values of one kind. Each method is one atomic step. `now` and `expiresAt` are whole seconds since 1970;
 * a record is gone from the first second at which `now >= expiresAt` (`null`: it never expires).
 *
 * @throws AuthError `store.unavailable` from every method
 */
export interface Records {
  /** Writes, whatever was there; the version starts again at 1. */
  put(key: string, value: Json, expiresAt: number | null, now: number): Promise<void>
  find(key: string, now: number): Promise<StoredRecord | null>
  /** Writes if the stored version is `version` (`null`: if there is no live record); false, and nothing changed, otherwise. */
  compareAndSet(
    key: string,
    version: number | null,
    value: Json,
    expiresAt: number | null,
    now: number,
  ): Promise<boolean>
  /** Removes and returns: of any number of callers at most one gets the value. */
  take(key: string, now: number): Promise<Json | null>
  /** Live records in key order, starting after `cursor`. */
  list(cursor: string | null, limit: number, now: number): Promise<readonly (StoredRecord & { readonly key: string })[]>
  /** Removes at most `limit` expired records; answers how many. */
  deleteExpired(now: number, limit: number): Promise<number>
}

/** Hands out the records of a kind (a name of letters, digits and `-`). */
export type RecordsOf = (kind: string) => Records
