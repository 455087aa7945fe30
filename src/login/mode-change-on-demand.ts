/** A change of mode is planned by an operator, once in a while: loaded then. */
import { once, onDemand } from '../on-demand.ts'
import type { ModeChange, ModeChangeInput } from './mode-change-shape.ts'
import { MODES } from './modes.ts'
import type { Parts } from './parts.ts'

/** @throws TypeError for modes that make no change */
export function modeChangeOnDemand(parts: Parts, input: ModeChangeInput): ModeChange {
  const { from, to } = input
  if (!MODES.includes(from) || !MODES.includes(to) || from === to) {
    throw new TypeError("from and to are two of 'cookie', 'token' and 'hybrid'")
  }
  return onDemand<ModeChange>(
    { dryRun: true, begin: true, rollback: true, close: true },
    once(async () => (await import('./mode-change.ts')).createModeChange(parts, input)),
  )
}
