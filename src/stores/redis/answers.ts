/** What steps answer, in the shapes of the ports. */
import type { Appended, LogEntry, Member, RevocationEvent } from '../../revocation/engine.ts'
import type { Reply } from './connection.ts'
import { asCount, asList, asObject, asText, asTextOrNull, asTexts, damaged, parseJson } from './fields.ts'

/** @param reply incarnation, offset, members as Redis lists a hash, settled */
export function parseAppended(reply: unknown): Appended {
  const [incarnation, offset, members, settled] = asList(reply, 'log')
  return {
    incarnation: asText(incarnation, 'meta'),
    offset: asCount(offset, 'meta'),
    members: parseMembers(members),
    settled: settled === 1,
  }
}

function parseMembers(value: unknown): readonly Member[] {
  const flat = asTexts(value, 'members')
  const members: Member[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const [renewals, acked] = flat[i + 1]?.split(' ') ?? []
    members.push({ id: flat[i] ?? '', renewals: asCount(renewals, 'members'), acked: asCount(acked, 'members') })
  }
  return members
}

/** A page of the log: a line for each entry, `<offset> <until> <event>`. @throws AuthError `store.corrupt`, naming the entry */
export function parseLog(reply: Reply): readonly LogEntry[] {
  const text = asText(reply, 'log')
  return text === '' ? [] : text.split('\n').map(parseEntry)
}

function parseEntry(line: string): LogEntry {
  const first = line.indexOf(' ')
  const second = line.indexOf(' ', first + 1)
  const offset = asCount(line.slice(0, first), 'log')
  const place = `log/${offset}`
  const until = asCount(line.slice(first + 1, second), place)
  const fields = asObject(parseJson(line.slice(second + 1), place), place)
  return { offset, event: parseEvent(fields, until, place) }
}

function parseEvent(fields: Readonly<Record<string, unknown>>, until: number, place: string): RevocationEvent {
  const drain = fields.drainSeconds === undefined ? {} : { drainSeconds: asCount(fields.drainSeconds, place) }
  const subject = (): string => asText(fields.subject, place)
  switch (fields.kind) {
    case 'session': {
      const sessionId = asText(fields.sessionId, place)
      return { kind: 'session', sessionId, subject: asTextOrNull(fields.subject, place), until, ...drain }
    }
    case 'token':
      return { kind: 'token', tokenId: asText(fields.tokenId, place), until }
    case 'subject':
      return { kind: 'subject', subject: subject(), generation: asCount(fields.generation, place), until, ...drain }
    case 'claims': {
      const patch = fields.patch === null ? null : asObject(fields.patch, place)
      return { kind: 'claims', subject: subject(), generation: asCount(fields.generation, place), patch, until }
    }
    case 'floor': {
      const keyIds = asTexts(fields.keyIds, place)
      return { kind: 'floor', floor: asCount(fields.floor, place), keyIds, until }
    }
    default:
      throw damaged(place)
  }
}
