/** The id under which a verifier registers: random, and it names the verifier's lease. */
import { randomId } from '../crypto/random.ts'

/**
 * `<128 random bits>.<lease in ms>`. Fresh for every process start and every history of the log, so that a late ack can
 * never count for another life. Naming the lease lets a revoker with other settings wait long enough all the same.
 */
export function newMemberId(leaseMs: number): string {
  return `${randomId()}.${leaseMs}`
}

/** The lease that an id names, or null for an id of another make. */
export function leaseOf(memberId: string): number | null {
  const match = /\.([1-9]\d{0,8})$/.exec(memberId)
  return match?.[1] === undefined ? null : Number(match[1])
}
