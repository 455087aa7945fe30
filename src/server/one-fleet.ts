/** One store, one fleet: two of them in one place would accept each other's logins. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { Store } from '../login/store.ts'
import { type FleetChoice, storeName } from './config-store.ts'
import { StartupFault } from './startup-fault.ts'

/** Longer than two heartbeats: whoever lives has renewed meanwhile. */
const LISTEN_MS = 5000
/** Longer than a lease: while the log settles, nobody renews, but whoever lives joins anew. */
const LISTEN_UNSETTLED_MS = 15_000
const LOOK_MS = 500

/**
 * Notes in the store which fleet it belongs to. After a move to another address the first server that starts takes it
 * over, when no server of the former address is running any more.
 *
 * @param url the public origin of this server
 * @param mayTakeOver false for a command
 * @throws StartupFault when the store belongs to another fleet
 */
export async function claimStore(
  store: Store,
  {
    url,
    choice,
    mayTakeOver,
    clock,
  }: {
    readonly url: string
    readonly choice: FleetChoice
    readonly mayTakeOver: boolean
    readonly clock: Clock
  },
): Promise<void> {
  const records = store.records('fleet')
  const claim = (version: number | null) => records.compareAndSet('url', version, url, null, clock.now())
  if (await claim(null)) return
  const found = await records.find('url', clock.now())
  if (found?.value === url) return
  if (found && mayTakeOver && !(await isInUse(store)) && (await claim(found.version))) return
  throw new StartupFault(
    `${storeName(choice)} belongs to the servers of ${String(found?.value)}, and this is ${url}`,
    `set SOJOURN_URL to the same on every server; for a fleet of its own, set ${choice.kind === 'redis' ? 'prefix' : 'schema'} in SOJOURN_STORE; after a move, stop the others first`,
  )
}

/** Whether any member is alive: renews, or joins. */
async function isInUse({ revocations }: Store): Promise<boolean> {
  const { members, settled } = await revocations.members()
  const before = new Map(members.map(({ id, renewals }) => [id, renewals]))
  for (let ms = 0; ms < (settled ? LISTEN_MS : LISTEN_UNSETTLED_MS); ms += LOOK_MS) {
    await sleep(LOOK_MS)
    const now = (await revocations.members()).members
    if (now.some(({ id, renewals }) => renewals !== before.get(id))) return true
  }
  return false
}
