/** Token Status Lists for applications that may never need any: loaded with the first token for an audience outside the fleet. */
import { once, onDemand } from '../on-demand.ts'
import type { StatusLists } from '../revocation/status-lists.ts'
import type { CheckedOptions } from './options.ts'

/** null: every audience is checked by the fleet. */
export function statusListsOnDemand(options: CheckedOptions): StatusLists | null {
  if (![...options.audiences.values()].some(({ external }) => external)) return null
  const { store, revocations, keys, clock, statusUrl } = options
  const load = once(async () => {
    const { createStatusLists } = await import('../revocation/status-lists.ts')
    const { view, onApplied, onReset } = revocations
    return createStatusLists({ records: store.records, view, onApplied, onReset, keys, clock, url: statusUrl })
  })
  return onDemand<StatusLists>(
    { reserve: true, publish: true, aggregate: true, effectiveAt: true, expiredAt: true },
    load,
  )
}
