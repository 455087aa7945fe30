/** Logins by session cookie: from the near-cache in one segment without I/O, or with one read; then CHECK, its clocks last. */
import { sha256Latin1 } from '../crypto/digest.ts'
import { AuthError } from '../errors.ts'
import type { Consistency, Freshness, OnStale } from '../revocation/check.ts'
import { createNearCache, type Loaded } from '../session/near-cache.ts'
import type { Session } from '../session/session.ts'
import { isSessionToken, SESSION_TOKEN_LENGTH, sessionIdOf } from '../session/session-token.ts'
import { createSharedParts } from '../session/shared-parts.ts'
import type { SessionAndSubject } from '../session/store.ts'
import { loadedAt, loginOf } from './cookie-entry.ts'
import { createCookieUpkeep } from './cookie-upkeep.ts'
import type { Login } from './login.ts'
import type { Parts } from './parts.ts'

export interface SessionCookies {
  resumeNow(cookie: string): Login | null | undefined
  resume(cookie: string, consistency?: Consistency): Promise<Login | null>
  findAnonymous(cookie: string): Promise<Session | null>
  /** A session was saved by this process: what is cached of it follows. */
  saved(session: Session): void
  /** A session has ended or changed its id. */
  forget(sessionId: string): void
  close(): void
}

/** How often a request may meet another change of claims before it is told to come back. */
const CLAIMS_ATTEMPTS = 5

/** @param onRead told of each session that was read from the store */
export function createSessionCookies(parts: Parts, onRead: (session: Session) => void): SessionCookies {
  const { options, sessions, claims, background } = parts
  const { clock, store, cacheSeconds, touchSeconds } = options
  const { view } = options.revocations
  const { cacheEntries: maxEntries, cacheBytes: maxBytes } = options
  const cache = createNearCache<Login>({ maxEntries, maxBytes, view, answerOf: loginOf })
  const stopApplied = options.revocations.onApplied((entry) => cache.applied(entry.event))
  // Entries that were never seen one by one may touch anything: loads under way are taken again, the rest is judged by CHECK.
  const stopReset = options.revocations.onReset(() => cache.clear())
  const keeping = { cacheSeconds, touchSeconds, shared: createSharedParts() }
  const upkeep = createCookieUpkeep(parts, cache, {
    read: (find) => read(find),
    saved: (session) => saved(session),
  })

  /** The row behind a cookie with claims that are not stale, or null; `now` was read before the load. */
  const read = async (find: () => Promise<SessionAndSubject | null>): Promise<Loaded | null> => {
    const now = clock.now()
    const found = await find()
    if (!found) return null
    const { session, subject: state } = found
    onRead(session)
    if (session.subject === null) return loadedAt(now, session, keeping)
    const current = await claims.ofSession(session, session.subject, state)
    if (current.claims === session.claims) return loadedAt(now, session, keeping)
    upkeep.keepClaims(session, current)
    return loadedAt(now, { ...session, claims: current.claims, claimsGeneration: current.generation }, keeping)
  }

  /** Claims of a higher generation, for what is held and for the row; answers the session with them. */
  const reloadClaims = async (session: Session, subject: string): Promise<Session> => {
    const current = await claims.current(subject)
    upkeep.keepClaims(session, current)
    const slot = cache.bySession(session.id)
    const held = slot < 0 ? session : cache.session(slot)
    if (current.generation < held.claimsGeneration) return held
    const next = Object.freeze({ ...held, claims: current.claims, claimsGeneration: current.generation })
    if (slot >= 0) cache.update(slot, next)
    return next
  }

  /** Lays a patch that the log brought over the cached claims. False: it is not known yet. */
  const overlay = (slot: number): boolean => {
    const session = cache.session(slot)
    const patch = cache.patchFor(slot, session.claimsGeneration)
    if (patch === null) return false
    if (patch === session.claims) return true
    cache.update(slot, Object.freeze({ ...session, claims: patch }))
    background.soon(`reclaim ${session.id}`, 'loading changed claims', async () => {
      const held = cache.bySession(session.id)
      if (held >= 0 && session.subject !== null) await reloadClaims(cache.session(held), session.subject)
    })
    return true
  }

  /**
   * CHECK but for the clocks. `good`: the session stands if the lease holds.
   * `read`: the store must be asked first; `claims`: they must be loaded first.
   */
  const judge = (slot: number, digest: string): 'good' | 'dead' | 'read' | 'claims' => {
    const now = clock.now()
    if (now >= cache.goodUntil(slot)) {
      const { id, absoluteExpiresAt } = cache.session(slot)
      if (now < absoluteExpiresAt) return 'read'
      cache.drop(id)
      return 'dead'
    }
    if (now >= cache.quietUntil(slot)) upkeep.attend(slot, digest, now)
    if (cache.isGood(slot)) return 'good'
    const { epoch } = view
    const { id, generation, claimsGeneration, floor } = cache.session(slot)
    const verdict = floor < view.floor ? 'dead' : cache.look(slot, generation)
    if (verdict === 'dead') {
      cache.drop(id)
      return 'dead'
    }
    // Claims have a generation of their own: older than the session's after a log-out-everywhere-else, newer after a reload.
    const fresh = claimsGeneration === generation ? verdict : cache.look(slot, claimsGeneration)
    if (fresh !== 'alive' && !overlay(slot)) return 'claims'
    cache.setGood(slot, epoch)
    return 'good'
  }

  /** A session that came but could not be kept, for the log does not stand still: judged by itself, once. */
  const judgeLoose = (session: Session): 'good' | 'dead' | 'claims' => {
    const { id: sessionId, generation, claimsGeneration } = session
    const ref = { sessionId, subject: session.subject ?? sessionId, tokenId: null }
    if (session.floor < view.floor || view.look(view.prepare({ ...ref, generation })) === 'dead') return 'dead'
    return view.look(view.prepare({ ...ref, generation: claimsGeneration })) === 'alive' ? 'good' : 'claims'
  }

  /** What the route wants when the lease has run out. The caller has found the login good. */
  const withoutLease = async (login: Login, session: Session, onStale: OnStale): Promise<Login | null> => {
    if (typeof onStale === 'object' && view.leaseHeldWithin(onStale.staleOkSeconds)) return as(login, 'stale')
    if (onStale !== 'lookup') throw leaseGone()
    // Its own read, even when the row was read a moment ago: that read may have been begun for an earlier request.
    const found = await store.sessions.findWithSubject(session.id, clock.now())
    if (found?.session.subject !== login.subject) {
      cache.drop(session.id)
      return null
    }
    if (session.claimsGeneration >= found.subject.staleBelow) return as(login, 'lookup')
    const current = loginOf(await reloadClaims(session, login.subject))
    return current && as(current, 'lookup')
  }

  /** One read of its own, begun after the request came, and judged by that: neither cache nor lease has a say. */
  const strict = async (cookie: string, sessionId: string): Promise<Login | null> => {
    const loaded = await read(() => sessions.resume(cookie))
    const login = loaded && loginOf(loaded.session)
    if (loaded === null) cache.drop(sessionId)
    const now = clock.now()
    if (loaded !== null && now >= loaded.touchAt) upkeep.touchSoon(loaded.session, now)
    return login && as(login, 'lookup')
  }

  const saved = (session: Session): void => {
    cache.saved(session.id, session.version)
    const slot = cache.bySession(session.id)
    if (slot < 0) return
    const held = cache.session(slot)
    // Another cookie names it from now on, or none.
    if (held.secretHash !== session.secretHash) cache.drop(session.id)
    else if (held.version < session.version) cache.replace(slot, loadedAt(clock.now(), session, keeping))
  }

  return {
    resumeNow(cookie) {
      if (cookie.length !== SESSION_TOKEN_LENGTH) return null
      const digest = sha256Latin1(cookie)
      // The tables have not changed since this one was found good, the lease holds and nothing is due.
      const known = cache.hit(digest)
      if (known !== null) return known
      const slot = cache.find(digest)
      if (slot < 0) return isSessionToken(cookie) ? undefined : null
      const verdict = judge(slot, digest)
      if (verdict !== 'good') return verdict === 'dead' ? null : undefined
      const login = cache.answer(slot)
      if (login === null) return null
      return view.leaseHolds() ? login : undefined
    },

    async resume(cookie, consistency = 'lease') {
      const sessionId = sessionIdOf(cookie)
      if (sessionId === null) return null
      if (consistency === 'strict') return strict(cookie, sessionId)
      const onStale = consistency === 'lease' ? options.onStale : consistency
      const digest = sha256Latin1(cookie)
      for (let attempt = 0; attempt < CLAIMS_ATTEMPTS; attempt++) {
        let slot = cache.find(digest)
        let verdict = slot < 0 ? 'read' : judge(slot, digest)
        let session: Session | null = null
        if (verdict === 'read') {
          session = await cache.load(digest, sessionId, () => read(() => sessions.resume(cookie)))
          slot = cache.find(digest)
          if (!session) {
            if (slot >= 0) cache.drop(sessionId)
            return null
          }
          verdict = slot < 0 ? judgeLoose(session) : judge(slot, digest)
        }
        if (verdict === 'dead') return null
        // No await between the judgement and the clocks: a slot is good until then only.
        if (slot >= 0 && verdict !== 'read') session = cache.session(slot)
        if (session === null) continue
        if (session.subject === null) return null
        if (verdict === 'claims') {
          await reloadClaims(session, session.subject)
          continue
        }
        if (verdict !== 'good') continue
        const login = slot < 0 ? loginOf(session) : cache.answer(slot)
        if (login === null) return null
        return view.leaseHolds() ? login : withoutLease(login, session, onStale)
      }
      throw new AuthError('session.conflict', 'the session is changing too often', { retryAfterSeconds: 1 })
    },

    async findAnonymous(cookie) {
      const found = await sessions.resume(cookie)
      return found?.session.subject === null ? found.session : null
    },

    saved,
    forget: (sessionId) => cache.drop(sessionId),
    close() {
      stopApplied()
      stopReset()
      cache.clear()
    },
  }
}

function as(login: Login, freshness: Freshness): Login {
  return Object.freeze({ ...login, freshness })
}

/** This verifier may not decide from memory, and the route wants nothing else. */
export function leaseGone(): AuthError {
  return new AuthError('revocation.stale', 'this server cannot tell at the moment who is logged in', {
    retryAfterSeconds: 2,
  })
}
