import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/clock.ts'
import { createLease } from '../../../src/revocation/lease.ts'

function setUp() {
  const at = { monoMs: 50, wallMs: 1_000_000_000 }
  const clock: Clock = { now: () => Math.floor(at.wallMs / 1000), wallMs: () => at.wallMs, monoMs: () => at.monoMs }
  return { at, lease: createLease(clock) }
}

describe('the lease', () => {
  it('is not held at first, however young the clock', () => {
    const { lease, at } = setUp()
    at.monoMs = 0
    expect(lease.holds()).toBe(false)
    expect(lease.heldWithin(1_000_000)).toBe(false)
    expect(lease.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
  })

  it('ends by the monotonic clock, to the millisecond', () => {
    const { lease, at } = setUp()
    lease.extend(at.monoMs, at.wallMs, 100)
    at.monoMs += 99
    expect(lease.holds()).toBe(true)
    expect(lease.stalenessMs()).toBe(99)
    at.monoMs += 1
    expect(lease.holds()).toBe(false)
  })

  it('tells the time that it was judged by, and none that anything is before', () => {
    const { lease, at } = setUp()
    expect(lease.wallMsWhileHeld()).toBeNaN()
    lease.extend(at.monoMs, at.wallMs, 100)
    at.wallMs += 40
    expect(lease.wallMsWhileHeld()).toBe(at.wallMs)
    at.monoMs += 100
    expect(lease.wallMsWhileHeld()).toBeNaN()
    expect(lease.wallMsWhileHeld() < Number.POSITIVE_INFINITY).toBe(false)
  })

  it('ends by the wall clock too: a suspended machine may not count its sleep', () => {
    const { lease, at } = setUp()
    lease.extend(at.monoMs, at.wallMs, 100)
    at.wallMs += 100
    expect(lease.holds()).toBe(false)
  })

  it('ends when the wall clock goes back by more than a second', () => {
    const { lease, at } = setUp()
    lease.extend(at.monoMs, at.wallMs, 100)
    at.wallMs -= 1000
    expect(lease.holds()).toBe(true)
    at.wallMs -= 1
    expect(lease.holds()).toBe(false)
  })

  it('has lapsed for good until the next renewal, and what was known is as old as it is', () => {
    const { lease, at } = setUp()
    lease.extend(at.monoMs, at.wallMs, 100)
    lease.lapse()
    expect([lease.holds(), lease.heldWithin(0), lease.stalenessMs()]).toEqual([false, true, 0])
    at.monoMs += 1050
    at.wallMs += 1050
    expect([lease.holds(), lease.heldWithin(0), lease.heldWithin(1), lease.stalenessMs()]).toEqual([
      false,
      false,
      true,
      1050,
    ])
    lease.extend(at.monoMs, at.wallMs, 100)
    expect(lease.holds()).toBe(true)
    lease.drop()
    expect([lease.holds(), lease.heldWithin(1000)]).toEqual([false, false])
  })

  it('counts from the renewal that was sent last, whichever reply comes last', () => {
    const { lease, at } = setUp()
    lease.extend(40, at.wallMs, 100)
    lease.extend(30, at.wallMs, 100)
    at.monoMs = 139
    expect(lease.holds()).toBe(true)
    at.monoMs = 140
    expect(lease.holds()).toBe(false)
  })

  it('can be held a while longer for those who say so', () => {
    const { lease, at } = setUp()
    lease.extend(at.monoMs, at.wallMs, 100)
    at.monoMs += 1099
    at.wallMs += 1099
    expect(lease.holds()).toBe(false)
    expect(lease.heldWithin(1)).toBe(true)
    expect(lease.heldWithin(Number.NaN)).toBe(false)
    expect(lease.heldWithin(-1)).toBe(false)
    at.wallMs += 1
    expect(lease.heldWithin(1)).toBe(false)
  })

  it('can be dropped, after which nothing holds it', () => {
    const { lease, at } = setUp()
    lease.extend(at.monoMs, at.wallMs, 100)
    lease.drop()
    expect(lease.holds()).toBe(false)
    expect(lease.heldWithin(1_000_000)).toBe(false)
  })
})
