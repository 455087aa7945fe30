/** How fast this device is: the yardstick beside every time that is measured on it. */
import { sha256Base64url } from '../../../src/crypto/digest.ts'

const LOOPS = 200

/** Microseconds, the median of 200 rounds of 20. */
export function pace(): number {
  const rounds = Array.from({ length: LOOPS }, (_, i) => {
    const started = performance.now()
    for (let n = 0; n < 20; n++) sha256Base64url(`round ${i}.${n}`)
    return ((performance.now() - started) * 1000) / 20
  })
  return rounds.toSorted((a, b) => a - b)[LOOPS / 2] ?? 0
}
