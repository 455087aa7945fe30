/** A whole store with a deadline for each of its calls. */
import { type DeadlineOptions, withDeadline } from '../deadline.ts'
import type { Records } from '../records.ts'
import type { Store } from './store.ts'

/** The same store; what it has besides its ports stays as it is. @throws TypeError for seconds out of range */
export function storeWithDeadline<S extends Store>(store: S, options: DeadlineOptions): S {
  if (typeof store !== 'object' || store === null) throw new TypeError('store is missing')
  const kinds = new Map<string, Records>()
  const records = (kind: string): Records => {
    const known = kinds.get(kind) ?? withDeadline(store.records(kind), `records(${kind})`, options)
    kinds.set(kind, known)
    return known
  }
  const { ping } = withDeadline({ ping: () => store.ping() }, 'store', options)
  const ports: Partial<Record<string | symbol, unknown>> = {
    sessions: withDeadline(store.sessions, 'sessions', options),
    families: withDeadline(store.families, 'families', options),
    revocations: withDeadline(store.revocations, 'revocations', options),
    accounts: withDeadline(store.accounts, 'accounts', options),
    audit: withDeadline(store.audit, 'audit', options),
    records,
    ping,
  }
  return new Proxy(store, {
    get(target, property) {
      const port = ports[property]
      if (port !== undefined) return port
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
