/** Port of the revocation log and the registry of verifiers that hold it in memory. */
import type { JsonObject } from '../json.ts'

/**
 * How much survives: D0 memory of one process; D1 one durable node; D2 replicas that are waited for, plus recovery from
 * the fleet's memory; D3 synchronous standby.
 */
export type Durability = 'D0' | 'D1' | 'D2' | 'D3'

/**
 * What a log entry says. `until` (seconds since 1970): no credential that the entry covers can be accepted from then on
 * anyway, so the entry may be pruned. `drainSeconds`: verifiers acknowledge it only when the requests under way that it ends
 * are over, at most so many seconds later; absent, they do not wait.
 */
export type RevocationEvent =
  /** The session `sessionId`, and every token that carries it as `sid`, is dead. */
  | {
      readonly kind: 'session'
      readonly sessionId: string
      readonly subject: string | null
      readonly until: number
      readonly drainSeconds?: number
    }
  /** The one token with this `jti` is dead. */
  | { readonly kind: 'token'; readonly tokenId: string; readonly until: number }
  /** Sessions and tokens of `subject` with `gen < generation` are dead. */
  | {
      readonly kind: 'subject'
      readonly subject: string
      readonly generation: number
      readonly until: number
      readonly drainSeconds?: number
    }
  /**
   * Application claims of `subject` changed: with `gen < generation` they are stale. `patch` null: load them anew;
   * otherwise it holds all current application claims (see `applyPatch`).
   */
  | {
      readonly kind: 'claims'
      readonly subject: string
      readonly generation: number
      readonly patch: JsonObject | null
      readonly until: number
    }
  /** Signing keys `keyIds` are retired; cookies and refresh families issued under a floor below `floor` are dead. */
  | { readonly kind: 'floor'; readonly floor: number; readonly keyIds: readonly string[]; readonly until: number }

export interface LogEntry {
  /** 1, 2, ... without gaps within an incarnation. */
  readonly offset: number
  readonly event: RevocationEvent
}

/** A registered verifier. */
export interface Member {
  readonly id: string
  /** How often it renewed: a counter that stands still for a whole lease means that nobody holds that lease. */
  readonly renewals: number
  /** Highest contiguous offset that it has applied and acknowledged. */
  readonly acked: number
}

/** What an append answers: all a revoker needs in order to wait for the fleet. */
export interface Appended {
  /** Changes whenever the store may have lost acknowledged entries: a fail-over, a restored backup, a restart without its disk. */
  readonly incarnation: string
  /** Offset of the last entry that this step wrote. */
  readonly offset: number
  /** The registry at the moment of the append (same atomic step). */
  readonly members: readonly Member[]
  /** As `Registry.settled`, in the same step. */
  readonly settled: boolean
}

export interface Renewal {
  readonly incarnation: string
  /** Highest offset in the log; 0 when it is empty. */
  readonly head: number
  /** Lowest offset that still can be read; `head + 1` when none. */
  readonly firstRetained: number
  /** As `Registry.settled`. */
  readonly settled: boolean
}

/** Who is registered, and in which incarnation. */
export interface Registry {
  readonly incarnation: string
  readonly members: readonly Member[]
  /**
   * False from the beginning of an incarnation that may lack what an earlier one had acknowledged, until `settle`: no verifier
   * takes a lease, and no revocation returns. Generations and the floor rise by 65 536 instead of 1 meanwhile: a number that was
   * given and lost is never given again. Always true where nothing acknowledged can be lost unnoticed.
   */
  readonly settled: boolean
}

/** The authoritative numbers of a subject. All 0 for a subject that was never revoked or changed. */
export interface SubjectState {
  /** Goes into new sessions and tokens as `gen`. */
  readonly generation: number
  /** Below it: dead. */
  readonly deadBelow: number
  /** Below it: application claims are stale. */
  readonly staleBelow: number
}

/** What `judge` says of a credential, read from the truth in one linearizable step. */
export type Verdict = 'alive' | 'dead' | 'stale'

/** The fields of a credential that revocation looks at; both a cookie's session and a token give them. */
export interface CredentialRef {
  readonly sessionId: string
  readonly subject: string
  /** null for a cookie. */
  readonly tokenId: string | null
  readonly generation: number
}

/**
 * The log's engine. Every method is one atomic, linearizable step; `now` is in seconds since 1970.
 * Methods of the session store that end sessions append to this same log in their own atomic step.
 *
 * @throws AuthError `store.unavailable` from every method
 */
export interface RevocationEngine {
  readonly durability: Durability
  /**
   * For how long, once a new incarnation has been seen, a store of an earlier one may still grant renewals (a former primary that
   * has not noticed): 0 where one node is all there is, or every replica confirms a renewal.
   */
  readonly overlapMs: number
  /** JOIN and RENEW: adds `id` with `acked` 0 if unknown, counts the renewal, answers where the log stands. Never raises `acked`. */
  renew(id: string): Promise<Renewal>
  /**
   * Entries after `offset` in order, at most `limit`.
   * @param incarnation of this one, or the call fails with `store.unavailable`: a head told by one log and entries read from
   *   another would make a verifier believe that it has read everything
   */
  readAfter(offset: number, limit: number, incarnation?: string): Promise<readonly LogEntry[]>
  /** Raises `acked` of `id` to `offset` (never lowers it); unknown ids, and offsets beyond the head, are ignored. */
  ack(id: string, offset: number): Promise<void>
  members(): Promise<Registry>
  /** Removes `id`: it has stopped accepting. */
  leave(id: string): Promise<void>
  /** Removes `id` if its renewal counter still is `renewals`; whether it did. */
  reap(id: string, renewals: number): Promise<boolean>
  /** Appends a `token` event. */
  revokeToken(tokenId: string, until: number, now: number): Promise<Appended>
  /** Raises the subject's generation, makes older claims stale and appends a `claims` event without a patch. */
  bumpClaims(subject: string, until: number, now: number): Promise<Appended & { readonly generation: number }>
  /** Appends the patch of `generation` if that still is the subject's newest; otherwise null and nothing is written. */
  publishPatch(
    subject: string,
    generation: number,
    patch: JsonObject,
    until: number,
    now: number,
  ): Promise<Appended | null>
  /**
   * The emergency brake: raises the floor by one and retires `keyIds`. Sessions and families under a lower floor are dead.
   */
  raiseFloor(keyIds: readonly string[], until: number, now: number): Promise<Appended & { readonly floor: number }>
  /**
   * RECOVERY, for a log that may have lost its end: makes true what the events say and the truth lacks (a session ends with
   * its row and family; numbers rise to at least the event's, and a subject's rows below end), and appends what the log lacks.
   * A claims patch below the subject's generation counts as one without a patch; an event whose `until` has passed is not
   * appended. One step, or one per event. Any order, and any number of times, comes to the same, and it only ever makes
   * more dead. A store that cannot tell whether the log holds an event appends it again. At most a few hundred events a call.
   * The answer's `offset`: whoever has applied everything up to it has applied all of the events.
   */
  restore(events: readonly RevocationEvent[], now: number): Promise<Appended>
  /** Says that `incarnation` has lasted longer than any lease granted before it, and that the fleet has restored what it knew. */
  settle(incarnation: string): Promise<void>
  /** The current floor; 0 at first. */
  floor(): Promise<number>
  subject(subject: string): Promise<SubjectState>
  /** The strict look-up: session row alive, generation, token not revoked, read as one step. */
  judge(credential: CredentialRef, now: number): Promise<Verdict>
  /** Drops entries whose `until` has passed (a contiguous run from the oldest on); answers how many. */
  prune(now: number): Promise<number>
  /** Calls `wake` when the log may have grown. Latency only: losing a call costs no safety. Returns how to stop. */
  watch(wake: () => void): () => void
}
