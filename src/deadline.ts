/** A deadline around every call of a store: nobody waits for ever for one that does not answer. */
import { AuthError } from './errors.ts'

export interface DeadlineOptions {
  /** How long a call may take. */
  readonly seconds: number
  /** Told of every call that is over, and what it threw (undefined: nothing). */
  readonly onEnd?: (method: string, error: unknown) => void
}

export const DEFAULT_STORE_SECONDS = 5
/** Housekeeping that nobody waits for and that grows with the store. */
const LONG_METHODS: ReadonlySet<string> = new Set(['deleteExpired', 'prune'])
const LONG_FACTOR = 12

/** Timers of the platform; on Node they hold the process unless told otherwise. */
interface MaybeNodeTimer {
  unref?(): void
}

const bounded = new WeakSet<object>()

/**
 * The same port, each call of which rejects with `store.unavailable` when it has not settled in time. What it asked for may
 * happen later all the same, as with every answer that is lost. A port that has a deadline keeps it.
 *
 * @param name what `onEnd` calls it: `sessions`
 * @throws TypeError for seconds out of range
 */
export function withDeadline<Port extends object>(port: Port, name: string, options: DeadlineOptions): Port {
  const { seconds, onEnd } = options
  if (!(seconds > 0 && seconds <= 600)) throw new TypeError('a deadline is above 0 and at most 600 seconds')
  if (bounded.has(port)) return port
  const proxy = new Proxy(port, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function') return value
      const ms = 1000 * seconds * (LONG_METHODS.has(String(property)) ? LONG_FACTOR : 1)
      return (...given: readonly unknown[]): unknown => {
        const answer: unknown = Reflect.apply(value, target, given)
        if (!isThenable(answer)) return answer
        return within(ms, answer, onEnd && ((error) => onEnd(`${name}.${String(property)}`, error)))
      }
    },
  })
  bounded.add(proxy)
  return proxy
}

function within(
  ms: number,
  answer: PromiseLike<unknown>,
  onEnd: ((error: unknown) => void) | undefined,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      clearTimeout(timer)
      onEnd?.(error)
      onEnd = undefined
      reject(error)
    }
    const giveUp = (): void => fail(new AuthError('store.unavailable', 'the store does not answer'))
    // After a pause of the whole process an answer may lie there unread: what has come is taken in before it counts as late.
    const late = (): void => {
      timer = startTimer(0, giveUp)
    }
    let timer = startTimer(ms, late)
    answer.then((value) => {
      clearTimeout(timer)
      onEnd?.(undefined)
      onEnd = undefined
      resolve(value)
    }, fail)
  })
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function startTimer(ms: number, run: () => void): ReturnType<typeof setTimeout> {
  const timer = setTimeout(run, ms)
  ;(timer as MaybeNodeTimer).unref?.()
  return timer
}
