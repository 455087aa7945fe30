/** REVOKE: waits until no verifier of the fleet can accept any more, and says how it knows. */
import { AuthError } from '../errors.ts'
import type { Appended } from './engine.ts'

/** When a verifier was known not to accept any more. */
export interface Confirmation {
  /** Id of the verifier. */
  readonly id: string
  /** `ack`: it has confirmed; `left`: it has left the fleet; `lease`: its lease was waited out. */
  readonly by: 'ack' | 'left' | 'lease'
  /** From the append's reply. */
  readonly ms: number
}

/** Proof that an appended event has reached every verifier. */
export interface Receipt {
  readonly incarnation: string
  readonly offset: number
  /** `acks`: every verifier confirmed (or left); `lease`: for at least one it was waited until its lease had run out. */
  readonly confirmedBy: 'acks' | 'lease'
  /** Ids of the verifiers whose lease was waited out. */
  readonly waitedFor: readonly string[]
  /** Each verifier that was registered at the append, in the order in which they were known to have it. */
  readonly verifiers: readonly Confirmation[]
  /** From the append's reply to the end of the wait. */
  readonly ms: number
  /** When verifiers outside the fleet can no longer accept (seconds since 1970); null: there are none. */
  readonly remoteEffectiveAt: number | null
}

export interface SettleOptions {
  readonly timeoutMs?: number
  /**
   * Does the same append again. Called when the log turns out to be another one than the event was appended to (a
   * fail-over may have lost it); the wait then starts over and goes its full length.
   */
  readonly again?: () => Promise<Appended>
}

/** Waits for a fleet. */
export interface Spread {
  /**
   * Resolves when every verifier that was registered at the append has acknowledged it, has left, or cannot hold a lease.
   * @throws RevocationPending (`revocation.pending`) after `timeoutMs`: appended, still spreading
   * @throws AuthError `revocation.unknown_outcome` when the log has become another one and `again` is absent: revoke again
   */
  settle(appended: Appended, options?: SettleOptions): Promise<Receipt>
}

/** The event is in the log; not every verifier is known to have it yet. */
export class RevocationPending extends AuthError {
  readonly offset: number
  /** Ids of the verifiers that have not confirmed. */
  readonly waitingFor: readonly string[]
  /** In so many milliseconds no verifier can accept any more, whatever happens. */
  readonly safeInMs: number

  constructor(offset: number, waitingFor: readonly string[], safeInMs: number) {
    super('revocation.pending', 'revoked; not every verifier has confirmed it yet', {
      retryAfterSeconds: Math.max(1, Math.ceil(safeInMs / 1000)),
    })
    this.offset = offset
    this.waitingFor = waitingFor
    this.safeInMs = safeInMs
  }
}
