/** The revocation log, the registry and the truth in Postgres: durable on one node, or on two at a time. */
import { AuthError } from '../../errors.ts'
import type { Durability, RevocationEngine, SubjectState } from '../../revocation/engine.ts'
import { checkLimit, removeInBatches } from './batches.ts'
import { columnsOf, type Row } from './columns.ts'
import type { Database } from './database.ts'
import type { End } from './endings.ts'
import { eventColumns, oneOf, parseAppended, parseEntry, parseMembers } from './log.ts'
import { alive } from './rules.ts'
import { calling, reading } from './statement.ts'
import type { Watch } from './watch.ts'

const CLASSES = ['D0', 'D1', 'D3'] as const

/**
 * @param s           the quoted name of the schema
 * @param durability  as read when the store was opened; every renewal reads it anew
 */
export function createRevocations(
  database: Database,
  s: string,
  durability: Durability,
  end: End,
  watch: Watch,
): RevocationEngine {
  const sql = statements(s)
  let present = durability
  /** How far the server's journal reached at the last renewal. */
  let seen: { readonly incarnation: string; readonly journal: string } | null = null
  /** Our own appends are known here at once, whatever becomes of notifications. */
  const append = async (answering: Promise<Row | undefined>): Promise<Row | undefined> => {
    const row = await answering
    if (row) watch.wakeAll()
    return row
  }
  return {
    get durability() {
      return present
    },
    // A primary whose standby was promoted in its place confirms no renewal where commits wait for that standby; elsewhere
    // it must be stopped before the promotion, as with every asynchronous replica.
    overlapMs: 0,

    async renew(id) {
      const row = await database.step(sql.renew, id, seen?.incarnation ?? null, seen?.journal ?? null)
      const columns = columnsOf(row ?? {}, 'state')
      const incarnation = columns.text('incarnation')
      present = oneOf(row, 'durability', CLASSES)
      seen = { incarnation, journal: columns.text('seen') }
      return {
        incarnation,
        head: columns.count('head'),
        firstRetained: columns.count('first_retained'),
        settled: columns.flag('settled'),
      }
    },

    async readAfter(offset, limit, of) {
      checkLimit(limit)
      const rows = await database.read(sql.readAfter, offset, limit)
      const incarnation = columnsOf(rows[0] ?? {}, 'state').text('incarnation')
      if (of !== undefined && of !== incarnation) {
        throw new AuthError('store.unavailable', 'the revocation log has become another one')
      }
      return rows.filter((row) => row.log_position !== null).map(parseEntry)
    },

    async ack(id, offset) {
      await database.step(sql.ack, id, offset, seen?.journal ?? null)
    },

    async members() {
      const [row] = await database.read(sql.members)
      const columns = columnsOf(row ?? {}, 'members')
      return {
        incarnation: columns.text('incarnation'),
        members: parseMembers(columns),
        settled: columns.flag('settled'),
      }
    },

    async leave(id) {
      await database.step(sql.leave, id)
    },

    async reap(id, renewals) {
      return columnsOf((await database.step(sql.reap, id, renewals)) ?? {}, 'reap').flag('reap')
    },

    async revokeToken(tokenId, until, now) {
      const { ended, ...appended } = await end({ kind: 'token', tokenId, until }, now)
      return appended
    },

    async bumpClaims(subject, until) {
      const row = await append(database.step(sql.bumpClaims, subject, until))
      return { ...parseAppended(row), generation: columnsOf(row ?? {}, `subjects/${subject}`).count('generation') }
    },

    async publishPatch(subject, generation, patch, until) {
      const row = await append(database.step(sql.publishPatch, subject, generation, JSON.stringify(patch), until))
      return row ? parseAppended(row) : null
    },

    async raiseFloor(keyIds, until) {
      const row = await append(database.step(sql.raiseFloor, JSON.stringify(keyIds), until))
      return { ...parseAppended(row), floor: columnsOf(row ?? {}, 'emergency_floor').count('floor') }
    },

    async restore(events, now) {
      return parseAppended(await append(database.step(sql.restore, JSON.stringify(events.map(eventColumns)), now)))
    },

    async settle(incarnation) {
      await database.step(sql.settle, incarnation)
    },

    async floor() {
      const [row] = await database.read(sql.floor)
      return columnsOf(row ?? {}, 'emergency_floor').count('floor')
    },

    async subject(subject): Promise<SubjectState> {
      const [row] = await database.read(sql.subject, subject)
      if (!row) return { generation: 0, deadBelow: 0, staleBelow: 0 }
      const columns = columnsOf(row, `subjects/${subject}`)
      return {
        generation: columns.count('generation'),
        deadBelow: columns.count('dead_below'),
        staleBelow: columns.count('stale_below'),
      }
    },

    async judge({ sessionId, subject, tokenId, generation }, now) {
      const [row] = await database.read(sql.judge, sessionId, now, subject, tokenId)
      const columns = columnsOf(row ?? {}, `subjects/${subject}`)
      // Compared so that an absent or ill-typed generation is dead, not alive.
      if (columns.textOrNull('subject') !== subject || !(generation >= columns.count('dead_below'))) return 'dead'
      if (columns.flag('is_revoked')) return 'dead'
      return generation >= columns.count('stale_below') ? 'alive' : 'stale'
    },

    prune: (now) => removeInBatches(database, Number.MAX_SAFE_INTEGER, sql.prune, now),

    watch: watch.add,
  }
}

function statements(s: string) {
  return {
    renew: calling(s, 'renew', 3),
    ack: calling(s, 'acknowledge', 3),
    leave: calling(s, 'leave', 1),
    reap: calling(s, 'reap', 2),
    bumpClaims: calling(s, 'bump_claims', 2),
    publishPatch: calling(s, 'publish_patch', 4),
    raiseFloor: calling(s, 'raise_floor', 2),
    restore: calling(s, 'restore', 2),
    settle: calling(s, 'settle', 1),
    prune: calling(s, 'prune', 2, 'removed'),
    // One statement each: entries, and members, of one incarnation, never of two.
    readAfter: reading(`SELECT i.incarnation, l.* FROM ${s}.standing() i LEFT JOIN LATERAL
      (SELECT * FROM ${s}.log WHERE log_position > $1 ORDER BY log_position LIMIT $2) l ON true ORDER BY l.log_position`),
    members: reading(`SELECT i.*, (SELECT coalesce(json_agg(json_build_array(m.id, m.renewals, m.acked)), '[]')::text
      FROM ${s}.members m) AS members FROM ${s}.standing() i`),
    floor: reading(`SELECT floor FROM ${s}.emergency_floor`),
    subject: reading(`SELECT * FROM ${s}.subjects WHERE subject = $1`),
    // One statement, so that all of it is read from one snapshot.
    judge:
      reading(`SELECT (SELECT s.subject FROM ${s}.sessions s WHERE s.id = $1 AND ${alive(s, 's', '$2')}) AS subject,
      coalesce((SELECT u.dead_below FROM ${s}.subjects u WHERE u.subject = $3), 0) AS dead_below,
      coalesce((SELECT u.stale_below FROM ${s}.subjects u WHERE u.subject = $3), 0) AS stale_below,
      EXISTS (SELECT FROM ${s}.log l WHERE l.kind = 'token' AND l.key = $4) AS is_revoked`),
  }
}
