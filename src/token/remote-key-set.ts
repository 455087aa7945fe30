/** An issuer's published JWK set. The address is configured; nothing in a token ever names one. */
import { type NodeCrypto, nodeCrypto } from '../crypto/node-crypto.ts'
import { AuthError } from '../errors.ts'
import type { SignatureAlgorithm } from './algorithms.ts'
import { checkAddress, readText } from './fetching.ts'
import type { VerifyKey } from './jwk.ts'
import { type KeySource, readJwkSet } from './key-set.ts'
import { createLoadedKeySource } from './loaded-key-source.ts'
import { parseStrictObject } from './strict-json.ts'

/** How long a set is used before it is asked for again, when the answer does not say; and the bounds of what it may say. */
const MAX_AGE_SECONDS = { normal: 600, min: 30, max: 3600 }
/** An unknown `kid` causes at most one load in this time. */
const ASK_AGAIN_SECONDS = 30
const RETRY_SECONDS = 5
/** Beyond that, keys that the issuer may long have withdrawn are no longer believed. */
const MAX_STALE_SECONDS = 86_400
const TIMEOUT_MS = 5000
const MAX_BYTES = 262_144

export interface RemoteKeySourceOptions {
  readonly url: string
  readonly allowed: readonly SignatureAlgorithm[]
  /** Seconds since 1970. */
  readonly clock: () => number
  readonly fetch?: typeof fetch
  readonly timeoutMs?: number
  readonly node?: NodeCrypto | null
}

/** @throws TypeError for an address that is neither https nor http on loopback, or holds credentials */
export function createRemoteKeySource(options: RemoteKeySourceOptions): KeySource {
  const url = checkAddress('jwksUrl', options.url).href
  let known: ReadonlyMap<string, VerifyKey> = new Map()
  return createLoadedKeySource({
    async load() {
      const { text, cacheControl } = await download(url, options)
      const set = parseStrictObject(text)
      if (!set) throw new AuthError('keys.unavailable', 'the key set is no strict JSON object')
      // One key that is refused does not take the others with it: they may be all that the issuer signs with.
      const node = options.node === undefined ? nodeCrypto : options.node
      known = readJwkSet(set, options.allowed, node, known).byJson
      return { keys: [...known.values()], maxAgeSeconds: maxAgeOf(cacheControl) }
    },
    clock: options.clock,
    askAgainSeconds: ASK_AGAIN_SECONDS,
    retrySeconds: RETRY_SECONDS,
    graceSeconds: MAX_AGE_SECONDS.normal,
    maxStaleSeconds: MAX_STALE_SECONDS,
  })
}

async function download(url: string, options: RemoteKeySourceOptions) {
  const get = options.fetch ?? fetch
  const response = await get(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    credentials: 'omit',
    signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new AuthError('keys.unavailable', `the key set's address answered ${response.status}`)
  }
  return {
    text: await readText(response, MAX_BYTES, 'keys.unavailable'),
    cacheControl: response.headers.get('cache-control'),
  }
}

function maxAgeOf(header: string | null): number {
  const found = header?.match(/(?:^|[\s,])max-age=(\d{1,9})(?:[\s,]|$)/i)?.[1]
  const seconds = found === undefined ? MAX_AGE_SECONDS.normal : Number(found)
  return Math.min(Math.max(seconds, MAX_AGE_SECONDS.min), MAX_AGE_SECONDS.max)
}
