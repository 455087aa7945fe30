/** Bounds of a run: the page asks within them, the engine refuses what lies outside. */
import type { Setup } from './result.ts'

/** What a run may ask of a device. */
export const LIMITS = {
  instances: [1, 8],
  users: [1, 2000],
  requestsPerSecond: [0, 200],
  rttMs: [0, 200],
  seed: [0, 999_999],
  tokenMinutes: [2, 60],
} as const satisfies Partial<Readonly<Record<keyof Setup, readonly [number, number]>>>
