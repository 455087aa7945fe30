/** The formulas of a plan against the simulation, in quick: `npm run simulate` does the same at every scale. */
import { describe, expect, it } from 'vitest'
import { simulateAll } from '../../scripts/simulation/all.ts'
import { createEvents } from '../../scripts/simulation/events.ts'
import { svgOf } from '../../scripts/simulation/plot.ts'
import { createChance } from '../../scripts/simulation/random.ts'

const quiet = (): void => undefined
const first = simulateAll(true, 1, quiet)

describe('the simulation', () => {
  it('agrees with the formulas to within 5 %, or says that one log is not enough', () => {
    expect(first.comparisons.filter(({ verdict }) => verdict === 'off')).toEqual([])
    const compared = first.comparisons.filter(({ differencePercent }) => differencePercent !== null)
    expect(compared.length).toBeGreaterThan(30)
    for (const { differencePercent } of compared) expect(Math.abs(differencePercent ?? 100)).toBeLessThanOrEqual(5)
    expect(first.comparisons.some(({ verdict }) => verdict === 'saturated')).toBe(true)
  })

  it('keeps up below the limit of one log, and falls behind above it', () => {
    expect(first.limits.map(({ part, keptUp }) => keptUp === part < 1)).toEqual(first.limits.map(() => true))
  })

  it('comes out the same for the same seed, and differently for another one', () => {
    expect(simulateAll(true, 1, quiet)).toEqual(first)
    expect(simulateAll(true, 2, quiet).comparisons).not.toEqual(first.comparisons)
  })

  it('draws the same picture of the same figures', () => {
    for (const plot of Object.values(first.plots)) {
      expect(svgOf(plot)).toMatch(/^<svg [^>]+>\n<title>/)
      expect(svgOf(plot)).toBe(svgOf(structuredClone(plot)))
    }
  })
})

describe('its events', () => {
  it('come in the order of their times, and of their making', () => {
    const events = createEvents()
    const chance = createChance(7)
    const times = Array.from({ length: 5000 }, () => Math.floor(chance.next() * 500))
    for (const [i, time] of times.entries()) events.at(time, 1, i, 0)
    const seen: number[] = []
    events.runUntil(1000, (_, index) => seen.push(index))
    const sorted = times.map((time, i) => [time, i] as const).sort(([a, i], [b, j]) => a - b || i - j)
    expect(seen).toEqual(sorted.map(([, i]) => i))
  })
})
