/** The network between the instances and their store: every call of a port travels there and back, and is counted. */
import { AuthError } from '../../../src/errors.ts'
import type { Store } from '../../../src/login/store.ts'
import type { Meter } from './meter.ts'
import type { World } from './world.ts'

/** What the network is like at the moment; the run changes it. */
export interface Weather {
  readonly rttMs: number
  /** Of each way, as a share of the round trip: 0.2 is up to 20 % more. */
  readonly jitter: number
  /** How often a packet is lost, 0 to 1: it is sent again. */
  readonly loss: number
  isStoreUp: boolean
  /** Instances that the store cannot be reached from. */
  readonly cut: Set<string>
}

const RESEND_MS = 200
/** Whoever gets no answer gives up. */
const GIVE_UP_MS = 2000

const WRITES = new Set(
  'create save touch rotate end endSubject revoke revokeToken bumpClaims publishPatch raiseFloor compareAndSet put take'.split(
    ' ',
  ),
)
const OF_THE_LOG = new Set('renew readAfter ack members leave reap floor prune restore settle'.split(' '))

type Method = (...given: unknown[]) => unknown

export interface NetworkOptions {
  readonly store: Store
  readonly world: World
  readonly weather: Weather
  readonly meter: Meter
  /** Told of every call before it travels. */
  readonly onCall: () => void
}

/** The store as one instance reaches it. */
export function throughNetwork(from: string, { store, world, weather, meter, onCall }: NetworkOptions): Store {
  const oneWay = (): number => {
    let ms = (weather.rttMs / 2) * (1 + weather.jitter * world.random())
    while (weather.loss > 0 && world.random() < weather.loss) ms += RESEND_MS
    return ms
  }
  const gone = (): AuthError =>
    new AuthError('store.unavailable', 'the store does not answer', { retryAfterSeconds: 2 })

  const call = async (name: string, given: readonly unknown[], step: () => unknown): Promise<unknown> => {
    onCall()
    const sentMs = world.nowMs
    const kind = OF_THE_LOG.has(name) ? 'log' : WRITES.has(name) ? 'write' : 'read'
    meter.called(kind, sizeOf(given))
    const silence = async (): Promise<never> => {
      await world.sleep(Math.max(0, sentMs + GIVE_UP_MS - world.nowMs))
      throw gone()
    }
    await world.sleep(oneWay())
    if (weather.cut.has(from)) return silence()
    if (!weather.isStoreUp) {
      await world.sleep(oneWay())
      throw gone()
    }
    const answer = await step()
    await world.sleep(oneWay())
    if (weather.cut.has(from)) return silence()
    meter.answered(kind, sizeOf(answer))
    return answer
  }

  const through = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target)
        if (typeof value !== 'function' || property === 'newId') return value
        const method = value as Method
        const name = String(property)
        if (name === 'watch') return (wake: () => void) => method.call(target, () => tell(wake))
        return (...given: unknown[]) => call(name, given, () => method.apply(target, given))
      },
    })
  /** A wake-up is a message of its own; a lost one costs no safety. */
  const tell = (wake: () => void): void => {
    if (!weather.isStoreUp || weather.cut.has(from)) return
    world.timers.after(oneWay(), () => weather.cut.has(from) || wake(), false)
  }

  return {
    sessions: through(store.sessions),
    families: through(store.families),
    revocations: through(store.revocations),
    accounts: store.accounts,
    audit: store.audit,
    records: (kind) => through(store.records(kind)),
    ping: () => call('ping', [], () => store.ping()) as Promise<void>,
    close: () => store.close(),
  }
}

/** Rows are frozen and come by again and again. */
const sizes = new WeakMap<object, number>()

/** As JSON: what a protocol adds is left out. */
function sizeOf(value: unknown): number {
  if (value === undefined || value === null) return 4
  if (typeof value !== 'object') return JSON.stringify(value).length
  const known = sizes.get(value)
  if (known !== undefined) return known
  const isList = Array.isArray(value)
  let size = 2
  for (const [name, one] of Object.entries(value)) size += 1 + (isList ? 0 : name.length + 3) + sizeOf(one)
  if (Object.isFrozen(value)) sizes.set(value, size)
  return size
}
