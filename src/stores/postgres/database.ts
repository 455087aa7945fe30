/** Statements and steps on a database that may be slow, gone, or another one than a moment ago. */
import type { Clock } from '../../clock.ts'
import { AuthError } from '../../errors.ts'
import { type Query, TYPES } from './client-pool.ts'
import type { Row } from './columns.ts'
import type { Connections } from './connections.ts'
import { asStoreError, isBroken, isContention } from './errors.ts'
import type { Statement, Value } from './statement.ts'
import { storable } from './storable.ts'

export interface Database {
  /** A short read (`reading`), at the price of one message. */
  read(statement: Statement, ...values: readonly Value[]): Promise<readonly Row[]>
  /** A read that may take its time, and so holds up no other. */
  scan(statement: Statement, ...values: readonly Value[]): Promise<readonly Row[]>
  /** A step (`calling`): one transaction. Answers its row; undefined when it has none. */
  step(statement: Statement, ...values: readonly Value[]): Promise<Row | undefined>
  close(): Promise<void>
}

export interface DatabaseOptions {
  readonly connections: Connections
  /** Whether a connection may keep what it has prepared: not behind a pooler that lends one for a transaction. */
  readonly prepares: boolean
  readonly timeoutMs: number
  readonly clock: Clock
}

/** How often a step is taken that the server undid because others were in its way. */
const TRIES = 5

export function createDatabase({ connections, prepares, timeoutMs, clock }: DatabaseOptions): Database {
  let closing: Promise<void> | null = null

  const queryOf = ({ name, text }: Statement, values: readonly Value[]): Query => ({
    ...(prepares ? { name } : {}),
    text,
    values: values.map((value) => (typeof value === 'string' ? storable(value) : value)),
    types: TYPES,
    query_timeout: timeoutMs,
  })
  const assertOpen = (): void => {
    if (closing) throw new AuthError('store.unavailable', 'the store has been closed')
  }
  /** A connection that broke while nobody looked is no reason to fail a read: once more, on another one. */
  const answer = async (run: (query: Query) => Promise<readonly Row[]>, query: Query): Promise<readonly Row[]> => {
    assertOpen()
    const startedMs = clock.monoMs()
    try {
      return foundIn(await run(query))
    } catch (error) {
      if (closing || !isBroken(error) || clock.monoMs() - startedMs > timeoutMs / 2) throw asStoreError(error)
    }
    try {
      return foundIn(await run(query))
    } catch (error) {
      throw asStoreError(error)
    }
  }
  return {
    read: (statement, ...values) => answer(connections.shared, queryOf(statement, values)),
    scan: (statement, ...values) => answer(connections.alone, queryOf(statement, values)),

    async step(statement, ...values) {
      const query = queryOf(statement, values)
      for (let tries = 1; ; tries++) {
        assertOpen()
        try {
          return (await connections.alone(query))[0]
        } catch (error) {
          if (!isContention(error) || tries === TRIES) throw asStoreError(error)
        }
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 2 ** tries * 5))
      }
    },

    close() {
      closing ??= connections.close()
      return closing
    },
  }
}

/** The rows of a `reading`. @throws AuthError `store.unavailable` when a standby has answered */
function foundIn(rows: readonly Row[]): readonly Row[] {
  if (rows[0]?.is_standby !== false) {
    throw new AuthError('store.unavailable', 'the database is a standby: connect to the primary')
  }
  return rows.filter((row) => row.is_found === true)
}
