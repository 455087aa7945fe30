/** What does a fleet cost: a revocation until all have it, a start, a request, the store? */
import type { Row } from '../report.ts'
import { ENGINES, type Engine, type EngineName, startEngine } from './engines.ts'
import { liveRows } from './live.ts'
import { readRows } from './reads.ts'
import { spreadRows } from './spread.ts'

export interface FleetSuiteOptions {
  readonly engines: readonly EngineName[]
  readonly quick: boolean
  readonly progress: (text: string) => void
}

/** The parts of each engine as they are done, each on a store of its own. */
export async function* fleetRows({ engines, quick, progress }: FleetSuiteOptions): AsyncGenerator<readonly Row[]> {
  for (const name of ENGINES) {
    if (!engines.includes(name)) continue
    const spread = quick
      ? { verifiers: [1, 8], serial: 200, rateSeconds: 1, burst: 2000 }
      : { verifiers: [1, 8, 32], serial: 2000, rateSeconds: 10, burst: 40_000 }
    yield await onEngine(name, (engine) => spreadRows(engine, { ...spread, progress }))
    yield await onEngine(name, (engine) => liveRows(engine, quick ? 240_000 : 1_000_000, progress))
    const reads = quick ? { sessions: 2000, seconds: 2 } : { sessions: 100_000, seconds: 20 }
    yield await onEngine(name, (engine) => readRows(engine, { ...reads, progress }))
  }
}

async function onEngine(
  name: EngineName,
  measure: (engine: Engine) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const engine = await startEngine(name)
  try {
    return await measure(engine)
  } finally {
    await engine.stop()
  }
}
