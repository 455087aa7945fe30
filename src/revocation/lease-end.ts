/** Lw: how long after its grant a lease is surely over. */
import { leaseOf } from './member-id.ts'

export interface LeaseEndOptions {
  /** The lease of members whose id names none; the same in the whole fleet. Default 12. */
  readonly leaseSeconds?: number
  /** How wrong the rate of a clock may be. Default 0.01. */
  readonly driftRate?: number
  /** Added to every wait. Default 20. */
  readonly guardMs?: number
}

/**
 * @returns how long after the grant a member's lease can hold by this process's clock, in milliseconds; for the empty id, that of
 *   a member with this process's own settings
 * @throws TypeError for options out of range
 */
export function createLeaseEnd(options: LeaseEndOptions): (memberId: string) => number {
  const { leaseSeconds = 12, driftRate = 0.01, guardMs = 20 } = options
  if (!(leaseSeconds > 0 && driftRate >= 0 && driftRate < 1 && guardMs >= 0)) {
    throw new TypeError('leaseSeconds is above 0, driftRate from 0 to below 1, guardMs from 0 on')
  }
  return (memberId) => {
    const leaseMs = Math.max(leaseSeconds * 1000, leaseOf(memberId) ?? 0)
    return Math.ceil((leaseMs * (1 + driftRate)) / (1 - driftRate) + guardMs)
  }
}
