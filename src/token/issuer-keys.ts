/** The issuer's signing keys over time: upcoming, signing, verifying, then removed; rotated without a restart. */
import type { Clock } from '../clock.ts'
import type { SecretRing } from '../crypto/secret-ring.ts'
import { AuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Records } from '../records.ts'
import { ALGORITHMS, isSignatureAlgorithm, type SignatureAlgorithm } from './algorithms.ts'
import { generateKey, importSigningKey, importVerifyKey, publicJwk, type SigningKey, type VerifyKey } from './jwk.ts'
import {
  bringForward,
  fromRecord,
  type KeyState,
  nextKeyFrom,
  periodFrom,
  retireAll,
  type StoredKey,
  signingKeyOf,
  stateOf,
  toRecord,
  upcomingOf,
  withoutRemoved,
} from './key-schedule.ts'
import type { KeySource } from './key-set.ts'
import { createLoadedKeySource } from './loaded-key-source.ts'
import { parseStrictObject } from './strict-json.ts'

export type { KeyState } from './key-schedule.ts'

export interface KeyInfo {
  readonly keyId: string
  readonly algorithm: SignatureAlgorithm
  readonly state: KeyState
  /** Seconds since 1970. */
  readonly createdAt: number
  readonly signsFrom: number
  readonly signsUntil: number
  /** From then on no token that it signed can be alive, and it leaves the JWKS. */
  readonly removedAt: number
}

/**
 * Every method reads the stored keys again when its own copy is a minute old or something is due.
 *
 * @throws AuthError `keys.unavailable` after `close`, `store.unavailable`, `store.corrupt` when no configured secret opens a key
 */
export interface IssuerKeys {
  /** The key that signs now. */
  signing(): Promise<SigningKey>
  /** Public JWK set of signing, upcoming and verifying keys, as served at `/.well-known/jwks.json`. Never a private or symmetric member. */
  publicKeys(): Promise<{ readonly keys: readonly object[] }>
  /** The same keys, symmetric ones included, for a verifier in this process. A key stays the same object as long as it lives. */
  verifyKeys(): Promise<readonly VerifyKey[]>
  list(): Promise<readonly KeyInfo[]>
  /**
   * Brings the next key forward: it signs from now on. With `compromised`, answers the ids of every key that there was,
   * which the caller retires by raising the floor, and forgets them.
   */
  rotate(options?: {
    readonly compromised?: boolean
  }): Promise<{ readonly signing: string; readonly retired: readonly string[] }>
  /** Reads the stored keys again (another process may have rotated) and does what is due. */
  refresh(): Promise<void>
  /** Forgets the private keys. */
  close(): void
}

export interface IssuerKeysOptions {
  /** Of a kind that holds nothing else; the keys are one record, so that each change has one winner. */
  readonly records: Records
  /** Seals private keys at rest. */
  readonly secrets: SecretRing
  readonly clock: Clock
  /** Of keys made from now on; default ES256. A change takes effect with the next key, which `rotate` makes at once. */
  readonly algorithm?: SignatureAlgorithm
}

const RECORD = 'keys'
const PURPOSE = 'signing-keys'
/** How old this process's copy may grow; `KEEP_SECONDS` counts on it. */
const REREAD_SECONDS = 60
const MAX_ATTEMPTS = 100

/** @throws TypeError for an unknown algorithm */
export function createIssuerKeys(options: IssuerKeysOptions): IssuerKeys {
  const { records, secrets, clock, algorithm = 'ES256' } = options
  if (!isSignatureAlgorithm(algorithm)) throw new TypeError('algorithm is not one that Sojourn signs with')
  const signers = new Map<string, SigningKey>()
  const verifiers = new Map<string, VerifyKey>()
  let stored: readonly StoredKey[] = []
  let readAt = Number.NEGATIVE_INFINITY
  let isClosed = false
  let flight: Promise<void> | null = null
  let tail: Promise<void> = Promise.resolve()

  /** One change of the record: `change` answers the keys to store, or null to leave them; it runs again when another process was faster. */
  const update = async (
    change: (keys: readonly StoredKey[], now: number) => Promise<readonly StoredKey[] | null>,
  ): Promise<readonly StoredKey[]> => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const now = clock.now()
      const record = await records.find(RECORD, now)
      const found = record === null ? [] : fromRecord(record.value)
      if (found === null) throw new AuthError('store.corrupt', 'the stored signing keys cannot be read')
      const keys = withoutRemoved(found, now)
      const changed = await change(keys, now)
      if (changed === null) return keys
      if (await records.compareAndSet(RECORD, record?.version ?? null, toRecord(changed), null, now)) return changed
    }
    throw new AuthError('store.unavailable', 'the signing keys are being changed by too many processes at once')
  }

  /** Makes at most one key per change, however often the change has to be tried. */
  const keyMaker = () => {
    let made: Promise<StoredKey> | null = null
    return async (signsFrom: number, now: number): Promise<StoredKey> => {
      made ??= make()
      return { ...(await made), createdAt: now, ...periodFrom(signsFrom) }
    }
  }
  const make = async (): Promise<StoredKey> => {
    const jwk = await generateKey(algorithm)
    const keyId = String(jwk.kid)
    const isSymmetric = ALGORITHMS[algorithm].kty === 'oct'
    return {
      keyId,
      algorithm,
      publicJwk: isSymmetric ? null : (publicJwk(jwk) as JsonObject),
      sealed: await secrets.seal(PURPOSE, JSON.stringify(jwk), keyId),
      createdAt: 0,
      ...periodFrom(0),
    }
  }

  const openKey = async (key: StoredKey): Promise<JsonObject> => {
    const jwk = parseStrictObject(await secrets.open(PURPOSE, key.sealed ?? '', key.keyId))
    if (jwk?.kid !== key.keyId || jwk.alg !== key.algorithm) {
      throw new AuthError('store.corrupt', 'a stored signing key is not what its record says')
    }
    return jwk
  }

  const adopt = async (keys: readonly StoredKey[], now: number): Promise<void> => {
    const live = keys.filter((key) => key.sealed !== null)
    for (const key of live) {
      const isSigning = key === signingKeyOf(live, now)
      if (key.publicJwk && !verifiers.has(key.keyId)) {
        verifiers.set(key.keyId, importVerifyKey(key.publicJwk, [key.algorithm]))
      }
      if ((isSigning || !key.publicJwk) && !signers.has(key.keyId)) {
        const jwk = await openKey(key)
        signers.set(key.keyId, importSigningKey(jwk))
        if (!key.publicJwk) verifiers.set(key.keyId, importVerifyKey(jwk, [key.algorithm]))
      }
    }
    for (const held of [signers, verifiers]) {
      for (const keyId of held.keys()) if (!live.some((key) => key.keyId === keyId)) held.delete(keyId)
    }
    stored = keys
    readAt = now
  }

  /** One at a time: a slow reading must not overwrite what a rotation has brought meanwhile. */
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work)
    tail = result.then(
      () => {},
      // Its caller is told; the next one starts afresh.
      () => {},
    )
    return result
  }

  const refresh = (): Promise<void> => {
    flight ??= exclusive(async () => {
      try {
        const fresh = keyMaker()
        const keys = await update(async (found, now) => {
          const signsFrom = nextKeyFrom(found, now)
          return signsFrom === null ? null : [...found, await fresh(signsFrom, now)]
        })
        await adopt(keys, clock.now())
      } finally {
        flight = null
      }
    })
    return flight
  }

  const rotate = async (compromised: boolean) => {
    const fresh = keyMaker()
    let retired: readonly string[] = []
    const keys = await update(async (found, now) => {
      if (compromised) {
        retired = found.filter((key) => key.sealed !== null).map((key) => key.keyId)
        return [...retireAll(found, now), await fresh(now, now)]
      }
      const isReady = upcomingOf(found, now)?.algorithm === algorithm
      return bringForward(found, isReady ? null : await fresh(now, now), now)
    })
    const now = clock.now()
    await adopt(keys, now)
    return { signing: signingKeyOf(keys, now)?.keyId ?? '', retired }
  }

  const current = async (): Promise<{ readonly keys: readonly StoredKey[]; readonly now: number }> => {
    if (isClosed) throw new AuthError('keys.unavailable', 'the signing keys are closed')
    let now = clock.now()
    const signing = signingKeyOf(stored, now)
    if (now >= readAt + REREAD_SECONDS || now < readAt || !signing || !signers.has(signing.keyId)) {
      await refresh()
      now = clock.now()
    }
    return { keys: withoutRemoved(stored, now), now }
  }

  /** Signing first, then upcoming, then verifying. */
  const published = async (): Promise<readonly StoredKey[]> => {
    const { keys, now } = await current()
    const inState = (state: KeyState) => keys.filter((key) => stateOf(key, now) === state)
    return [...inState('signing'), ...inState('upcoming'), ...inState('verifying')]
  }

  return {
    async signing() {
      const { keys, now } = await current()
      const key = signers.get(signingKeyOf(keys, now)?.keyId ?? '')
      if (!key) throw new AuthError('keys.unavailable', 'no key can sign now')
      return key
    },
    async publicKeys() {
      return { keys: (await published()).map((key) => key.publicJwk).filter((jwk) => jwk !== null) }
    },
    async verifyKeys() {
      return (await published()).flatMap((key) => verifiers.get(key.keyId) ?? [])
    },
    async list() {
      const { keys, now } = await current()
      return keys.map(({ publicJwk: _, sealed: __, ...key }, i) => ({
        ...key,
        state: stateOf(keys[i] as StoredKey, now),
      }))
    },
    async rotate({ compromised = false } = {}) {
      if (isClosed) throw new AuthError('keys.unavailable', 'the signing keys are closed')
      return exclusive(() => rotate(compromised))
    },
    refresh,
    close() {
      isClosed = true
      signers.clear()
      verifiers.clear()
      stored = []
    },
  }
}

/** The issuer's own keys for a verifier in the same process: an unknown one is looked for at once, at most once a second. */
export function createOwnKeySource(keys: IssuerKeys, clock: Clock): KeySource {
  return createLoadedKeySource({
    async load() {
      await keys.refresh()
      return { keys: await keys.verifyKeys(), maxAgeSeconds: REREAD_SECONDS }
    },
    clock: () => clock.now(),
    askAgainSeconds: 1,
    retrySeconds: 1,
    graceSeconds: REREAD_SECONDS,
    maxStaleSeconds: 86_400,
  })
}
