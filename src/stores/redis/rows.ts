/** Sessions and families as rows, and the judgement of a row by the log's truth. */
import type { Family } from '../../refresh/family.ts'
import type { SubjectState } from '../../revocation/engine.ts'
import { isExpired, type Mode, type Session } from '../../session/session.ts'
import { asCount, asList, asObject, asText, asTextOrNull, asTexts, damaged, parseJson, toJson } from './fields.ts'
import { idOf, type Places, refOf } from './places.ts'

const MODES: ReadonlySet<string> = new Set<Mode>(['cookie', 'token', 'hybrid'])

/** The eleven arguments that stand for a session in a command. */
export function sessionArgs(session: Session, places: Places): readonly string[] {
  return [
    refOf(session.id),
    String(session.version),
    String(session.lastSeenAt),
    String(session.idleTimeoutSeconds),
    String(session.absoluteExpiresAt),
    String(session.generation),
    String(session.floor),
    String(session.createdAt),
    places.ofSession(session.id, session.subject),
    toJson(session.subject),
    toJson([
      session.secretHash,
      session.mode,
      session.authenticatedAt,
      session.acr,
      session.amr,
      session.clientId,
      session.browserId,
      session.device.userAgent,
      session.device.address,
      session.claims,
      session.claimsGeneration,
      session.data,
    ]),
  ]
}

const BODY_LENGTH = 12

/** @throws AuthError `store.corrupt` */
export function parseSession(ref: string, text: unknown): Session {
  const id = idOf(ref)
  const place = `sessions/${id}`
  const lines = asText(text, place).split('\n')
  const numbers = lines[0]?.split(' ') ?? []
  const body = asList(parseJson(lines[3], place), place)
  if (lines.length !== 4 || numbers.length !== 8 || body.length !== BODY_LENGTH) throw damaged(place)
  const mode = asText(body[1], place)
  if (!MODES.has(mode)) throw damaged(place)
  return {
    id,
    secretHash: asTextOrNull(body[0], place),
    subject: asTextOrNull(parseJson(lines[1], place), place),
    mode: mode as Mode,
    generation: asCount(numbers[4], place),
    floor: asCount(numbers[5], place),
    version: asCount(numbers[0], place),
    createdAt: asCount(numbers[6], place),
    lastSeenAt: asCount(numbers[1], place),
    idleTimeoutSeconds: asCount(numbers[2], place),
    absoluteExpiresAt: asCount(numbers[3], place),
    authenticatedAt: asCount(body[2], place),
    acr: asTextOrNull(body[3], place),
    amr: asTexts(body[4], place),
    clientId: asTextOrNull(body[5], place),
    browserId: asTextOrNull(body[6], place),
    device: { userAgent: asTextOrNull(body[7], place), address: asTextOrNull(body[8], place) },
    claims: asObject(body[9], place),
    claimsGeneration: asCount(body[10], place),
    data: body[11] as Session['data'],
  }
}

/** @throws AuthError `store.corrupt` */
export function parseFamily(ref: string, text: unknown): Family {
  const id = idOf(ref)
  const place = `families/${id}`
  const lines = asText(text, place).split('\n')
  const [step, rotatedAt, floor, createdAt, ...more] = lines[0]?.split(' ') ?? []
  const [subject, clientId, audience, scope] = asList(parseJson(lines[5], place), place)
  if (lines.length !== 6 || more.length > 0) throw damaged(place)
  return {
    id,
    sessionId: idOf(asText(lines[1], place)),
    subject: asText(subject, place),
    clientId: asTextOrNull(clientId, place),
    audience: asTexts(audience, place),
    scope: asTextOrNull(scope, place),
    floor: asCount(floor, place),
    step: asCount(step, place),
    secretHash: asText(parseJson(lines[2], place), place),
    previousHash: asTextOrNull(parseJson(lines[3], place), place),
    rotatedAt: rotatedAt === '-' ? null : asCount(rotatedAt, place),
    sealedSuccessor: asTextOrNull(parseJson(lines[4], place), place),
    createdAt: asCount(createdAt, place),
  }
}

const UNTOUCHED: SubjectState = Object.freeze({ generation: 0, deadBelow: 0, staleBelow: 0 })

/** @param text empty or nil: nothing has ever happened to the subject */
export function parseNumbers(text: unknown): SubjectState {
  if (text === '' || text === null) return UNTOUCHED
  const [generation, deadBelow, staleBelow, ...more] = asText(text, 'subjects').split(' ')
  if (more.length > 0) throw damaged('subjects')
  return {
    generation: asCount(generation, 'subjects'),
    deadBelow: asCount(deadBelow, 'subjects'),
    staleBelow: asCount(staleBelow, 'subjects'),
  }
}

/** The rule of `SessionStore`. */
export function isAlive(session: Session, floor: number, subject: SubjectState, now: number): boolean {
  return !isExpired(session, now) && session.floor >= floor && session.generation >= subject.deadBelow
}
