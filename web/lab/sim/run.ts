/** A whole comparison: the same scenario, the same seed, one way after the other. */
import { type RunContext, runColumn } from './column.ts'
import { runHeaderBudget } from './header-budget.ts'
import { LIMITS } from './limits.ts'
import { MODES, type ModeName } from './modes.ts'
import type { ColumnResult, RunResult, Setup } from './result.ts'
import { horizonOf, SCENARIOS } from './scenarios.ts'
import { sentenceOf } from './sentence.ts'
import { runThirtyDays } from './thirty-days.ts'

export interface RunRequest {
  readonly setup: Setup
  readonly modes: readonly ModeName[]
}

/** @throws TypeError for a setup out of bounds; the signal's reason once it is aborted */
export async function runCompare({ setup, modes }: RunRequest, { signal, progress }: RunContext): Promise<RunResult> {
  check(setup, modes)
  const columns: ColumnResult[] = []
  for (const mode of modes) {
    const before = columns.length
    const run =
      setup.scenario === 'thirty-days'
        ? runThirtyDays
        : setup.scenario === 'header-budget'
          ? runHeaderBudget
          : runColumn
    columns.push(await run(mode, setup, { signal, progress: (done) => progress((before + done) / modes.length) }))
  }
  return {
    setup,
    axis: setup.scenario === 'header-budget' ? 'roles' : 'ms',
    horizon: horizonOf(setup.scenario, setup.tokenMinutes),
    columns,
    sentence: sentenceOf(setup, columns),
  }
}

function check(setup: Setup, modes: readonly ModeName[]): void {
  if (!SCENARIOS.includes(setup.scenario)) throw new TypeError('there is no such scenario')
  if (modes.length === 0 || modes.length > MODES.length || !modes.every((mode) => MODES.includes(mode))) {
    throw new TypeError('there is no such way to remember a login')
  }
  for (const [name, [least, most]] of Object.entries(LIMITS)) {
    const value: unknown = Reflect.get(setup, name)
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw new TypeError(`${name} is a whole number from ${least} to ${most}`)
    }
  }
}
