/** The revocation log, the registry and the truth in SQLite: durable on one node, shared by its processes. */
import { AuthError } from '../../errors.ts'
import type { RevocationEngine } from '../../revocation/engine.ts'
import { checkLimit, removeInBatches } from './batches.ts'
import { columnsOf } from './columns.ts'
import type { Database } from './database.ts'
import { append, parseEntry, parseMember, putSubject, selectFloor, selectSubject } from './log.ts'
import { restoreEvents } from './restore.ts'
import { IS_ALIVE } from './session-rows.ts'

export function createRevocations(database: Database): RevocationEngine {
  return {
    durability: 'D1',
    overlapMs: 0,

    renew: (id) =>
      database.write((connection) => {
        connection.run(
          `INSERT INTO members (id, renewals, acked) VALUES (?, 1, 0)
            ON CONFLICT (id) DO UPDATE SET renewals = renewals + 1`,
          id,
        )
        const sql = `SELECT incarnation, head, coalesce((SELECT min(position) FROM log), head + 1) AS first FROM state`
        const columns = columnsOf(connection.get(sql) ?? {}, 'state')
        return {
          incarnation: columns.text('incarnation'),
          head: columns.count('head'),
          firstRetained: columns.count('first'),
          settled: true,
        }
      }),

    async readAfter(offset, limit, of) {
      checkLimit(limit)
      return database.read((connection) => {
        const sql = 'SELECT position, event FROM log WHERE position > ? ORDER BY position LIMIT ?'
        const rows = connection.all(sql, offset, limit)
        // Afterwards: an incarnation that is still meant was so when the entries were read, for none comes back.
        const state = columnsOf(connection.get('SELECT incarnation FROM state') ?? {}, 'state')
        if (of !== undefined && of !== state.text('incarnation')) {
          throw new AuthError('store.unavailable', 'the revocation log has become another one')
        }
        return rows.map(parseEntry)
      })
    },

    ack: (id, offset) =>
      database.write((connection) => {
        // Beyond the head nothing can have been applied: such an ack would count for entries that come later.
        const sql = 'UPDATE members SET acked = ? WHERE id = ? AND acked < ? AND ? <= (SELECT head FROM state)'
        connection.run(sql, offset, id, offset, offset)
      }),

    async members() {
      // One statement: members of one incarnation, never of two.
      const sql = 'SELECT state.incarnation, m.id, m.renewals, m.acked FROM state LEFT JOIN members m ON true'
      const rows = await database.read((connection) => connection.all(sql))
      const incarnation = columnsOf(rows[0] ?? {}, 'state').text('incarnation')
      return { incarnation, members: rows.filter((row) => row.id !== null).map(parseMember), settled: true }
    },

    async leave(id) {
      await database.write((connection) => connection.run('DELETE FROM members WHERE id = ?', id))
    },

    reap: (id, renewals) =>
      database.write(
        (connection) => connection.run('DELETE FROM members WHERE id = ? AND renewals = ?', id, renewals) === 1,
      ),

    revokeToken: (tokenId, until) =>
      database.write((connection) => append(connection, { kind: 'token', tokenId, until })),

    bumpClaims: (subject, until) =>
      database.write((connection) => {
        const { generation: old, deadBelow } = selectSubject(connection, subject)
        const generation = old + 1
        putSubject(connection, subject, { generation, deadBelow, staleBelow: generation })
        return { ...append(connection, { kind: 'claims', subject, generation, patch: null, until }), generation }
      }),

    publishPatch: (subject, generation, patch, until) =>
      database.write((connection) => {
        if (selectSubject(connection, subject).generation !== generation) return null
        return append(connection, { kind: 'claims', subject, generation, patch, until })
      }),

    raiseFloor: (keyIds, until) =>
      database.write((connection) => {
        connection.run('UPDATE state SET floor = floor + 1')
        const floor = selectFloor(connection)
        return { ...append(connection, { kind: 'floor', floor, keyIds, until }), floor }
      }),

    restore: (events, now) => database.write((connection) => restoreEvents(connection, events, now)),

    // Nothing acknowledged is lost while the file is there, and another file at its path is not read.
    settle: () => database.read(() => undefined),

    floor: () => database.read(selectFloor),

    subject: (subject) => database.read((connection) => selectSubject(connection, subject)),

    async judge(credential, now) {
      const { sessionId, subject, tokenId, generation } = credential
      // One statement, so that all of it is read from one snapshot.
      const row = await database.read((connection) =>
        connection.get(
          `SELECT (SELECT s.subject FROM sessions s WHERE s.id = ? AND ${IS_ALIVE}) AS subject,
            coalesce((SELECT dead_below FROM subjects WHERE subject = ?), 0) AS dead_below,
            coalesce((SELECT stale_below FROM subjects WHERE subject = ?), 0) AS stale_below,
            EXISTS (SELECT 1 FROM log WHERE kind = 'token' AND key = ?) AS revoked`,
          sessionId,
          now,
          subject,
          subject,
          tokenId,
        ),
      )
      const columns = columnsOf(row ?? {}, `subjects/${subject}`)
      // Compared so that an absent or ill-typed generation is dead, not alive.
      if (columns.textOrNull('subject') !== subject || !(generation >= columns.count('dead_below'))) return 'dead'
      if (columns.count('revoked') === 1) return 'dead'
      return generation >= columns.count('stale_below') ? 'alive' : 'stale'
    },

    prune: (now) =>
      removeInBatches(database, Number.MAX_SAFE_INTEGER, (connection, rows) => {
        const kept = connection.get('SELECT position FROM log WHERE until > ? ORDER BY position LIMIT 1', now)
        const end = kept ? columnsOf(kept, 'log').count('position') : Number.MAX_SAFE_INTEGER
        const sql = `DELETE FROM log WHERE position IN
          (SELECT position FROM log WHERE position < ? ORDER BY position LIMIT ?)`
        return connection.run(sql, end, rows)
      }),

    watch: (wake) => database.watch(wake),
  }
}
