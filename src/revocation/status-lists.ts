/** Token Status Lists of this issuer: places for tokens that verifiers outside the fleet judge, and the lists, published. */
import type { Clock } from '../clock.ts'
import { sha256Base64url } from '../crypto/digest.ts'
import { AuthError } from '../errors.ts'
import type { RecordsOf } from '../records.ts'
import type { StatusReference } from '../token/access-tokens.ts'
import type { IssuerKeys } from '../token/issuer-keys.ts'
import type { RevocationView } from './check.ts'
import { encodeStatusList, type StatusListClaim } from './status-list.ts'
import { gzip } from './status-list-deflate.ts'
import { createStatusFlips, type StatusFlipsOptions } from './status-list-flips.ts'
import { createStatusIndex, type ListedToken } from './status-list-index.ts'
import { bucketEndsAt, LIST_LIFE_SECONDS, parseName, retiresAt } from './status-list-names.ts'
import { LIST_TTL_SECONDS, signStatusList } from './status-list-token.ts'

export interface StatusListsOptions extends Pick<StatusFlipsOptions, 'onApplied' | 'onReset' | 'places'> {
  readonly records: RecordsOf
  readonly view: RevocationView
  readonly keys: IssuerKeys
  readonly clock: Clock
  /** Where the lists are served, without a slash at the end: a list's address is that, a slash and its name. */
  readonly url: string
}

/** A list as it is served. */
export interface PublishedList {
  /** Compact JWS, `application/statuslist+jwt`. */
  readonly token: string
  readonly gzipped: Uint8Array<ArrayBuffer>
  /** Differs whenever the token does; without quotes. */
  readonly tag: string
}

/** What a revocation covered: a session, everything of a subject, one token, or everything. */
export type Covered =
  | { readonly sessionId: string }
  | { readonly subject: string }
  | { readonly tokenId: string }
  | 'everything'

/** @throws AuthError `store.unavailable` from every method */
export interface StatusLists {
  /**
   * A place for a token that is about to be signed. The session must be read once more after that: whoever ends it from
   * then on finds the token.
   */
  reserve(token: ListedToken, floor: number, expiresAt: number): Promise<StatusReference>
  /**
   * The list of this name, at most a second old if something was revoked meanwhile; null: there is none.
   * @throws AuthError `revocation.stale` while this process cannot be sure of the log, `keys.unavailable`
   */
  publish(list: string): Promise<PublishedList | null>
  /** Addresses of all lists that may hold live tokens. */
  aggregate(): Promise<readonly string[]>
  /**
   * When no verifier outside can accept any more what was revoked: the latest `exp` of any list that was published without
   * it. To be asked when the fleet has confirmed. Seconds since 1970; null: no such token is outside.
   */
  effectiveAt(covered: Covered): Promise<number | null>
  /** When the last token of the subject that is outside has expired, or will have; null: there is none. */
  expiredAt(subject: string): Promise<number | null>
}

/** A list is made anew at most so often. */
const REBUILD_MS = 1000

interface Built extends PublishedList {
  readonly issuedAt: number
  readonly builtMs: number
  readonly version: number
  readonly claim: StatusListClaim
}

export function createStatusLists(options: StatusListsOptions): StatusLists {
  const { records, view, keys, clock, url, places } = options
  const index = createStatusIndex(records, clock, places)
  const flips = createStatusFlips({ ...options, index, now: () => clock.now() })
  const built = new Map<string, Built>()
  const building = new Map<string, Promise<Built | null>>()
  const uriOf = (list: string): string => `${url}/${list}`

  /**
   * The order is the guarantee. Until when the list may be believed is stored first; what has been applied is taken in next;
   * the lease is looked at last. Whoever revokes reads that time when every verifier has confirmed, or can hold no lease: so a
   * list without the revocation either has its time stored by then, or is not published.
   */
  const build = async (list: string): Promise<Built | null> => {
    const former = built.get(list)
    const issuedAt = clock.now()
    if (!(await index.promise(list, issuedAt + LIST_LIFE_SECONDS))) {
      built.delete(list)
      return null
    }
    const builtMs = clock.monoMs()
    await flips.catchUp()
    const { statuses, version } = flips.read(list)
    const copy = { ...statuses, bytes: statuses.bytes.slice() }
    if (!view.leaseHolds()) {
      throw new AuthError('revocation.stale', 'revocations cannot be checked now', { retryAfterSeconds: 2 })
    }
    const claim = former?.version === version ? former.claim : await encodeStatusList(copy)
    const input = { uri: uriOf(list), aggregationUri: `${url}/lists`, issuedAt, claim }
    const token = await signStatusList(keys, view.isKeyRetired, input)
    const tag = sha256Base64url(token).slice(0, 22)
    const made = { token, tag, gzipped: await gzip(encoder.encode(token)), issuedAt, builtMs, version, claim }
    built.set(list, made)
    for (const name of built.keys()) if (retiresAt(parseName(name) ?? { bucket: 0 }) <= issuedAt) built.delete(name)
    return made
  }

  const isFresh = ({ issuedAt, builtMs, version }: Built, list: string): boolean => {
    const now = clock.now()
    if (now < issuedAt || now >= issuedAt + LIST_TTL_SECONDS) return false
    if (clock.monoMs() < builtMs + REBUILD_MS) return true
    return !flips.isBehind && flips.read(list).version === version
  }

  /** Names of the lists that hold tokens of this kind; `everything`: all of them do. */
  const listsOf = async (covered: Exclude<Covered, 'everything'>): Promise<readonly string[]> => {
    if ('tokenId' in covered) {
      const placed = await index.findToken(covered.tokenId)
      return placed ? [placed.list] : []
    }
    const sessions =
      'sessionId' in covered ? [await index.ofSession(covered.sessionId)] : await index.ofSubject(covered.subject)
    return [...new Set(sessions.flatMap((session) => session?.places ?? []).map(({ list }) => list))]
  }

  return {
    async reserve(token, floor, expiresAt) {
      const place = await index.reserve(token, floor, expiresAt)
      return { uri: uriOf(place.list), index: place.index }
    },

    async publish(list) {
      const name = parseName(list)
      if (!name || retiresAt(name) <= clock.now()) return null
      const held = built.get(list)
      if (held && isFresh(held, list)) return held
      let flight = building.get(list)
      if (!flight) {
        flight = build(list).finally(() => building.delete(list))
        building.set(list, flight)
      }
      return flight
    },

    aggregate: async () => (await index.lists()).map(({ list }) => uriOf(list)),

    async effectiveAt(covered) {
      const lists =
        covered === 'everything'
          ? await index.lists()
          : await Promise.all((await listsOf(covered)).map((list) => index.findList(list)))
      const until = lists.flatMap((list) => (list ? [list.publishedUntil] : []))
      return until.length === 0 ? null : Math.max(clock.now(), ...until)
    },

    async expiredAt(subject) {
      const ends = (await listsOf({ subject })).map((list) => bucketEndsAt(parseName(list)?.bucket ?? 0))
      return ends.length === 0 ? null : Math.max(...ends)
    },
  }
}

const encoder = new TextEncoder()
