/**
 * Logins that another library began: each becomes one session of ours, at first sight and at most once, however many requests
 * bring it at the same time. What is to be created is written down before it is created, so that whoever comes second, or
 * comes again after a crash or a lost answer, completes the same session and gets the same cookie.
 */
import { sha256Base64url } from '../crypto/digest.ts'
import { randomId } from '../crypto/random.ts'
import { AuthError } from '../errors.ts'
import { insist } from '../insist.ts'
import type { Json } from '../json.ts'
import type { Device, Session } from '../session/session.ts'
import { newSessionToken, secretOf } from '../session/session-token.ts'
import { copyJson } from '../session/sessions.ts'
import type { FormerLogin, MovedIn, MoveIn, MoveInInput } from './move-in-shape.ts'
import { plainDevice } from './new-session.ts'
import { idsOf, type Parts } from './parts.ts'

/** What is written down before the session exists. */
interface Claim {
  readonly sessionId: string
  /** The cookie's secret, encrypted under the secret ring. */
  readonly sealed: string
  readonly browserId: string
  readonly at: number
  readonly isDone: boolean
}

const KIND = 'moved-in'
const SECRET = 'moved-in'
/** A browser that missed the answer gets the same cookie again for so long. */
const REPLAY_SECONDS = 300
/** A move that was never finished is finished for so long: shorter than the log remembers the end of a session. */
const FINISH_SECONDS = 3600
const ATTEMPTS = 5
const MAX_SUBJECT = 255

export function createMoveIn(parts: Parts): MoveIn {
  const { options, claims, emit } = parts
  const { clock, store, secrets } = options
  const records = store.records(KIND)
  const keepUntil = (): number => clock.now() + options.lifetimes.cookie.absoluteSeconds

  /** null: somebody else was faster, or our own answer was lost. */
  const begin = async (key: string, subject: string): Promise<Claim | null> => {
    const { id: sessionId, value } = newSessionToken(store.sessions.newId(subject))
    const sealed = await secrets.seal(SECRET, secretOf(value), sessionId)
    const claim = { sessionId, sealed, browserId: randomId(), at: clock.now(), isDone: false }
    const written = await insist(() => records.compareAndSet(key, null, claim, keepUntil(), clock.now()))
    return written ? claim : null
  }

  /** The session as it was written down; null: its subject has been logged out everywhere. */
  const draft = async (
    { sessionId, browserId }: Claim,
    secretHash: string,
    login: FormerLogin,
    device: Device,
  ): Promise<Session | null> => {
    const state = await store.revocations.subject(login.subject)
    // A log-out everywhere, or a new password, was meant for these logins as well.
    if (state.deadBelow > 0) return null
    const { idleSeconds, absoluteSeconds } = options.lifetimes[login.mode ?? 'cookie']
    const floor = await store.revocations.floor()
    const loaded = await claims.load(login.subject)
    const now = clock.now()
    return {
      id: sessionId,
      secretHash,
      subject: login.subject,
      mode: login.mode ?? 'cookie',
      generation: state.generation,
      floor,
      version: 1,
      createdAt: now,
      lastSeenAt: now,
      idleTimeoutSeconds: idleSeconds,
      absoluteExpiresAt: now + absoluteSeconds,
      authenticatedAt: login.authenticatedAt ?? 0,
      acr: login.acr ?? null,
      amr: login.amr ? [...login.amr] : [],
      clientId: null,
      browserId,
      device: plainDevice(device),
      claims: loaded,
      claimsGeneration: state.generation,
      data: copyJson(login.data ?? null),
    }
  }

  const finish = async (
    key: string,
    claim: Claim,
    version: number,
    login: FormerLogin,
    { device, from }: MoveInInput,
  ): Promise<MovedIn | null> => {
    const secret = await secrets.open(SECRET, claim.sealed, claim.sessionId)
    const cookie = `${claim.sessionId}.${secret}`
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const session = await draft(claim, sha256Base64url(secret), login, device)
      if (!session) return null
      // No limit of sessions: a switch of libraries logs nobody out.
      const outcome = await insist(() => store.sessions.create(session, null, clock.now()))
      if (outcome === 'superseded') continue
      const done = { ...claim, isDone: true }
      await insist(() => records.compareAndSet(key, version, done, keepUntil(), clock.now()))
      if (outcome === 'created') {
        await emit('session.sign_in', idsOf(session), { mode: session.mode, from, amr: [...session.amr] })
      }
      const stored = outcome === 'created' ? session : await store.sessions.find(session.id, clock.now())
      return stored && { session: stored, cookie }
    }
    throw new AuthError('session.superseded', 'the account is being changed at this moment', { retryAfterSeconds: 1 })
  }

  const again = async (claim: Claim): Promise<MovedIn | null> => {
    if (clock.now() >= claim.at + REPLAY_SECONDS) return null
    const session = await store.sessions.find(claim.sessionId, clock.now())
    // Another id or secret since: whoever has that one is the browser.
    if (!session) return null
    const secret = await secrets.open(SECRET, claim.sealed, claim.sessionId)
    return session.secretHash === sha256Base64url(secret) ? { session, cookie: `${session.id}.${secret}` } : null
  }

  return async (input) => {
    const key = sha256Base64url(input.key)
    let login: FormerLogin | null = null
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const record = await records.find(key, clock.now())
      const claim = record && readClaim(record.value)
      if (claim?.isDone) return again(claim)
      if (claim && clock.now() >= claim.at + FINISH_SECONDS) return null
      login ??= await input.load()
      if (!login) {
        // It may have moved, and been ended where it came from, between those two reads.
        const later = await records.find(key, clock.now())
        const moved = later && readClaim(later.value)
        return moved?.isDone ? again(moved) : null
      }
      checkLogin(login)
      if (record && claim) return finish(key, claim, record.version, login, input)
      const begun = await begin(key, login.subject)
      if (begun) return finish(key, begun, 1, login, input)
    }
    throw new AuthError('session.conflict', 'the login is being moved at this moment', { retryAfterSeconds: 1 })
  }
}

function readClaim(value: Json): Claim {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { sessionId, sealed, browserId, at, isDone } = value as Readonly<Record<string, Json>>
    if (typeof sessionId === 'string' && typeof sealed === 'string' && typeof browserId === 'string') {
      if (typeof at === 'number' && typeof isDone === 'boolean') return { sessionId, sealed, browserId, at, isDone }
    }
  }
  throw new AuthError('store.corrupt', 'the record of a login that moved in has the wrong shape')
}

function checkLogin({ subject, mode = 'cookie', authenticatedAt = 0 }: FormerLogin): void {
  if (typeof subject !== 'string' || subject === '' || subject.length > MAX_SUBJECT) {
    throw new TypeError(`subject must be a text of 1 to ${MAX_SUBJECT} characters`)
  }
  if (mode !== 'cookie' && mode !== 'hybrid') throw new TypeError("a login moves in by 'cookie' or 'hybrid'")
  if (!Number.isSafeInteger(authenticatedAt) || authenticatedAt < 0) {
    throw new TypeError('authenticatedAt is in whole seconds since 1970')
  }
}
