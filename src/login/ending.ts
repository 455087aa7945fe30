/** Everything that ends sessions and tokens. Each resolves when no verifier of the fleet accepts any more what it ended. */
import { AuthError } from '../errors.ts'
import { insist } from '../insist.ts'
import type { JsonObject } from '../json.ts'
import { inTime } from '../revocation/in-time.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { sessionEnded } from '../session/sessions.ts'
import type { SessionAndSubject } from '../session/store.ts'
import type { LoggedIn, Login, RevokeInput, RevokeOptions } from './login.ts'
import { KEEP_SECONDS } from './options.ts'
import { idsOf, type Parts, receiptDetail } from './parts.ts'
import { createRemoteEffect } from './remote-effect.ts'
import type { Renew } from './renew-session.ts'
import type { SessionCookies } from './session-cookie.ts'
import type { TokenLogins } from './token-login.ts'
import type { TokenPairs } from './token-pairs.ts'

export interface Ending {
  logOut(sessionId: string): Promise<Receipt>
  revoke(target: RevokeInput, options?: RevokeOptions): Promise<Receipt>
  revokeOthers(login: Login): Promise<(LoggedIn & { readonly receipt: Receipt; readonly ended: number }) | null>
  elevate(login: Login, change: { readonly acr?: string; readonly amr?: readonly string[] }): Promise<LoggedIn>
  changeClaims(subject: string): Promise<Receipt & { readonly claims: JsonObject }>
  raiseFloor(keyIds: readonly string[]): Promise<Receipt & { readonly floor: number }>
}

/** How often newer changes may overtake one change of claims. */
const CLAIMS_ATTEMPTS = 20
/** How often changes of the caller's own session may overtake the end of its others. */
const ATTEMPTS = 20
const ID = /^[A-Za-z0-9_-]{22}$/

export function createEnding(
  parts: Parts,
  through: {
    readonly cookies: SessionCookies
    readonly tokenPairs: TokenPairs
    readonly tokenLogins: TokenLogins
    readonly renew: Renew
  },
): Ending {
  const { options, sessions, claims, settle, emit } = parts
  const { clock, store } = options
  const { cookies, tokenPairs, tokenLogins, renew } = through
  const remote = createRemoteEffect(parts)
  const until = (): number => clock.now() + KEEP_SECONDS
  const appending = <T>(step: () => Promise<T>): Promise<T> => insist(() => inTime(clock, step))

  const endSession = async (
    sessionId: string,
    action: 'session.sign_out' | 'session.revoked',
    drainSeconds?: number,
  ): Promise<Receipt> => {
    if (!ID.test(sessionId)) throw new AuthError('request.malformed', 'this is no session id')
    const append = () => sessions.end(sessionId, drainSeconds)
    const appended = await append()
    cookies.forget(sessionId)
    const subject = appended.ended?.subject ?? null
    const settled = await settle(appended, append)
    const receipt = await remote.of(settled, { sessionId })
    await emit(action, { subject, sessionId }, receiptDetail(receipt))
    return receipt
  }

  const revokeTokenId = async (tokenId: string, about: { subject: string | null; sessionId: string | null }) => {
    const append = () => appending(() => store.revocations.revokeToken(tokenId, until(), clock.now()))
    const receipt = await remote.of(await settle(await append(), append), { tokenId })
    await emit('token.revoked', about, { tokenId, ...receiptDetail(receipt) })
    return receipt
  }

  const endAll = async (subject: string, drainSeconds?: number) => {
    const appended = await sessions.endSubject(subject, null, drainSeconds)
    if (!appended) throw new AuthError('internal', 'a log-out everywhere without conditions was refused')
    return appended
  }

  const endSubject = async (subject: string, drainSeconds?: number): Promise<Receipt> => {
    if (typeof subject !== 'string' || subject === '') throw new TypeError('revoke needs a session, subject or token')
    const append = () => endAll(subject, drainSeconds)
    const appended = await append()
    const receipt = await remote.of(await settle(appended, append), { subject })
    await emit('subject.revoked', { subject, sessionId: null }, { ended: appended.ended, ...receiptDetail(receipt) })
    return receipt
  }

  const revokeToken = async (token: string, drainSeconds?: number): Promise<Receipt> => {
    const isId = ID.test(token)
    const session = isId ? null : await tokenPairs.findByRefreshToken(token)
    if (session) return endSession(session.id, 'session.revoked', drainSeconds)
    if (drainSeconds !== undefined) throw new TypeError('drain is for a session or a subject')
    if (isId) return revokeTokenId(token, { subject: null, sessionId: null })
    const { tokenId, subject, sessionId } = await tokenLogins.identify(token)
    return revokeTokenId(tokenId, { subject, sessionId })
  }

  const revoke = (target: RevokeInput, drainSeconds?: number): Promise<Receipt> => {
    if ('session' in target) return endSession(target.session, 'session.revoked', drainSeconds)
    return 'token' in target ? revokeToken(target.token, drainSeconds) : endSubject(target.subject, drainSeconds)
  }

  /** The caller's own session as it is now, if the caller holds what it will get anew. */
  const ownSession = async (login: Login): Promise<SessionAndSubject | null> => {
    const found = await store.sessions.findWithSubject(login.sessionId, clock.now())
    if (found?.session.subject !== login.subject) return null
    if ((login.credential === 'token') !== (found.session.mode === 'token')) {
      // A short-lived token that was minted from a cookie must not be turned into a new cookie.
      throw new AuthError('policy.denied', 'this needs the credential that the session was started with')
    }
    return found
  }

  return {
    logOut: (sessionId) => endSession(sessionId, 'session.sign_out'),

    async revoke(target, { scope = 'fleet', drain } = {}) {
      if (scope !== 'fleet' && scope !== 'remote') throw new TypeError("scope is 'fleet' or 'remote'")
      const receipt = await revoke(target, drainSecondsOf(drain))
      if (scope === 'remote') await remote.reached(receipt)
      return receipt
    },

    async revokeOthers(login) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const own = await ownSession(login)
        if (!own) return null
        const { session: current, subject: state } = own
        const terms = current.mode === 'token' ? await tokenPairs.termsOf(current.id) : null
        const snapshot = await claims.ofSession(current, login.subject, state)
        const next = sessions.prepare({
          ...current,
          claims: snapshot.claims,
          claimsGeneration: snapshot.generation,
          floor: await store.revocations.floor(),
          lastSeenAt: Math.max(current.lastSeenAt, clock.now()),
        })
        const { id: onlyIfAlive, version } = current
        await options.onSuccessor(current.id, next.session.id)
        const result = await sessions.endSubject(login.subject, { session: next.session, onlyIfAlive, version })
        // Ended, or changed since it was read: the next round sees which.
        if (!result?.replacement) continue
        cookies.forget(current.id)
        const session = result.replacement
        const tokens = terms && (await tokenPairs.start(session, terms))
        const receipt = await remote.of(await settle(result), { subject: login.subject })
        // The step counts the caller's own session, which goes on.
        const ended = Math.max(0, result.ended - 1)
        await emit('subject.revoked', idsOf(session), { ended, kept: current.id, ...receiptDetail(receipt) })
        return { session, cookie: next.cookie, tokens, receipt, ended }
      }
      throw new AuthError('session.conflict', 'the session is changing too often', { retryAfterSeconds: 1 })
    },

    async elevate(login, { acr, amr }) {
      const own = await ownSession(login)
      if (!own) throw sessionEnded()
      const current = own.session
      const change = {
        authenticatedAt: clock.now(),
        acr: acr ?? current.acr,
        amr: amr ? [...amr] : current.amr,
      }
      const renewed = await renew(current, change)
      if (!renewed) throw sessionEnded()
      cookies.forget(current.id)
      const tokens = current.mode === 'token' ? await tokenPairs.goOn(renewed.session) : null
      await parts.settled(renewed.appended)
      await emit('session.rotated', idsOf(renewed.session), { from: current.id, acr: change.acr })
      return { session: renewed.session, cookie: renewed.cookie, tokens }
    },

    async changeClaims(subject) {
      let { generation } = await appending(() => store.revocations.bumpClaims(subject, until(), clock.now()))
      for (let attempt = 0; attempt < CLAIMS_ATTEMPTS; attempt++) {
        const loaded = await claims.load(subject)
        const newest = generation
        const published = await appending(() =>
          store.revocations.publishPatch(subject, newest, loaded, until(), clock.now()),
        )
        if (published) {
          const receipt = await remote.ofClaims(await settle(published), subject)
          await emit('claims.changed', { subject, sessionId: null }, { generation, ...receiptDetail(receipt) })
          return { ...receipt, claims: loaded }
        }
        // Somebody changed the subject meanwhile: what was loaded may be older than that, so it is loaded again.
        generation = (await store.revocations.subject(subject)).generation
      }
      throw new AuthError('session.conflict', "the subject's claims are changing too often", { retryAfterSeconds: 1 })
    },

    async raiseFloor(keyIds) {
      const raised = await inTime(clock, () => store.revocations.raiseFloor(keyIds, until(), clock.now()))
      const receipt = await remote.of(await settle(raised), 'everything')
      const { floor } = raised
      await emit(
        'floor.raised',
        { subject: null, sessionId: null },
        { floor, keyIds: [...keyIds], ...receiptDetail(receipt) },
      )
      return { ...receipt, floor }
    },
  }
}

const DRAIN_SECONDS = 5
/** Shorter than a lease: after that nobody waits for an acknowledgement anyway. */
const MOST_DRAIN_SECONDS = 10

function drainSecondsOf(drain: boolean | number | undefined): number | undefined {
  if (drain === undefined || drain === false) return undefined
  const seconds = drain === true ? DRAIN_SECONDS : drain
  if (Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= MOST_DRAIN_SECONDS) return seconds
  throw new TypeError(`drain is true or a whole number of seconds from 0 to ${MOST_DRAIN_SECONDS}`)
}
