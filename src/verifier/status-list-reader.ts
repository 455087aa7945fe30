/** Status lists as a verifier outside the fleet has them: fetched, checked, kept until they expire (Token Status List). */
import { AuthError, isAuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { decodeStatusList, type StatusList, statusAt, unusable } from '../revocation/status-list.ts'
import { isSignatureAlgorithm, type SignatureAlgorithm } from '../token/algorithms.ts'
import { readText } from '../token/fetching.ts'
import type { VerifyKey } from '../token/jwk.ts'
import { type Jws, parseJws } from '../token/jws.ts'
import type { KeySource } from '../token/key-set.ts'

export interface StatusListReaderOptions {
  /** Checked: every address of a list begins with it, and it ends with a slash. */
  readonly prefix: string
  /** The issuer's keys. */
  readonly source: KeySource
  readonly algorithms: readonly SignatureAlgorithm[]
  /** Seconds since 1970. */
  readonly clock: () => number
  /** For `iat` only. */
  readonly clockToleranceSeconds: number
  readonly fetch?: typeof fetch
  readonly timeoutMs?: number
}

export interface StatusListReader {
  /**
   * The status that a token's `status` claim points to, from memory; undefined when its list has to be fetched.
   * @throws AuthError `token.status` for a claim that points to none of the issuer's lists, or outside of one
   */
  now(status: unknown): number | undefined
  /** @throws AuthError `token.status`, `status.unavailable`, `keys.unavailable` */
  read(status: unknown): Promise<number>
}

interface Held {
  readonly list: StatusList
  readonly issuedAt: number
  /** From then on it says nothing any more. */
  readonly expiresAt: number
  /** From then on a newer one is fetched while this one is still believed. */
  refreshAt: number
}

const MEDIA_TYPE = 'application/statuslist+jwt'
const TIMEOUT_MS = 5000
/** Of a list's token; the array in it has a limit of its own. */
const MAX_CHARS = 2 ** 21
/** However far `exp` is away. */
const MAX_AGE_SECONDS = 3600
const DEFAULT_TTL_SECONDS = 60
/** After a failure the next attempt comes no sooner. */
const RETRY_SECONDS = 1
/** An issuer has a handful at a time. */
const MAX_LISTS = 256

export function createStatusListReader(options: StatusListReaderOptions): StatusListReader {
  const { prefix, clock } = options
  const lists = new Map<string, Held>()
  const flights = new Map<string, Promise<void>>()
  const failures = new Map<string, { readonly until: number; readonly error: AuthError }>()

  const keep = (uri: string, fetched: Held): void => {
    const held = lists.get(uri)
    // An old copy from some cache never takes the place of a newer one.
    if (held && held.issuedAt > fetched.issuedAt) held.refreshAt = clock() + RETRY_SECONDS
    else lists.set(uri, fetched)
    const now = clock()
    for (const [other, { expiresAt }] of lists) if (now >= expiresAt) lists.delete(other)
    for (const other of lists.keys()) if (lists.size > MAX_LISTS && other !== uri) lists.delete(other)
    for (const [other, { until }] of failures) if (now >= until) failures.delete(other)
  }

  const load = async (uri: string): Promise<void> => {
    try {
      const jws = parseJws(await download(uri, options), undefined, MAX_CHARS)
      await checkSignature(jws, options)
      keep(uri, await checkList(jws.payload, uri, options))
      failures.delete(uri)
    } catch (cause) {
      const error =
        isAuthError(cause, 'status.unavailable') || isAuthError(cause, 'keys.unavailable')
          ? cause
          : unusable('it could not be fetched, or is none of the issuer', cause)
      failures.set(uri, { until: clock() + RETRY_SECONDS, error })
      throw error
    }
  }

  /** Callers at the same time share one load. */
  const refresh = (uri: string): Promise<void> => {
    let flight = flights.get(uri)
    if (!flight) {
      const failure = failures.get(uri)
      if (failure && clock() < failure.until) return Promise.reject(failure.error)
      flight = load(uri).finally(() => flights.delete(uri))
      flights.set(uri, flight)
    }
    return flight
  }

  const look = (uri: string, index: number): number | undefined => {
    const held = lists.get(uri)
    const now = clock()
    if (!held || !(now < held.expiresAt) || now + options.clockToleranceSeconds < held.issuedAt) return undefined
    if (now >= held.refreshAt) {
      // Nobody waits for it: until the list expires its failure changes nothing, and after that everybody is told.
      refresh(uri).catch(() => undefined)
    }
    const status = statusAt(held.list, index)
    if (status === null) throw noStatus('its place is outside of the list')
    return status
  }

  return {
    now(status) {
      const { uri, index } = readReference(status, prefix)
      return look(uri, index)
    },
    async read(status) {
      const { uri, index } = readReference(status, prefix)
      const known = look(uri, index)
      if (known !== undefined) return known
      await refresh(uri)
      const found = look(uri, index)
      if (found === undefined) throw unusable('it has expired')
      return found
    },
  }
}

/** No address is fetched but those below the configured one, however a token writes it. @throws AuthError `token.status` */
function readReference(status: unknown, prefix: string): { readonly uri: string; readonly index: number } {
  const reference = isObject(status) ? status.status_list : undefined
  if (!isObject(reference)) throw noStatus('it has no status_list')
  const { uri, idx } = reference
  if (typeof idx !== 'number' || !Number.isSafeInteger(idx) || idx < 0) throw noStatus('idx is no place')
  if (typeof uri !== 'string' || !uri.startsWith(prefix)) throw noStatus('its list is not below the configured address')
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127}$/.test(uri.slice(prefix.length))) throw noStatus('uri names no list')
  return { uri, index: idx }
}

/** @throws AuthError `status.unavailable` */
async function download(
  uri: string,
  { fetch: given, timeoutMs = TIMEOUT_MS }: StatusListReaderOptions,
): Promise<string> {
  const response = await (given ?? fetch)(uri, {
    headers: { accept: MEDIA_TYPE },
    // A redirect would lead to where nobody has allowed.
    redirect: 'error',
    credentials: 'omit',
    signal: AbortSignal.timeout(timeoutMs),
  })
  const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (response.status !== 200 || type !== MEDIA_TYPE) {
    await response.body?.cancel()
    throw unusable(response.status === 200 ? 'it has another media type' : `its address answered ${response.status}`)
  }
  return readText(response, MAX_CHARS, 'status.unavailable')
}

/** @throws AuthError `status.unavailable`, `keys.unavailable` */
async function checkSignature(jws: Jws, { source, algorithms }: StatusListReaderOptions): Promise<void> {
  const { type, algorithm, keyId } = jws.header
  if (type !== MEDIA_TYPE) throw unusable('it is a token of another kind')
  if (!isSignatureAlgorithm(algorithm) || !algorithms.includes(algorithm))
    throw unusable('its algorithm is not accepted')
  if (!source.isReady) await source.refresh()
  let key: VerifyKey | null = source.find(keyId, algorithm)
  if (!key && source.mayAskAgain()) {
    await source.askAgain()
    key = source.find(keyId, algorithm)
  }
  if (!key) throw unusable('no key of the issuer fits it')
  if (!(await key.verify(jws.input, jws.signature))) throw unusable('its signature is wrong')
}

/** @throws AuthError `status.unavailable` */
async function checkList(
  payload: JsonObject,
  uri: string,
  { clock, clockToleranceSeconds }: StatusListReaderOptions,
): Promise<Held> {
  const { sub, iat, exp, ttl } = payload
  const now = clock()
  if (sub !== uri) throw unusable('it is another list')
  if (typeof iat !== 'number' || typeof exp !== 'number' || iat < 0) throw unusable('iat or exp is missing')
  if (iat > now + clockToleranceSeconds) throw unusable('it was issued in the future')
  const expiresAt = Math.min(exp, iat + MAX_AGE_SECONDS)
  if (!(now < expiresAt)) throw unusable('it has expired')
  if (ttl !== undefined && !(typeof ttl === 'number' && ttl > 0)) throw unusable('ttl is no positive number')
  const list = await decodeStatusList(payload.status_list)
  return { list, issuedAt: iat, expiresAt, refreshAt: now + (ttl ?? DEFAULT_TTL_SECONDS) }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function noStatus(why: string): AuthError {
  return new AuthError('token.status', `the token's status cannot be looked up: ${why}`)
}
