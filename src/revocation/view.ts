/** A verifier's memory of the revocation log: what CHECK asks, and what the follower writes. */
import type { Clock } from '../clock.ts'
import { AuthError } from '../errors.ts'
import type { CheckKey, RevocationView } from './check.ts'
import { createDenyTable } from './deny-table.ts'
import type { CredentialRef, LogEntry, RevocationEvent, Verdict } from './engine.ts'
import { createGenerations, MAX_GENERATION } from './generations.ts'
import { type IdKey, idKey } from './id-keys.ts'
import { createLease, type Lease } from './lease.ts'
import { PACKED_SESSION, PACKED_SUBJECT, packKey, SESSION_DIRECT, SUBJECT_DIRECT } from './packed-key.ts'

/** The view with the side that its follower writes. */
export interface FollowedView extends RevocationView {
  /**
   * Takes an entry in; the next `look` sees it. Entries may come twice and, but for patches of one generation, in any order.
   * @throws AuthError `store.corrupt` for an entry that it does not understand: whoever follows must not go past it
   */
  apply(entry: LogEntry): void
  /** Another number after every change; never the same in two views of a process. */
  readonly epoch: number
  readonly lease: Lease
  /** Takes the floor's number from the store, for its entry may be pruned already. */
  raiseFloor(floor: number): void
  /**
   * Drops the lease and what a log of another history could contradict: generations and floor. Dead ids and retired keys
   * stay, for ids are never used again.
   */
  reset(): void
  /** Drops some of what has expired; to be called now and then. */
  sweep(): void
  /** True when the clock has gone back behind a moment by which entries were dropped: the log must be read again. */
  hasForgotten(): boolean
  readonly sizes: { readonly denied: number; readonly subjects: number; readonly bytes: number }
}

export interface RevocationViewOptions {
  readonly clock: Clock
  /** One linearizable read of the truth (`RevocationEngine.judge`). */
  readonly judge: (credential: CredentialRef, now: number) => Promise<Verdict>
}

/** A prepared credential. The fields of its keys lie flat: one object beside each cached credential, two for tokens. */
class PreparedKey implements CheckKey {
  readonly ref: CredentialRef
  epoch = 0
  verdict: Verdict = 'dead'
  readonly sessionDirect: boolean
  readonly s0: number
  readonly s1: number
  readonly s2: number
  readonly s3: number
  readonly subjectDirect: boolean
  readonly u0: number
  readonly u1: number
  readonly u2: number
  readonly u3: number
  readonly token: IdKey | null

  constructor(ref: CredentialRef) {
    const session = idKey(ref.sessionId)
    const subject = idKey(ref.subject)
    this.ref = ref
    this.sessionDirect = session.direct
    this.s0 = session.k0
    this.s1 = session.k1
    this.s2 = session.k2
    this.s3 = session.k3
    this.subjectDirect = subject.direct
    this.u0 = subject.k0
    this.u1 = subject.k1
    this.u2 = subject.k2
    this.u3 = subject.k3
    this.token = ref.tokenId === null ? null : idKey(ref.tokenId)
  }
}

// One counter for all views, so that a verdict remembered from one view is never taken for another's.
let lastEpoch = 0

/** An empty view without a lease. `createFollower` fills it and keeps it true. */
export function createRevocationView(options: RevocationViewOptions): FollowedView {
  const { clock, judge } = options
  const sessions = createDenyTable()
  const tokens = createDenyTable()
  const generations = createGenerations()
  const retiredKeys = new Set<string>()
  const lease = createLease(clock)
  let floor = 0
  let epoch = ++lastEpoch

  function decide(key: PreparedKey): Verdict {
    const { token } = key
    if (sessions.has(key.sessionDirect, key.s0, key.s1, key.s2, key.s3)) return 'dead'
    if (token && tokens.has(token.direct, token.k0, token.k1, token.k2, token.k3)) return 'dead'
    return generations.judge(key.subjectDirect, key.u0, key.u1, key.u2, key.u3, key.ref.generation)
  }

  function take(event: RevocationEvent): void {
    const now = dropTime()
    const until = untilOf(event)
    if (event.kind === 'session') sessions.add(idKey(event.sessionId), until, now)
    else if (event.kind === 'token') tokens.add(idKey(event.tokenId), until, now)
    else if (event.kind === 'subject') {
      generations.raiseDead(idKey(event.subject), countOf(event.generation), until, now)
    } else if (event.kind === 'claims') {
      generations.raiseStale(idKey(event.subject), countOf(event.generation), event.patch, until, now)
    } else if (event.kind === 'floor') {
      floor = Math.max(floor, countOf(event.floor))
      for (const keyId of event.keyIds) retiredKeys.add(keyId)
    } else throw new AuthError('store.corrupt', 'the revocation log holds an entry of an unknown kind')
  }

  /**
   * What has expired is dropped by the wall time of the last renewal, never by the clock as it is: the lease ends when the
   * wall clock goes back behind that time, so a clock that jumps to and fro cannot make the verifier forget and then accept.
   */
  function dropTime(): number {
    return Math.max(0, Math.floor(lease.sentWallMs / 1000))
  }

  return {
    prepare: (ref) => new PreparedKey(checkCredential(ref)),
    look(key) {
      if (!(key instanceof PreparedKey)) throw new TypeError('look needs a key that prepare has made')
      if (key.epoch !== epoch) {
        key.verdict = decide(key)
        key.epoch = epoch
      }
      return key.verdict
    },
    patchFor(key) {
      if (!(key instanceof PreparedKey)) throw new TypeError('patchFor needs a key that prepare has made')
      return generations.patchFor(key.subjectDirect, key.u0, key.u1, key.u2, key.u3, key.ref.generation)
    },
    pack: (ref, words, at) => packKey(checkCredential(ref), words, at),
    lookPacked(words, at, generation) {
      const flags = words[at] as number
      const s = at + PACKED_SESSION
      if (
        sessions.has(
          (flags & SESSION_DIRECT) !== 0,
          words[s] as number,
          words[s + 1] as number,
          words[s + 2] as number,
          words[s + 3] as number,
        )
      )
        return 'dead'
      const u = at + PACKED_SUBJECT
      return generations.judge(
        (flags & SUBJECT_DIRECT) !== 0,
        words[u] as number,
        words[u + 1] as number,
        words[u + 2] as number,
        words[u + 3] as number,
        generation,
      )
    },
    patchForPacked(words, at, generation) {
      const u = at + PACKED_SUBJECT
      return generations.patchFor(
        ((words[at] as number) & SUBJECT_DIRECT) !== 0,
        words[u] as number,
        words[u + 1] as number,
        words[u + 2] as number,
        words[u + 3] as number,
        generation,
      )
    },
    isKeyRetired: (keyId) => retiredKeys.has(keyId),
    get floor() {
      return floor
    },
    leaseHolds: lease.holds,
    wallMsInLease: lease.wallMsWhileHeld,
    stalenessMs: lease.stalenessMs,
    leaseHeldWithin: lease.heldWithin,
    async strict(ref) {
      // What is known to be dead stays so, also where a fail-over has made the store forget it.
      if (decide(new PreparedKey(checkCredential(ref))) === 'dead') return 'dead'
      return judge(ref, clock.now())
    },

    apply(entry) {
      take(entry.event)
      epoch = ++lastEpoch
    },
    get epoch() {
      return epoch
    },
    lease,
    raiseFloor(number) {
      if (countOf(number) <= floor) return
      floor = number
      epoch = ++lastEpoch
    },
    reset() {
      lease.drop()
      for (const table of [sessions, tokens]) table.restart()
      generations.clear()
      floor = 0
      epoch = ++lastEpoch
    },
    sweep() {
      const now = dropTime()
      for (const table of [sessions, tokens, generations]) table.sweep(now)
    },
    hasForgotten() {
      return clock.now() < Math.max(sessions.droppedAt, tokens.droppedAt, generations.droppedAt) - 1
    },
    get sizes() {
      return {
        denied: sessions.size + tokens.size,
        subjects: generations.size,
        bytes: sessions.bytes + tokens.bytes + generations.bytes,
      }
    },
  }
}

/** @throws AuthError `token.claim_invalid`: an absent or ill-typed field would slip through every comparison */
export function checkCredential(ref: CredentialRef): CredentialRef {
  const { sessionId, subject, tokenId, generation } = ref
  if (!isId(sessionId) || !isId(subject) || !(tokenId === null || isId(tokenId)) || !isCount(generation)) {
    throw new AuthError('token.claim_invalid', 'sid, sub, jti or gen is absent or of the wrong type')
  }
  return ref
}

/** Well-formed: two texts that differ in lone surrogates only would have the same digest. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.isWellFormed()
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function countOf(value: number): number {
  if (!isCount(value) || value > MAX_GENERATION) {
    throw new AuthError('store.corrupt', 'the revocation log holds a number that is none')
  }
  return value
}

/** The 32 bits that tables hold: a later moment is held as the last one (in 2106), one before 1970 as the first. */
function untilOf(event: RevocationEvent): number {
  if (!Number.isFinite(event.until)) throw new AuthError('store.corrupt', 'a log entry does not say until when')
  return Math.min(Math.max(Math.ceil(event.until), 1), 0xffff_ffff)
}
