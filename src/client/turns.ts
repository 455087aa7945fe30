/** One at a time: among all tabs by Web Locks, else among the clients of this program. */
import { type Environment, inBrowser } from './environment.ts'

const lines = new Map<string, Promise<unknown>>()

export const exclusive: Environment['exclusive'] = async (name, work) => {
  // Absent outside secure contexts.
  const locks: LockManager | undefined = inBrowser ? globalThis.navigator?.locks : undefined
  if (locks) return locks.request(name, work)
  const turn = (lines.get(name) ?? Promise.resolve()).then(work)
  // Whoever comes next waits for the end, however it ends.
  lines.set(
    name,
    turn.catch(() => undefined),
  )
  return turn
}
