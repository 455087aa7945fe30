import { describe, expect, it } from 'vitest'
import { wordsOf } from '../../../../web/lab/shell/proof-found.ts'

const AT = new Date(2026, 10, 30, 14, 3).getTime()

describe('what Start says of Proof', () => {
  it.each([
    [null, 'plain', 'Whether anything can leave: not measured here yet'],
    [{ stopped: 8, open: 0, of: 8, at: AT }, 'good', '8 of 8 ways out stopped, measured here at 14:03'],
    [{ stopped: 7, open: 0, of: 8, at: AT }, 'warn', '7 of 8 ways out stopped, measured here at 14:03'],
    [{ stopped: 7, open: 1, of: 8, at: AT }, 'bad', '7 of 8 ways out stopped, measured here at 14:03'],
    [{ stopped: 0, open: 0, of: 0, at: AT }, 'warn', '0 of 0 ways out stopped, measured here at 14:03'],
  ] as const)('is what was measured: %j', (found, tone, text) => {
    expect(wordsOf(found)).toEqual({ tone, text })
  })
})
