/** What a connection must be able to do, whoever made it. Free of `pg`'s types, for those who have only ours. */
import type { Row } from './columns.ts'

export interface Query {
  /** A connection prepares a query that has a name once. */
  readonly name?: string
  readonly text: string
  readonly values: unknown[]
  readonly types: typeof TYPES
  /** After so many milliseconds without an answer it fails; the connection is then of no more use. */
  readonly query_timeout: number
}

/** A connection of a pool, lent until `release`; one that is released as broken is closed. */
export interface PooledClient {
  query(query: Query): Promise<{ readonly rows: readonly Row[] }>
  release(isBroken?: boolean): void
  on(event: 'error', listener: () => void): unknown
  on(event: 'notice', listener: (notice: { readonly severity?: string | undefined }) => void): unknown
}

/** A pool of connections, such as `pg.Pool`. */
export interface ClientPool {
  connect(): Promise<PooledClient>
}

const INT4 = 23
const INT8 = 20
const BOOL = 16

/** Numbers and flags as such, text as it is. A number that is not exact is refused where rows are read. */
export const TYPES = {
  getTypeParser(oid: number): (value: string) => unknown {
    if (oid === INT8 || oid === INT4) return Number
    if (oid === BOOL) return (value) => value === 't'
    return (value) => value
  },
}
