/** Where a remote follower finds its server, and how it says who it is. */
import { checkAddress } from '../../token/fetching.ts'

/** A dead follower costs a revocation at most what a dead server costs. */
export const MAX_LEASE_SECONDS = 12

export interface ServerAddress {
  /** Where the Sojourn server is: its public origin; https, or http on loopback. */
  readonly url: string
  /** The follower key: `SOJOURN_FOLLOWER_KEY` of the server. */
  readonly token: string
  /** How long it decides from memory after a renewal: from 1 to 12, which is the default. */
  readonly leaseSeconds?: number
  /** Default: the platform's. */
  readonly fetch?: typeof fetch
}

/** What can stand behind `Bearer` (RFC 6750 §2.1). */
const KEY = /^[A-Za-z0-9\-._~+/]{32,}=*$/

/** @throws TypeError for an address, a key or a lease that makes no sense */
export function checkServer({
  url,
  token,
  leaseSeconds = MAX_LEASE_SECONDS,
}: ServerAddress): (path: 'renew' | 'leave' | 'stream') => string {
  const base = checkAddress('revocations.url', url)
  if (base.search !== '' || base.hash !== '') throw new TypeError('revocations.url has neither query nor fragment')
  if (typeof token !== 'string' || !KEY.test(token)) {
    throw new TypeError('revocations.token is the follower key of the server: 32 characters or more')
  }
  if (!(leaseSeconds >= 1 && leaseSeconds <= MAX_LEASE_SECONDS)) {
    throw new TypeError(`revocations.leaseSeconds is from 1 to ${MAX_LEASE_SECONDS}`)
  }
  const prefix = base.href.replace(/\/+$/, '')
  return (path) => `${prefix}/revocations/${path}`
}

/** What every request of a follower has in common: no redirect is followed, for it would take the key along. */
export function requestOf(token: string, headers: Readonly<Record<string, string>>): RequestInit {
  return {
    headers: { ...headers, authorization: `Bearer ${token}` },
    redirect: 'error',
    credentials: 'omit',
  }
}
