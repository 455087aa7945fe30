/** Connections that outlive their request: told when the credential that opened them is dead, revoked or past its time. */
import type { Clock } from '../clock.ts'
import { AuthError } from '../errors.ts'
import type { CredentialRef, RevocationEvent } from '../revocation/engine.ts'
import { systemTimers, type Timers } from '../revocation/timers.ts'
import { expiresAt, type Session } from '../session/session.ts'
import { createDrains, type DrainedEvent, type RequestUnderWay } from './drains.ts'
import type { Login } from './login.ts'
import type { LoginRevocations } from './options.ts'

/** A signal that is watched for as long as somebody holds it. */
export interface Watched {
  /** Aborted, with an `AuthError` as its reason, when the login has ended. The same for all who watch the same credential. */
  readonly signal: AbortSignal
  /** To be called when nobody needs the signal any more; from then on it may never fire. */
  release(): void
}

export interface LiveSessions {
  /**
   * Calls `ended` once, when an entry of the log that ends the login has been applied here (before it is acknowledged, so
   * before `revoke` returns), or when its time is over; at once if it is dead already. Returns how to stop.
   */
  watch(login: Login, ended: (reason: AuthError) => void): () => void
  signal(login: Login): Watched
  /** Credentials that somebody watches. */
  readonly size: number
  /** Forgets all of them; nothing fires any more. */
  close(): void
}

export interface LiveSessionsOptions {
  readonly revocations: Pick<LoginRevocations, 'view' | 'onApplied' | 'onReset'>
  readonly clock: Clock
  /** The live session of this id, or null. */
  readonly find: (sessionId: string) => Promise<Session | null>
  readonly onBackgroundError: (error: unknown, work: string) => void
  /** All requests under way; default: none are known. */
  readonly underWay?: () => readonly RequestUnderWay[]
  readonly timers?: Timers
}

const REASONS = {
  'session.ended': 'the session has ended',
  'token.expired': 'the token has expired',
  'token.revoked': 'the token has been revoked',
} as const

interface Entry {
  readonly key: string
  readonly ref: CredentialRef
  readonly absoluteExpiresAt: number
  readonly floor: number | null
  readonly holders: Set<(reason: AuthError) => void>
  controller: AbortController | null
  cancelTimer: () => void
}

/** Timers hold 24 days at most, and a wall clock may be set meanwhile. */
const LONGEST_TIMER_SECONDS = 3600
/** After the store has failed to say whether a session lives. */
const RETRY_SECONDS = 2

export function createLiveSessions(options: LiveSessionsOptions): LiveSessions {
  const { revocations, clock, find, onBackgroundError, timers = systemTimers } = options
  const { view } = revocations
  const { underWay = () => [] } = options
  const drains = createDrains({ timers, underWay, reason: () => reasonOf('session.ended') })
  const entries = new Map<string, Entry>()
  const bySession = new Map<string, Set<Entry>>()
  const bySubject = new Map<string, Set<Entry>>()
  /** Known from before the log was read anew: what was pruned meanwhile would never be told. */
  const doubtful = new Set<Entry>()
  let asking = false

  const remove = (entry: Entry): void => {
    if (entries.get(entry.key) !== entry) return
    entry.cancelTimer()
    entries.delete(entry.key)
    doubtful.delete(entry)
    leave(bySession, entry.ref.sessionId, entry)
    leave(bySubject, entry.ref.subject, entry)
  }

  /** @param abort what is to be done with the signal */
  const end = (entry: Entry, code: keyof typeof REASONS, abort = abortNow): void => {
    if (entries.get(entry.key) !== entry) return
    remove(entry)
    const reason = reasonOf(code)
    for (const ended of entry.holders) {
      // Whoever listens must not keep the log from being followed.
      try {
        ended(reason)
      } catch (error) {
        onBackgroundError(error, 'ending a connection')
      }
    }
    if (entry.controller) abort(entry.controller, reason)
  }

  const arm = (entry: Entry, at: number): void => {
    const seconds = Math.min(Math.max(at - clock.now(), 0), LONGEST_TIMER_SECONDS)
    // A clock of whole seconds: a timer may come up to a second before the one that it waits for.
    entry.cancelTimer = timers.after(seconds * 1000 + 5, () => (clock.now() < at ? arm(entry, at) : due(entry)), false)
  }

  /** A token ends by itself. A session may have been used elsewhere, so its row is read. */
  const due = (entry: Entry): void => {
    if (entry.ref.tokenId !== null) end(entry, 'token.expired')
    else if (clock.now() >= entry.absoluteExpiresAt) end(entry, 'session.ended')
    else {
      find(entry.ref.sessionId).then(
        (session) => {
          if (entries.get(entry.key) !== entry) return
          if (session) arm(entry, expiresAt(session))
          else end(entry, 'session.ended')
        },
        (error: unknown) => {
          onBackgroundError(error, 'looking after a live connection')
          if (entries.get(entry.key) === entry) arm(entry, clock.now() + RETRY_SECONDS)
        },
      )
    }
  }

  const endAll = (event: DrainedEvent, abort?: typeof abortNow): void => {
    if (event.kind === 'session') {
      for (const entry of bySession.get(event.sessionId) ?? []) end(entry, 'session.ended', abort)
    } else {
      for (const entry of bySubject.get(event.subject) ?? []) {
        if (entry.ref.generation < event.generation) end(entry, 'session.ended', abort)
      }
    }
  }

  /** Connections are ended at once: they would not end by themselves. Requests may finish, and keep their signal until then. */
  const drain = (event: DrainedEvent): Promise<void> | undefined => {
    const signals: (() => void)[] = []
    const wait = drains.begin(event, () => {
      for (const abort of signals) abort()
    })
    endAll(event, wait && ((controller, reason) => void signals.push(() => controller.abort(reason))))
    return wait
  }

  const apply = (event: RevocationEvent): Promise<void> | undefined => {
    const isSession = event.kind === 'session' || event.kind === 'subject'
    if (isSession && event.drainSeconds !== undefined) return drain(event)
    if (entries.size === 0) return undefined
    if (isSession) endAll(event)
    else if (event.kind === 'token') {
      const entry = entries.get(tokenKey(event.tokenId))
      if (entry) end(entry, 'token.revoked')
    } else if (event.kind === 'floor') {
      // A token does not tell here which key signed it: the emergency brake ends them all.
      for (const entry of entries.values())
        if (entry.floor === null || entry.floor < event.floor) end(entry, 'session.ended')
    }
    return undefined
  }

  /** Asks the store about every doubtful entry, one after the other, until it has answered for all of them. */
  const askAgain = async (): Promise<void> => {
    if (asking) return
    asking = true
    try {
      for (const entry of doubtful) {
        if ((await view.strict(entry.ref)) === 'dead') end(entry, 'session.ended')
        doubtful.delete(entry)
      }
    } catch (error) {
      onBackgroundError(error, 'looking after live connections')
      timers.after(RETRY_SECONDS * 1000, () => void askAgain(), false)
    } finally {
      asking = false
    }
  }

  const stopApplied = revocations.onApplied(({ event }) => apply(event))
  const stopReset = revocations.onReset(() => {
    for (const entry of entries.values()) doubtful.add(entry)
    if (doubtful.size > 0) void askAgain()
  })

  /** The entry of a credential; null: it is dead. */
  const enter = (login: Login): Entry | null => {
    const ref = refOf(login)
    const key = ref.tokenId === null ? ref.sessionId : tokenKey(ref.tokenId)
    const known = entries.get(key)
    if (known) return known
    const floor = login.session?.floor ?? null
    const dead = view.look(view.prepare(ref)) === 'dead' || (floor !== null && floor < view.floor)
    if (dead || clock.now() >= login.expiresAt) return null
    const entry: Entry = {
      key,
      ref,
      absoluteExpiresAt: login.session?.absoluteExpiresAt ?? login.expiresAt,
      floor,
      holders: new Set(),
      controller: null,
      cancelTimer: () => undefined,
    }
    entries.set(key, entry)
    join(bySession, ref.sessionId, entry)
    join(bySubject, ref.subject, entry)
    arm(entry, login.expiresAt)
    return entry
  }

  const watch: LiveSessions['watch'] = (login, ended) => {
    const entry = enter(login)
    if (!entry) {
      ended(reasonOf('session.ended'))
      return () => undefined
    }
    const own = (reason: AuthError): void => ended(reason)
    entry.holders.add(own)
    return () => {
      entry.holders.delete(own)
      if (entry.holders.size === 0) remove(entry)
    }
  }

  return {
    watch,
    signal(login) {
      const entry = enter(login)
      if (!entry) {
        const signal = drains.signalOf(login) ?? AbortSignal.abort(reasonOf('session.ended'))
        return { signal, release: () => undefined }
      }
      entry.controller ??= new AbortController()
      return { signal: entry.controller.signal, release: watch(login, () => undefined) }
    },
    get size() {
      return entries.size
    },
    close() {
      stopApplied()
      stopReset()
      drains.close()
      for (const entry of [...entries.values()]) remove(entry)
    },
  }
}

function abortNow(controller: AbortController, reason: AuthError): void {
  controller.abort(reason)
}

function reasonOf(code: keyof typeof REASONS): AuthError {
  return new AuthError(code, REASONS[code])
}

/** @throws TypeError for what is no login of ours */
function refOf({ sessionId, subject, session, token }: Login): CredentialRef {
  if (session) return { sessionId, subject, tokenId: null, generation: session.generation }
  const tokenId = token?.jti
  const generation = token?.gen
  if (typeof tokenId !== 'string' || typeof generation !== 'number') {
    throw new TypeError('only a login with a session or a token of ours can be watched')
  }
  return { sessionId, subject, tokenId, generation }
}

/** A space is no part of a session id. */
function tokenKey(tokenId: string): string {
  return `token ${tokenId}`
}

function join(index: Map<string, Set<Entry>>, key: string, entry: Entry): void {
  const held = index.get(key)
  if (held) held.add(entry)
  else index.set(key, new Set([entry]))
}

function leave(index: Map<string, Set<Entry>>, key: string, entry: Entry): void {
  const held = index.get(key)
  held?.delete(entry)
  if (held?.size === 0) index.delete(key)
}
