/** The audit log in Redis: a stream in one slot, of which the newest events are kept. */
import type { AuditAction, AuditActor, StoredAuditEvent } from '../../audit/event.ts'
import type { AuditStore } from '../../audit/store.ts'
import type { JsonObject } from '../../json.ts'
import { asCount, asList, asObject, asText, asTextOrNull, checkLimit, damaged, parseJson, toJson } from './fields.ts'
import type { Steps } from './steps.ts'

const LOOKED_AT_PER_STEP = 1000

/** @param kept how many events, about */
export function createAudit(steps: Steps, kept: number): AuditStore {
  const tag = `${steps.prefix}=audit`
  const keys = [`{${tag}}log`, `{${tag}}sequence`]
  return {
    async append(event) {
      const args = [toJson(event.subject), toJson(event.sessionId), event.action, toJson(event), String(kept)]
      await steps.on('appendAudit', tag, keys, event.at, ...args)
    },

    async list({ subject, sessionId, action }, before, limit) {
      checkLimit(limit)
      const wanted = [subject === undefined ? '*' : toJson(subject), sessionId === undefined ? '*' : toJson(sessionId)]
      const found: StoredAuditEvent[] = []
      for (let below = before ?? Number.MAX_SAFE_INTEGER; below > 1 && found.length < limit; ) {
        const page = [String(below - 1), String(limit - found.length), String(LOOKED_AT_PER_STEP)]
        const reply = await steps.on('listAudit', tag, keys, 0, ...wanted, action ?? '*', ...page)
        const [stopped, ...flat] = asList(reply, 'audit')
        for (let i = 0; i + 1 < flat.length; i += 2) found.push(parseEvent(asCount(flat[i], 'audit'), flat[i + 1]))
        below = stopped === '' ? 0 : asCount(stopped, 'audit')
      }
      return found
    },
  }
}

function parseEvent(sequence: number, text: unknown): StoredAuditEvent {
  const place = `audit/${sequence}`
  const fields = asObject(parseJson(text, place), place)
  return {
    sequence,
    at: asCount(fields.at, place),
    // A later version may have written actions that this one does not know; they are shown as they are.
    action: asText(fields.action, place) as AuditAction,
    actor: parseActor(asObject(fields.actor, place), place),
    subject: asTextOrNull(fields.subject, place),
    sessionId: asTextOrNull(fields.sessionId, place),
    address: asTextOrNull(fields.address, place),
    detail: asObject(fields.detail, place),
  }
}

function parseActor(fields: JsonObject, place: string): AuditActor {
  switch (fields.kind) {
    case 'subject':
    case 'operator':
      return { kind: fields.kind, id: asText(fields.id, place) }
    case 'operator_key':
    case 'cli':
    case 'system':
    case 'anonymous':
      return { kind: fields.kind }
    default:
      throw damaged(place)
  }
}
