/**
 * Device tokens: a browser or program that has signed in to an account before proves it, so that guesses made elsewhere
 * cannot use up its attempts (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
 *
 * `<device id>.<tag>[.<tag>...]`, one tag for each account that signed in here, newest first. A tag binds device and
 * account; who holds the token learns neither which accounts they are nor anything that signs in.
 */
import { randomId } from '../crypto/random.ts'
import type { SecretRing } from '../crypto/secret-ring.ts'

export interface DeviceTokens {
  /** The device's id if the token says that it has signed in to this account before, otherwise null. */
  deviceOf(token: string | null, email: string): string | null
  /** The token with this account in it; a new device when there was none. */
  remember(token: string | null, email: string): string
}

const PURPOSE = 'device'
const MOST_ACCOUNTS = 8

export function createDeviceTokens(secrets: SecretRing): DeviceTokens {
  const bound = (device: string, email: string) => `${device} ${email}`
  return {
    deviceOf(token, email) {
      const read = parse(token)
      if (!read) return null
      const known = read.tags.some((tag) => secrets.checkTag(PURPOSE, bound(read.device, email), tag))
      return known ? read.device : null
    },
    remember(token, email) {
      const read = parse(token)
      const device = read?.device ?? randomId()
      const others = (read?.tags ?? []).filter((tag) => !secrets.checkTag(PURPOSE, bound(device, email), tag))
      return [device, secrets.tag(PURPOSE, bound(device, email)), ...others.slice(0, MOST_ACCOUNTS - 1)].join('.')
    },
  }
}

function parse(token: string | null): { device: string; tags: readonly string[] } | null {
  if (token === null || !/^[\w-]{22}(\.[\w-]{22}){1,8}$/.test(token)) return null
  const [device = '', ...tags] = token.split('.')
  return { device, tags }
}
