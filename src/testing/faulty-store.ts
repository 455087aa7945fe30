/** A store that fails on purpose, around any other: for tests of what an application does when its store does not do its part. */
import { AuthError } from '../errors.ts'
import type { Store } from '../login/store.ts'

/**
 * `fails`: the call is not made, and rejects with `store.unavailable`. `loses its reply`: the call is made and takes effect,
 * then rejects the same. `answers late`: it is made, and answered after `lateMs`. `never answers`: it is not made, and nothing
 * is heard of it again.
 */
export type Fault = 'fails' | 'loses its reply' | 'answers late' | 'never answers'

export interface FaultPlan {
  readonly fault: Fault
  /** The first call to be hit, of those that fit, from 1 on. Default 1. */
  readonly nth?: number
  /** How many calls are hit from there on; Infinity: the store is down. Default 1. */
  readonly times?: number
  /** `sessions.create`, `sessions.*`, `records(signing-keys).find`, `ping`; default: every call of every port. */
  readonly method?: string
  /** Nothing is hit before a call of this method has been answered, which is not hit itself. */
  readonly after?: string
  /** Default 15. */
  readonly lateMs?: number
  /** What a failing call rejects with, for a store that keeps no promise; default: `AuthError` `store.unavailable`. */
  readonly error?: () => unknown
}

export interface FaultyStore extends Store {
  /** Every call so far, hit or not, as `<port>.<method>`. */
  readonly calls: readonly string[]
  /** Those that were hit. */
  readonly hits: readonly string[]
  /** From now on these plans and no others; `calls` and `hits` start anew. */
  arm(...plans: readonly FaultPlan[]): void
  /** Every call goes through from now on. */
  disarm(): void
}

interface Armed {
  readonly plan: FaultPlan
  /** Calls that fit so far. */
  seen: number
  /** Whether calls count yet. */
  isOpen: boolean
}

type Method = (...args: unknown[]) => unknown

/**
 * @param plans what goes wrong from the start; `arm` changes it
 * @throws TypeError for a plan that cannot be meant
 */
export function createFaultyStore(store: Store, ...plans: readonly FaultPlan[]): FaultyStore {
  let armed: readonly Armed[] = []
  let calls: string[] = []
  let hits: string[] = []

  const arm: FaultyStore['arm'] = (...next) => {
    for (const plan of next) checkPlan(plan)
    armed = next.map((plan) => ({ plan, seen: 0, isOpen: plan.after === undefined }))
    calls = []
    hits = []
  }

  /** The plan whose turn it is. Every plan counts the calls that fit it. */
  const planFor = (name: string): FaultPlan | null => {
    let found: FaultPlan | null = null
    for (const one of armed) {
      if (!one.isOpen) continue
      const { method, nth = 1, times = 1 } = one.plan
      if (!fits(name, method)) continue
      one.seen++
      if (one.seen >= nth && one.seen < nth + times) found ??= one.plan
    }
    return found
  }

  const open = (answered: string): void => {
    for (const one of armed) if (one.plan.after === answered) one.isOpen = true
  }

  const pass = async (name: string, call: () => Promise<unknown>): Promise<unknown> => {
    calls.push(name)
    const plan = planFor(name)
    if (!plan) {
      const answer = await call()
      open(name)
      return answer
    }
    hits.push(name)
    const refuse = (message: string) => (plan.error ? plan.error() : new AuthError('store.unavailable', message))
    if (plan.fault === 'fails') throw refuse('the store did not answer')
    if (plan.fault === 'never answers') return new Promise(() => undefined)
    const answer = await call()
    open(name)
    if (plan.fault === 'loses its reply') throw refuse('the answer was lost')
    await new Promise((resolve) => setTimeout(resolve, plan.lateMs ?? 15))
    return answer
  }

  const wrap = <T extends object>(port: T, name: string): T =>
    new Proxy(port, {
      get(target, property, receiver) {
        const value: unknown = Reflect.get(target, property, receiver)
        // `watch` answers at once how to stop; what it promises is latency only. `newId` asks nobody.
        if (typeof value !== 'function' || property === 'watch' || property === 'newId') return value
        return (...args: unknown[]) =>
          pass(`${name}.${String(property)}`, async () => (value as Method).apply(target, args))
      },
    })

  arm(...plans)
  return {
    sessions: wrap(store.sessions, 'sessions'),
    families: wrap(store.families, 'families'),
    revocations: wrap(store.revocations, 'revocations'),
    accounts: wrap(store.accounts, 'accounts'),
    audit: wrap(store.audit, 'audit'),
    records: (kind) => wrap(store.records(kind), `records(${kind})`),
    ping: async () => void (await pass('ping', () => store.ping())),
    close: () => store.close(),
    get calls() {
      return calls
    },
    get hits() {
      return hits
    },
    arm,
    disarm() {
      armed = []
    },
  }
}

function fits(name: string, method: string | undefined): boolean {
  if (method === undefined) return true
  return method.endsWith('.*') ? name.startsWith(method.slice(0, -1)) : name === method
}

const FAULTS: readonly Fault[] = ['fails', 'loses its reply', 'answers late', 'never answers']

function checkPlan({ fault, nth = 1, times = 1, lateMs = 15 }: FaultPlan): void {
  if (!FAULTS.includes(fault)) throw new TypeError(`fault is one of ${FAULTS.join(', ')}`)
  if (!(Number.isSafeInteger(nth) && nth >= 1)) throw new TypeError('nth counts from 1')
  if (!(times >= 1)) throw new TypeError('times is 1 or more')
  if (!(lateMs >= 0 && lateMs < 2 ** 31)) throw new TypeError('lateMs is a number of milliseconds')
}
