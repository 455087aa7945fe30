/** Runs one arrangement from its first request to its last. */
import { type Found, PLAY } from './flows.ts'
import type { SsoSettings } from './settings.ts'
import { type Arrow, PARTIES, type Party } from './trace.ts'
import { createWorld } from './world.ts'

export interface SsoRun extends Found {
  /** Who took part, from left to right. */
  readonly parties: readonly Party[]
  readonly arrows: readonly Arrow[]
}

export async function runSso(settings: SsoSettings): Promise<SsoRun> {
  const world = await createWorld(settings)
  try {
    const found = await PLAY[settings.flow](world)
    const arrows = world.trace.arrows.map((arrow) => ({ ...arrow }))
    const taking = new Set(arrows.flatMap(({ from, to }) => [from, to]))
    const parties = (Object.keys(PARTIES) as Party[]).filter((party) => taking.has(party))
    return { ...found, parties, arrows }
  } finally {
    await world.close()
  }
}
