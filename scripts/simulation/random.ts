/** Chance that comes out the same for the same seed: mulberry32. */

export interface Chance {
  /** From 0 to below 1. */
  next(): number
  /** Of a Poisson process with this rate, until its next arrival. */
  exponential(rate: number): number
  /** How many arrivals of a Poisson process with this mean. */
  poisson(mean: number): number
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const exponential = (rate: number): number => -Math.log(1 - next()) / rate
  return {
    next,
    exponential,
    poisson(mean) {
      // Large means: the normal distribution, which the Poisson one is by then.
      if (mean > 1000) {
        const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
        return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal))
      }
      let count = 0
      for (let sum = exponential(1); sum < mean; sum += exponential(1)) count++
      return count
    },
  }
}
