/** RECOVERY in SQLite: makes events true that the log may lack. */
import type { Appended, RevocationEvent } from '../../revocation/engine.ts'
import { atGeneration, keyOf, says } from '../../revocation/events.ts'
import { columnsOf } from './columns.ts'
import type { Connection } from './connection.ts'
import { append, parseEntry, putSubject, selectMembers, selectSubject } from './log.ts'

export function restoreEvents(connection: Connection, events: readonly RevocationEvent[], now: number): Appended {
  const held = selectLike(connection, events)
  for (const event of events) {
    makeTrue(connection, event)
    const isClaims = event.kind === 'claims'
    const wanted = isClaims ? atGeneration(event, selectSubject(connection, event.subject).generation) : event
    if (wanted.until <= now || held.some((one) => says(one, wanted))) continue
    append(connection, wanted)
    held.push(wanted)
  }
  const state = columnsOf(connection.get('SELECT incarnation, head FROM state') ?? {}, 'state')
  const [incarnation, offset] = [state.text('incarnation'), state.count('head')]
  return { incarnation, offset, members: selectMembers(connection), settled: true }
}

/** What the log holds of the same sessions, tokens and subjects, and of the floor: one pass over it, however many events. */
function selectLike(connection: Connection, events: readonly RevocationEvent[]): RevocationEvent[] {
  const sql = `SELECT position, event FROM log WHERE key IN (SELECT value FROM json_each(?)) OR kind = 'floor'`
  return connection.all(sql, JSON.stringify(events.map(keyOf))).map((row) => parseEntry(row).event)
}

function makeTrue(connection: Connection, event: RevocationEvent): void {
  switch (event.kind) {
    case 'session':
      connection.run('DELETE FROM sessions WHERE id = ?', event.sessionId)
      break
    case 'token':
      // The log is the truth of tokens.
      break
    case 'subject':
      raise(connection, event.subject, event.generation, event.generation, 0)
      connection.run('DELETE FROM sessions WHERE subject = ? AND generation < ?', event.subject, event.generation)
      break
    case 'claims':
      raise(connection, event.subject, event.generation, 0, event.generation)
      break
    case 'floor':
      connection.run('UPDATE state SET floor = max(floor, ?)', event.floor)
      break
  }
}

function raise(
  connection: Connection,
  subject: string,
  generation: number,
  deadBelow: number,
  staleBelow: number,
): void {
  const old = selectSubject(connection, subject)
  putSubject(connection, subject, {
    generation: Math.max(old.generation, generation),
    deadBelow: Math.max(old.deadBelow, deadBelow),
    staleBelow: Math.max(old.staleBelow, staleBelow),
  })
}
