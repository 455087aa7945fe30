/** A store whose calls can be held: a process that pauses at the worst moment, when a test wants it and not by luck. */
import type { Store } from '../../src/login/store.ts'

/** `before`: the call has not been made yet. `after`: it has taken effect, and its answer has not arrived. */
export type HoldPoint = 'before' | 'after'

export interface HeldStore extends Store {
  /** The next call of `<port>.<method>` waits there until `release`; those after it go through. */
  hold(method: string, point: HoldPoint): void
  /** Resolves when a call waits. */
  reached(): Promise<void>
  release(): void
}

interface Hold {
  readonly method: string
  readonly point: HoldPoint
  readonly reached: PromiseWithResolvers<void>
  readonly released: PromiseWithResolvers<void>
  isTaken: boolean
}

export function createHeldStore(store: Store): HeldStore {
  let held: Hold | null = null

  const wrap = <T extends object>(port: T, name: string): T =>
    new Proxy(port, {
      get(target, property, receiver) {
        const value: unknown = Reflect.get(target, property, receiver)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const hold = held
          if (!hold || hold.isTaken || hold.method !== `${name}.${String(property)}`) return value.apply(target, args)
          hold.isTaken = true
          return pause(hold, () => value.apply(target, args))
        }
      },
    })

  return {
    ...store,
    sessions: wrap(store.sessions, 'sessions'),
    families: wrap(store.families, 'families'),
    hold(method, point) {
      held = {
        method,
        point,
        reached: Promise.withResolvers(),
        released: Promise.withResolvers(),
        isTaken: false,
      }
    },
    async reached() {
      await held?.reached.promise
    },
    release() {
      held?.released.resolve()
      held = null
    },
  }
}

async function pause<T>({ point, reached, released }: Hold, call: () => Promise<T>): Promise<T> {
  const made = point === 'after' ? { answer: await call() } : null
  reached.resolve()
  await released.promise
  return made ? made.answer : call()
}
