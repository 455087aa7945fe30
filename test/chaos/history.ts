/**
 * What was revoked, when each revocation returned, and what was decided after it. The guarantee: once a revocation has returned,
 * no decision that begins later accepts what it covers (docs/guarantee.md).
 */
import type { Answer } from './verifiers.ts'

export interface Tally {
  revokes: number
  byAcks: number
  byLease: number
  /** Revocations that did not return: the store was gone, or the outcome is unknown. Nothing is promised of them. */
  unreturned: number
  acceptedBefore: number
  checksAfter: number
  acceptedAfter: number
}

export interface Violation {
  readonly sessionId: string
  readonly kind: string
  readonly verifier: string
  readonly returnedMs: number
  readonly acceptedMs: number
}

export interface History {
  readonly tally: Tally
  readonly violations: readonly Violation[]
  /** Writes a line about anything; times are those of the machine's monotonic clock in milliseconds. */
  note(line: object): void
  before(answers: readonly (Answer | null)[]): void
  /** @param returnedMs when `await revoke()` was over */
  after(
    kind: string,
    sessionId: string,
    returnedMs: number,
    verifiers: readonly string[],
    answers: readonly (Answer | null)[],
  ): void
}

/** @param write takes each line of the record */
export function createHistory(write: (line: string) => void): History {
  const violations: Violation[] = []
  const tally: Tally = {
    revokes: 0,
    byAcks: 0,
    byLease: 0,
    unreturned: 0,
    acceptedBefore: 0,
    checksAfter: 0,
    acceptedAfter: 0,
  }
  const note = (line: object): void => write(JSON.stringify({ atMs: sharedMs(), ...line }))
  return {
    tally,
    violations,
    note,
    before(answers) {
      for (const answer of answers) if (answer?.isAccepted) tally.acceptedBefore++
    },
    after(kind, sessionId, returnedMs, verifiers, answers) {
      for (const [i, answer] of answers.entries()) {
        if (answer === null) continue
        tally.checksAfter++
        if (!answer.isAccepted || answer.beganMs <= returnedMs) continue
        tally.acceptedAfter++
        const violation = { sessionId, kind, verifier: verifiers[i] ?? '', returnedMs, acceptedMs: answer.beganMs }
        violations.push(violation)
        note({ violation })
      }
    },
  }
}

/** Milliseconds of the machine's monotonic clock, the same in every process of it. */
export function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
