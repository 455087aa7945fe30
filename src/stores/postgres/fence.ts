/** The fence in Postgres: locks that the application's transaction holds. */
import type { FencingStore } from '../../login/fence.ts'
import { columnsOf, type Row } from './columns.ts'
import { asStoreError, sqlState } from './errors.ts'
import { oneOf } from './log.ts'
import { storable } from './storable.ts'

/** @param s  the quoted name of the schema */
export function createFencing(s: string): FencingStore['fence'] {
  const fence = `SELECT ${s}.fence($1, $2, $3, $4, $5) AS verdict, pg_current_xact_id()::text AS transaction`
  // A lock that is taken outside a transaction is gone before this is asked.
  const check = 'SELECT pg_current_xact_id_if_assigned()::text AS transaction'
  return async (client, { sessionId, subject, tokenId, generation }, now) => {
    const ask = async (text: string, ...values: unknown[]): Promise<Row> => {
      const { rows } = await client.query(text, values)
      return { ...rows[0] }
    }
    try {
      const row = await ask(
        fence,
        storable(sessionId),
        storable(subject),
        tokenId === null ? null : storable(tokenId),
        Number.isSafeInteger(generation) ? generation : null,
        now,
      )
      if (oneOf(row, 'verdict', ['alive', 'stale', 'dead']) === 'dead') return false
      const here = columnsOf(await ask(check), 'transaction').textOrNull('transaction')
      if (here !== columnsOf(row, 'fence').text('transaction')) {
        throw new TypeError('a fence is set inside a transaction: BEGIN first, on the same client')
      }
      return true
    } catch (error) {
      if (sqlState(error) === 'SJ001') {
        throw new TypeError('a fence needs a transaction that is READ COMMITTED', { cause: error })
      }
      throw asStoreError(error)
    }
  }
}
