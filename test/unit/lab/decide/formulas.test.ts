/** The formulas, worked out by hand. */
import { describe, expect, it } from 'vitest'
import {
  bytesPerDay,
  bytesPerDayHttp2,
  cacheCut,
  denylistRows,
  exposureExpected,
  exposureUnnoticed,
  exposureWorst,
  keyOverlap,
  lightness,
  refreshRate,
  safety,
  spare,
  stalenessMean,
  withinWish,
} from '../../../../web/lab/decide/formulas.ts'

describe('exposure', () => {
  it('ends with the life or the revocation, whichever comes first', () => {
    expect(exposureWorst(600, 3600)).toBe(600)
    expect(exposureWorst(86_400, 12)).toBe(12)
    expect(exposureUnnoticed(600)).toBe(300)
  })

  it('is expected between the two', () => {
    // Half of them noticed after an hour, half never.
    expect(exposureExpected(86_400, 0)).toBe(0.5 * 3600 + 0.5 * 43_200)
    expect(exposureExpected(600, 0)).toBe(0.5 * 600 + 0.5 * 300)
  })
})

it('counts refreshes, cache hits, rows, key overlap and staleness', () => {
  expect(refreshRate(60_000, 600)).toBe(100)
  expect(cacheCut(0.5, 60)).toBe(30)
  expect(denylistRows(100, 3600)).toBe(360_000)
  expect(keyOverlap(3600, 60, 600)).toBe(4260)
  expect(stalenessMean(600)).toBe(300)
})

it('counts bytes by the version of HTTP', () => {
  expect(bytesPerDay(1000, 453)).toBe(453_000)
  // 50 connections of 20 requests: 50 whole headers, 950 of one byte.
  expect(bytesPerDayHttp2(1000, 453)).toBe(50 * 453 + 950)
})

describe('utilities', () => {
  it('are 1 at best, 0 at worst', () => {
    expect([safety(0), safety(90 * 86_400)]).toEqual([1, 0])
    expect([lightness(0), lightness(1e6)]).toEqual([1, expect.closeTo(0, 5)])
    expect([spare(0, 5), spare(2.5, 5), spare(9, 5)]).toEqual([1, 0.5, 0])
  })

  it('keep or widen a gap when the wish is tightened', () => {
    expect(withinWish(10, 60)).toBe(1)
    const gaps = [3600, 600, 60, 10, 1, 0].map((wish) => withinWish(5, wish) - withinWish(600, wish))
    expect([...gaps].sort((a, b) => a - b)).toEqual(gaps)
  })
})
