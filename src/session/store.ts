/** Port of the session store. */
import type { Appended, SubjectState } from '../revocation/engine.ts'
import type { Session } from './session.ts'

/** A live session and the numbers of its subject (all 0 for an anonymous one), read at one moment. */
export interface SessionAndSubject {
  readonly session: Session
  readonly subject: SubjectState
}

/**
 * A row is *alive* at `now` if it is there, neither idle- nor absolutely expired, its generation is not below the
 * subject's `deadBelow`, and its floor is not below the current floor. Every read answers live rows only.
 * Each method is one atomic step: whatever it ends, it appends to the revocation log in that same step.
 * `until` bounds the log entry, and `drainSeconds`, where it is given, goes into it (`RevocationEvent`).
 *
 * @throws AuthError `store.unavailable` from every method
 */
export interface SessionStore {
  /**
   * An id that no session has had: 22 characters base64url. Sessions of one subject get theirs from here, for a store that is
   * spread over many machines places a row by its id; `create` may refuse an id of another make with a TypeError.
   */
  newId(subject: string | null): string
  /**
   * Inserts. `exists`: the id is in use (never overwritten). `superseded`: the subject's generation or the floor has
   * been raised past what the session carries: start over. `limit`: the subject has `maxPerSubject` live sessions already.
   */
  create(
    session: Session,
    maxPerSubject: number | null,
    now: number,
  ): Promise<'created' | 'exists' | 'superseded' | 'limit'>
  find(id: string, now: number): Promise<Session | null>
  /** As `find`, with the subject's numbers in the same read: all that a check or a new token needs, for one command. */
  findWithSubject(id: string, now: number): Promise<SessionAndSubject | null>
  /**
   * Replaces the row if it is alive at `session.version - 1`. `lastSeenAt` keeps the maximum of both. id, subject,
   * generation and floor never change by a save.
   */
  save(session: Session, now: number): Promise<'saved' | 'conflict' | 'missing'>
  /** Raises `lastSeenAt` to the maximum, only while alive; the version does not change. False when not alive. */
  touch(id: string, lastSeenAt: number, now: number): Promise<boolean>
  /**
   * Replaces the live session `id` at `version` by `next`, which has a new id: one step that also re-points its refresh
   * family and appends the old id's end. `conflict`: the version has moved. `superseded`: as for `create`.
   */
  rotate(
    id: string,
    version: number,
    next: Session,
    until: number,
    now: number,
  ): Promise<
    | { readonly outcome: 'rotated'; readonly appended: Appended }
    | { readonly outcome: 'missing' | 'conflict' | 'exists' | 'superseded' }
  >
  /** Ends one session and its family; appends even when no row is left, for tokens may still carry the id. */
  end(
    id: string,
    until: number,
    now: number,
    drainSeconds?: number,
  ): Promise<Appended & { readonly ended: Session | null }>
  /**
   * Log out everywhere: raises the subject's generation, ends every session and family of the subject, appends, and, when
   * `replacement` is given, creates that session at the new generation (its `generation` field is set by this step).
   * With `onlyIfAlive`, does all of it only while that session is alive (and at `version`, if that is given, so that no
   * change of its data is left behind), otherwise answers null and changes nothing.
   * `ended` counts the sessions that were alive, the one that was replaced included.
   *
   * @throws TypeError when the replacement belongs to another subject or its id is in use
   */
  endSubject(
    subject: string,
    replacement: { readonly session: Session; readonly onlyIfAlive: string; readonly version?: number } | null,
    until: number,
    now: number,
    drainSeconds?: number,
  ): Promise<
    (Appended & { readonly generation: number; readonly ended: number; readonly replacement: Session | null }) | null
  >
  /** Live sessions of a subject, newest first, at most `limit`, starting after `cursor` (an opaque string of the last page). */
  listBySubject(subject: string, cursor: string | null, limit: number, now: number): Promise<SessionPage>
  /** Live sessions of everybody, in a stable order. */
  list(cursor: string | null, limit: number, now: number): Promise<SessionPage>
  /** How many live rows there are (may be up to a minute old). */
  count(now: number): Promise<number>
  /** Removes at most `limit` rows that are not alive; answers how many. */
  deleteExpired(now: number, limit: number): Promise<number>
}

export interface SessionPage {
  readonly sessions: readonly Session[]
  /** Names the next page; null on the last. */
  readonly cursor: string | null
}
