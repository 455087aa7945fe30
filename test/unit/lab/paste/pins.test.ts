import { describe, expect, it } from 'vitest'
import { besides, isPinned, type Pin, togglePin } from '../../../../web/lab/paste/pins.ts'

const SUB: Pin = { part: 'payload', name: 'sub', value: '"ana"' }

describe('pinned values', () => {
  it('are pinned once, and let go by the same button', () => {
    const pins = togglePin(togglePin([], SUB), { ...SUB, value: '"ben"' })
    expect(pins.map(({ value }) => value)).toEqual(['"ana"', '"ben"'])
    expect([isPinned(pins, { ...SUB }), isPinned(pins, { ...SUB, part: 'header' })]).toEqual([true, false])
    expect(togglePin(pins, { ...SUB })).toHaveLength(1)
  })

  it('stand beside what the next token says', () => {
    const token = { header: {}, payload: { sub: 'ana' } }
    expect(besides([SUB, { ...SUB, name: 'toString' }], token)).toMatchObject([
      { now: '"ana"', isSame: true },
      { now: null, isSame: false },
    ])
    expect(besides([SUB], { header: null, payload: null })).toMatchObject([{ now: null }])
    expect(besides([SUB], null)).toMatchObject([{ value: '"ana"', now: null }])
  })
})
