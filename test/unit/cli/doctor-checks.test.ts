import { describe, expect, it } from 'vitest'
import { checkClock, checkNode } from '../../../src/cli/doctor-checks.ts'

describe('the doctor', () => {
  it('takes a clock for wrong that stands before this software existed', () => {
    expect(checkClock(0)).toMatchObject({
      check: 'clock',
      fault: expect.stringContaining('1970-01-01'),
      mend: expect.any(String),
    })
    expect(checkClock(Date.UTC(2026, 0, 1))).toEqual({ check: 'clock', said: '2026-01-01T00:00:00.000Z' })
  })

  it('knows the Node that runs it', () => {
    expect(checkNode()).toEqual({ check: 'node', said: process.versions.node })
  })
})
