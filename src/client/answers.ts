/** The server's answers in the shapes that callers get: members in camel case, checked. */
import type { JsonObject } from '../json.ts'
import { fail, member, type Result, succeed } from './result.ts'

const MODES = ['cookie', 'token', 'hybrid'] as const
type Mode = (typeof MODES)[number]

/** One login of the user; instants are seconds since 1970. */
export interface DeviceSession {
  readonly id: string
  readonly mode: Mode
  /** null where a token alone does not tell. */
  readonly createdAt: number | null
  readonly expiresAt: number
  readonly authenticatedAt: number
  readonly acr: string | null
  readonly amr: readonly string[]
}

export interface Device extends DeviceSession {
  readonly lastSeenAt: number
  readonly clientId: string | null
  readonly device: { readonly userAgent: string | null; readonly address: string | null }
  /** This very login. */
  readonly current: boolean
}

export interface SessionInfo {
  readonly subject: string
  readonly claims: JsonObject
  readonly session: DeviceSession & { readonly credential: 'cookie' | 'token' }
  /** What the application wants this login to become (`POST /auth/convert`); null: it is as it should be. */
  readonly convertTo: Mode | null
}

export interface DevicePage {
  readonly devices: readonly Device[]
  /** For the next page; null after the last one. */
  readonly cursor: string | null
}

/** An access token for an audience, to be used by whoever asked for it and kept nowhere. */
export interface AudienceToken {
  readonly accessToken: string
  /** How long it still lives. */
  readonly expiresInSeconds: number
}

const MALFORMED = fail('client.answer', 200)

export function readSession(value: unknown): Result<SessionInfo> {
  const [subject, claims, session] = [member(value, 'subject'), member(value, 'claims'), member(value, 'session')]
  if (typeof subject !== 'string' || typeof claims !== 'object' || claims === null || !isSession(session)) {
    return MALFORMED
  }
  return succeed(
    camel({ subject, claims, session, convertTo: member(value, 'convert_to') ?? null }, 'claims') as SessionInfo,
  )
}

export function readDevices(value: unknown): Result<DevicePage> {
  const sessions = member(value, 'sessions')
  const cursor = member(value, 'cursor')
  if (!Array.isArray(sessions) || !sessions.every(isSession)) return MALFORMED
  return succeed({
    devices: sessions.map((session: unknown) => camel(session) as Device),
    cursor: typeof cursor === 'string' ? cursor : null,
  })
}

function isSession(value: unknown): boolean {
  return typeof member(value, 'id') === 'string' && typeof member(value, 'expires_at') === 'number'
}

/** Renames members, those of members too, but for one that is the application's own. */
function camel(value: unknown, untouched?: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      name === untouched ? inner : camel(inner),
    ]),
  )
}
