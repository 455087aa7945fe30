/** The guide tells the figures of the result files, and no others. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GUIDE, withFigures } from '../../scripts/capacity/guide.ts'
import type { SimulationResult } from '../../scripts/simulation/all.ts'
import { svgOf } from '../../scripts/simulation/plot.ts'
import { stepCosts } from '../../src/capacity/input.ts'
import { root } from '../support/source-files.ts'

const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8')
const simulation: SimulationResult = JSON.parse(read('test/results/simulate.json'))

describe('docs/guides/capacity.md', () => {
  const guide = readFileSync(GUIDE, 'utf8')

  it('has the figures of the result files (npm run capacity-guide)', () => {
    expect(withFigures(guide)).toBe(guide)
    expect(guide.match(/<!-- figures: /g)?.length).toBeGreaterThan(5)
  })

  it('notices a figure that was changed by hand', () => {
    const changed = guide.replace(/\| keeps up \|/, '| falls behind |')
    expect(changed).not.toBe(guide)
    expect(withFigures(changed)).toBe(guide)
  })

  it('tells of no formula that is off', () => {
    expect(simulation.quick).toBe(false)
    expect(simulation.comparisons.filter(({ verdict }) => verdict === 'off')).toEqual([])
    expect(simulation.limits.filter(({ part, keptUp }) => keptUp !== part < 1)).toEqual([])
  })

  it('is of a simulation with the present constants (npm run simulate)', () => {
    expect(simulation.costs).toEqual(stepCosts('redis'))
  })

  it.each(Object.entries(simulation.plots))('shows %s as it was drawn', (name, plot) => {
    expect(read(`docs/images/${name}.svg`)).toBe(svgOf(plot))
    expect(guide).toContain(`../images/${name}.svg`)
  })
})
