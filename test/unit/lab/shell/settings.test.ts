/** What a link may carry: no text that is put in comes out of the codec, whatever it is. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { flag, oneOf, readSettings, someOf, whole, writeSettings } from '../../../../web/lab/shell/settings.ts'

const SHAPE = {
  instances: whole(1, 16, 4),
  scenario: oneOf(['revoke', 'outage', 'partition'], 'revoke'),
  columns: someOf(['session', 'jwt', 'hybrid'], ['session', 'jwt']),
  fast: flag(false),
}
const PRESETS = readSettings(SHAPE, '')
const values = fc.record({
  instances: fc.integer({ min: 1, max: 16 }),
  scenario: fc.constantFrom('revoke' as const, 'outage' as const, 'partition' as const),
  columns: fc.subarray(['session' as const, 'jwt' as const, 'hybrid' as const]),
  fast: fc.boolean(),
})
/** All that may ever stand in a link of this shape. */
const GRAMMAR = /^(v=1(&instances=\d{1,2})?(&scenario=(outage|partition))?(&columns=[a-z.]*)?(&fast=(yes|no))?)?$/

describe('settings in a link', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(values, (given) => {
        expect(readSettings(SHAPE, writeSettings(SHAPE, given))).toEqual(given)
      }),
    )
  })

  it('are empty when all is as it is anyway', () => {
    expect(writeSettings(SHAPE, PRESETS)).toBe('')
  })

  it('have no place for any text: what a screen puts in by mistake does not come out', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.constant('eyJhbGciOiJIUzI1NiJ9.e30.c2ln'),
      fc.array(fc.string()),
      fc.anything(),
    )
    const smuggled = fc.record({
      instances: anything,
      scenario: anything,
      columns: fc.array(fc.string()),
      fast: anything,
    })
    fc.assert(
      fc.property(smuggled, (given) => {
        expect(writeSettings(SHAPE, given as unknown as typeof PRESETS)).toMatch(GRAMMAR)
      }),
      { numRuns: 500 },
    )
  })

  it('are read from anything without a fault, and are always of their shape', () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 3_000 }),
      fc.webQueryParameters(),
      fc
        .tuple(fc.constantFrom('instances', 'scenario', 'columns', 'fast', '__proto__'), fc.string())
        .map(([n, t]) => `v=1&${n}=${t}`),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const read = readSettings(SHAPE, text)
        expect(Object.keys(read)).toEqual(Object.keys(PRESETS))
        expect(writeSettings(SHAPE, read)).toMatch(GRAMMAR)
      }),
      { numRuns: 500 },
    )
  })

  it('are those of this version, within 2 kB, or none', () => {
    expect(readSettings(SHAPE, 'v=1&instances=9')).toEqual({ ...PRESETS, instances: 9 })
    expect(readSettings(SHAPE, 'v=2&instances=9')).toEqual(PRESETS)
    expect(readSettings(SHAPE, 'instances=9')).toEqual(PRESETS)
    expect(readSettings(SHAPE, `v=1&instances=9&x=${'x'.repeat(2_048)}`)).toEqual(PRESETS)
    expect(readSettings(SHAPE, 'v=1&instances=17')).toEqual(PRESETS)
    expect(readSettings(SHAPE, 'v=1&instances=4.5')).toEqual(PRESETS)
  })
})
