/**
 * How often somebody may guess a password. Nobody can be locked out by the guesses of others:
 *
 *     known device ----> the device's own counter                                     (nothing else is asked)
 *     any other -------> the address's counter, then the account's counter for all unknown devices
 *
 * A counter lets some attempts through, then one after each delay; delays double up to a limit. An attempt is taken
 * before the password is looked at, so that a thousand guesses at once are a thousand attempts, and given back when
 * the password was right.
 */
import type { SecretRing } from '../crypto/secret-ring.ts'
import { AuthError } from '../errors.ts'
import type { DeviceTokens } from './device-token.ts'

/** Counts attempts by key. Each method is one atomic step. */
export interface AttemptCounter {
  /** Takes one attempt: 0 when it is let through, otherwise whole seconds until the next one is; then nothing was taken. */
  take(key: string): Promise<number>
  /** Gives the last attempt back: it was a good one. */
  giveBack(key: string): Promise<void>
  /** Forgets all attempts of the key. */
  clear(key: string): Promise<void>
}

/** How a counter behaves. */
export interface AttemptLimit {
  /** Let through at once within a window. */
  readonly free: number
  readonly windowSeconds: number
  /** The first delay; each further one is twice as long. */
  readonly firstDelaySeconds: number
  readonly longestDelaySeconds: number
}

/**
 * The account's limit leaves about a hundred guesses a day over all unknown devices together (NIST SP 800-63B-4 §3.2.2:
 * no more than 100 failures in a row).
 */
export const ATTEMPT_LIMITS = {
  device: { free: 10, windowSeconds: 3600, firstDelaySeconds: 2, longestDelaySeconds: 300 },
  address: { free: 50, windowSeconds: 3600, firstDelaySeconds: 1, longestDelaySeconds: 60 },
  account: { free: 10, windowSeconds: 86_400, firstDelaySeconds: 2, longestDelaySeconds: 900 },
  signUp: { free: 20, windowSeconds: 3600, firstDelaySeconds: 15, longestDelaySeconds: 900 },
  passwordCheck: { free: 10, windowSeconds: 3600, firstDelaySeconds: 2, longestDelaySeconds: 300 },
  deviceCode: { free: 20, windowSeconds: 3600, firstDelaySeconds: 5, longestDelaySeconds: 300 },
} as const satisfies Readonly<Record<string, AttemptLimit>>

export type AttemptKind = keyof typeof ATTEMPT_LIMITS

/** An attempt that was let through. */
export interface Attempt {
  readonly knownDevice: boolean
  /** The password was right. */
  succeeded(): Promise<void>
  /** The password was never looked at (too many others waited): this was no attempt. */
  notJudged(): Promise<void>
}

export interface Throttle {
  /**
   * @param email normalised
   * @param address null when it is not known: then all such share one counter
   * @throws AuthError `account.throttled` with `retryAfterSeconds`
   */
  signIn(email: string, address: string | null, deviceToken: string | null): Promise<Attempt>
  /** @throws AuthError `account.throttled` */
  signUp(address: string | null): Promise<void>
  /** Somebody who is signed in states the current password. @throws AuthError `account.throttled` */
  passwordCheck(subject: string): Promise<Attempt>
  /** Somebody types the code that a device shows (RFC 8628 §5.1). @throws AuthError `account.throttled` */
  deviceCode(address: string | null): Promise<void>
}

export function createThrottle(options: {
  readonly counters: Readonly<Record<AttemptKind, AttemptCounter>>
  readonly devices: DeviceTokens
  /** Keys are tags: a copy of the counters names no address and no email. */
  readonly secrets: SecretRing
}): Throttle {
  const { counters, devices, secrets } = options
  const keyOf = (text: string) => secrets.tag('throttle', text)

  const single = async (counter: AttemptCounter, key: string, knownDevice: boolean): Promise<Attempt> => {
    refuseIfWaiting(await counter.take(key))
    return { knownDevice, succeeded: () => counter.clear(key), notJudged: () => counter.giveBack(key) }
  }

  return {
    async signIn(email, address, deviceToken) {
      const device = devices.deviceOf(deviceToken, email)
      if (device !== null) return single(counters.device, keyOf(`${device} ${email}`), true)
      const place = keyOf(networkOf(address))
      const account = keyOf(email)
      refuseIfWaiting(await counters.address.take(place))
      const wait = await counters.account.take(account)
      if (wait > 0) {
        // It never reached the password, so it does not count against the neighbours.
        await counters.address.giveBack(place)
        refuseIfWaiting(wait)
      }
      // Not cleared after a success: it must not make room for those who guess.
      const giveBack = async (): Promise<void> => {
        await counters.address.giveBack(place)
        await counters.account.giveBack(account)
      }
      return { knownDevice: false, succeeded: giveBack, notJudged: giveBack }
    },
    async signUp(address) {
      refuseIfWaiting(await counters.signUp.take(keyOf(networkOf(address))))
    },
    async deviceCode(address) {
      refuseIfWaiting(await counters.deviceCode.take(keyOf(networkOf(address))))
    },
    passwordCheck: (subject) => single(counters.passwordCheck, keyOf(subject), true),
  }
}

/** What one household has: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function networkOf(address: string | null): string {
  if (address === null) return 'unknown'
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  while (tail !== undefined && groups.length + rest.length < 8) groups.push('0')
  return [...groups, ...rest]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}

function refuseIfWaiting(seconds: number): void {
  if (seconds <= 0) return
  throw new AuthError('account.throttled', `Too many attempts. Try again in ${spoken(seconds)}.`, {
    retryAfterSeconds: seconds,
  })
}

function spoken(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? '1 second' : `${seconds} seconds`
  return `${Math.ceil(seconds / 60)} minutes`
}
