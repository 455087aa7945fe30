/** Sessions over their store: started, resumed, rotated, ended, and their data changed without losing a concurrent change. */
import type { Clock } from '../clock.ts'
import { AuthError, isAuthError } from '../errors.ts'
import { insist } from '../insist.ts'
import type { Json } from '../json.ts'
import type { Appended } from '../revocation/engine.ts'
import { inTime } from '../revocation/in-time.ts'
import type { Session } from './session.ts'
import { newSessionToken, secretMatches, sessionIdOf } from './session-token.ts'
import type { SessionAndSubject, SessionStore } from './store.ts'

/** A session that has no id and no secret yet. */
export type SessionDraft = Omit<Session, 'id' | 'secretHash' | 'version'>

/** A session that the store holds now, and the cookie value that names it (null in token mode). */
export interface StartedSession {
  readonly session: Session
  readonly cookie: string | null
}

/** What `prepare` made: not stored yet. */
export type PreparedSession = StartedSession

export interface SessionsOptions {
  readonly store: SessionStore
  readonly clock: Clock
  /** How long log entries are kept (`RevocationEvent.until`). */
  readonly keepSeconds: number
}

export interface Sessions {
  /** A new id, and a new secret where the mode has a cookie. Stores nothing. `parked`: no cookie names it. */
  prepare(draft: SessionDraft, parked?: 'parked'): PreparedSession
  /** Stores a draft under a new id. */
  start(draft: SessionDraft, maxPerSubject: number | null): Promise<StartedSession | 'superseded' | 'limit'>
  /** The live session that a cookie value proves, or null. One read. */
  resume(cookie: string): Promise<SessionAndSubject | null>
  /** Replaces `current` by a prepared session in one step, if it still is at the version that was read. */
  rotate(
    current: Session,
    next: Session,
  ): Promise<
    | { readonly outcome: 'rotated'; readonly appended: Appended }
    | { readonly outcome: 'missing' | 'conflict' | 'superseded' }
  >
  /** Appends the end of a session, whether or not it is there, and removes it. */
  end(id: string, drainSeconds?: number): Promise<Appended & { readonly ended: Session | null }>
  /**
   * Ends every session of the subject; with `replacement`, only while `onlyIfAlive` is alive at `version` (otherwise null).
   * `ended` is 0 when the store's answer was lost and only the outcome could be found out.
   */
  endSubject(
    subject: string,
    replacement: { readonly session: Session; readonly onlyIfAlive: string; readonly version: number } | null,
    drainSeconds?: number,
  ): Promise<(Appended & { readonly ended: number; readonly replacement: Session | null }) | null>
  /**
   * Applies `change` to the newest state and stores it if nobody else was faster; otherwise again. `change` answers null
   * when there is nothing to do. Callers in this process take turns.
   *
   * @throws AuthError `session.ended`, `session.conflict`
   */
  update(id: string, change: (current: Session) => Partial<Session> | null): Promise<Session>
  /** `update` of the application's data; what `change` answers must be JSON, otherwise TypeError. */
  updateData(id: string, change: (data: Json) => Json): Promise<Session>
}

/** Each round of a race has a winner, so this many racers in other processes can be outlasted. */
const UPDATE_ATTEMPTS = 100

export function createSessions({ store, clock, keepSeconds }: SessionsOptions): Sessions {
  const turns = new Map<string, Promise<unknown>>()
  const until = (): number => clock.now() + keepSeconds

  const prepare: Sessions['prepare'] = (draft, parked) => {
    const token = newSessionToken(store.newId(draft.subject))
    const hasCookie = draft.mode !== 'token' && parked === undefined
    return {
      session: { ...draft, id: token.id, secretHash: hasCookie ? token.secretHash : null, version: 1 },
      cookie: hasCookie ? token.value : null,
    }
  }

  const update: Sessions['update'] = async (id, change) => {
    for (let attempt = 0; attempt < UPDATE_ATTEMPTS; attempt++) {
      if (attempt > 0) await pause(Math.min(attempt, 10))
      const current = await store.find(id, clock.now())
      if (!current) throw sessionEnded()
      const changed = change(current)
      if (changed === null) return current
      const next: Session = { ...current, ...changed, id, version: current.version + 1 }
      const outcome = await store.save(next, clock.now())
      if (outcome === 'saved') return next
      if (outcome === 'missing') throw sessionEnded()
    }
    throw new AuthError('session.conflict', 'the session is being changed too often', { retryAfterSeconds: 1 })
  }

  const inTurn: Sessions['update'] = async (id, change) => {
    const before = turns.get(id) ?? Promise.resolve()
    const turn = before.then(() => update(id, change))
    const settled = turn.then(nothing, nothing)
    turns.set(id, settled)
    try {
      return await turn
    } finally {
      if (turns.get(id) === settled) turns.delete(id)
    }
  }

  return {
    prepare,

    async start(draft, maxPerSubject) {
      for (;;) {
        const prepared = prepare(draft)
        const outcome = await orFoundDone(
          () => store.create(prepared.session, maxPerSubject, clock.now()),
          async () => ((await store.find(prepared.session.id, clock.now())) ? 'created' : null),
        )
        if (outcome === 'created') return prepared
        if (outcome !== 'exists') return outcome
      }
    },

    async resume(cookie) {
      const id = sessionIdOf(cookie)
      if (id === null) return null
      const found = await store.findWithSubject(id, clock.now())
      return found && secretMatches(cookie, found.session.secretHash) ? found : null
    },

    async rotate(current, next) {
      const result = await orFoundDone<Awaited<ReturnType<SessionStore['rotate']>>>(
        () =>
          inTime(
            clock,
            () => store.rotate(current.id, current.version, next, until(), clock.now()),
            async (last) =>
              last.outcome === 'rotated'
                ? { ...last, appended: await store.end(current.id, until(), clock.now()) }
                : last,
          ),
        async () => {
          if (!(await store.find(next.id, clock.now()))) return null
          return { outcome: 'rotated', appended: await store.end(current.id, until(), clock.now()) }
        },
      )
      if (result.outcome === 'rotated') return result
      // A 128-bit id in use: the caller prepares another, as after a lost race.
      return { outcome: result.outcome === 'exists' ? 'conflict' : result.outcome }
    },

    // Ending twice ends once, so a lost answer is simply asked for again.
    end(id, drainSeconds) {
      const step = () => store.end(id, until(), clock.now(), drainSeconds)
      return insist(() => inTime(clock, step, async ({ ended }) => ({ ...(await step()), ended })))
    },

    endSubject(subject, replacement, drainSeconds) {
      const endAll = () => store.endSubject(subject, null, until(), clock.now(), drainSeconds)
      if (!replacement) return insist(() => inTime(clock, endAll, async (last) => counted(await endAll(), last)))
      const step = () =>
        inTime(
          clock,
          () => store.endSubject(subject, replacement, until(), clock.now(), drainSeconds),
          // Late: only another end of all is a later entry for all of them, and the replacement goes with it.
          async (last) => last && counted(await endAll(), last),
        )
      return orFoundDone<Awaited<ReturnType<Sessions['endSubject']>>>(step, async () => {
        const session = await store.find(replacement.session.id, clock.now())
        if (!session) return null
        // A later entry of the same log: whoever has applied it has applied the lost one.
        const appended = await store.end(replacement.onlyIfAlive, until(), clock.now())
        return { ...appended, ended: 0, replacement: session }
      })
    },

    update: inTurn,
    updateData: (id, change) => inTurn(id, ({ data }) => ({ data: copyJson(change(data)) })),
  }
}

/** A copy of what the application gave, in the shape that a store would give back. @throws TypeError unless it is JSON */
export function copyJson(value: Json): Json {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError('session data must be JSON')
  return JSON.parse(text, (_name, part) => Object.freeze(part)) as Json
}

export function sessionEnded(): AuthError {
  return new AuthError('session.ended', 'the session has ended')
}

/**
 * Takes a step whose answer may be lost although it was taken: on `store.unavailable` it is found out whether it was.
 * `found` answers null when it was not; then the failure stands.
 */
async function orFoundDone<T>(step: () => Promise<T>, found: () => Promise<T | null>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (!isAuthError(error, 'store.unavailable')) throw error
    const result = await insist(found)
    if (result === null) throw error
    return result
  }
}

/** The later of two ends of all, with what both have ended. */
function counted<T extends { readonly ended: number } | null>(later: T, former: T): T {
  return later && former && { ...later, ended: later.ended + former.ended }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * milliseconds))
}

function nothing(): void {}
