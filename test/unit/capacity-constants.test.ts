/** The constants of a plan are those of the result files, and say where they come from. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { constantsOf, measurementsOf, RESULT_FILES, type Results } from '../../scripts/capacity/constants.ts'
import type { Constant } from '../../src/capacity/constant.ts'
import { MEASURED, MEASUREMENTS } from '../../src/capacity/measured.ts'
import { root } from '../support/source-files.ts'

const results = Object.fromEntries(
  Object.entries(RESULT_FILES).map(([name, path]) => [name, JSON.parse(readFileSync(`${root}/${path}`, 'utf8'))]),
) as unknown as Results
const constants: readonly (readonly [string, Constant])[] = Object.entries(MEASURED)

describe('the measured constants', () => {
  it('are those of the result files (npm run capacity-constants)', () => {
    expect(MEASURED).toEqual(constantsOf(results))
    expect(MEASUREMENTS).toEqual(measurementsOf(results))
  })

  it('change with their result file', () => {
    const { fleet } = results
    const rows = fleet.rows.map((row) => (row.metric === 'p50 ms' ? { ...row, median: row.median + 1 } : row))
    const changed = constantsOf({ ...results, fleet: { ...fleet, rows } })
    expect(changed['redis.p50BaseMs']?.value).toBeGreaterThan(MEASURED['redis.p50BaseMs'].value)
    expect(changed['redis.p50PerVerifierMs']?.value).toBeCloseTo(MEASURED['redis.p50PerVerifierMs'].value, 3)
  })

  it('take the spread of an engine from its own bench once there is one', () => {
    const { fleet } = results
    const postgres = fleet.rows
      .filter((row) => row.case.startsWith('Redis, revoke'))
      .map((row) => ({ ...row, case: row.case.replace('Redis', 'Postgres'), median: row.median * 2 }))
    const others = fleet.rows.filter((row) => !row.case.startsWith('Postgres, revoke'))
    const changed = constantsOf({ ...results, fleet: { ...fleet, rows: [...others, ...postgres] } })
    expect(changed['postgres.p50PerVerifierMs']).toMatchObject({ isAssumption: false })
    expect(changed['postgres.p50PerVerifierMs']?.value).toBeCloseTo(MEASURED['redis.p50PerVerifierMs'].value * 2, 3)
  })

  it.each(constants)(
    '%s is a number that names its file, or its reason',
    (_, { value, unit, source, isAssumption }) => {
      expect(Number.isFinite(value) && value >= 0).toBe(true)
      expect(unit).not.toBe('')
      if (isAssumption) expect(source).not.toMatch(/\.json/)
      else expect(Object.keys(RESULT_FILES).some((name) => source.startsWith(`${name}.json: `))).toBe(true)
    },
  )

  it('fail where a result file lacks a row', () => {
    const size = { ...results.size, rows: [] }
    expect(() => constantsOf({ ...results, size })).toThrow(/size\.json has no Bytes per session/)
  })
})
