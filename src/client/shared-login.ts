/**
 * The one login of a client, as all tabs of the browser agree on it: the newest version wins everywhere.
 *
 *   sign-in: a later `at`, n = 0     refresh: n + 1     the end: n = Infinity
 */
import type { JsonObject } from '../json.ts'
import type { Machine } from './environment.ts'
import type { Events, SignedOutReason } from './events.ts'
import { member } from './result.ts'
import type { Tokens } from './tokens.ts'

export interface SharedLogin {
  /** Wall clock of the sign-in in milliseconds, made to rise from login to login. */
  readonly at: number
  /** Tells sign-ins of the same millisecond apart. */
  readonly id: string
  /** Refreshes since the sign-in. */
  readonly n: number
  /** null in cookie mode, and after the end. */
  readonly tokens: Tokens | null
  readonly ended: SignedOutReason | null
}

export interface LoginHolder {
  /** null: nothing is known. */
  current(): SharedLogin | null
  /** Takes a version over, if it is newer. @param news false: it was so before, and is told to nobody */
  adopt(next: SharedLogin, news: boolean): boolean
  /** Takes over what this client did itself; tells the other tabs. */
  publish(next: SharedLogin): Promise<void>
  start(tokens: Tokens | null): Promise<void>
  /** Ends that login, or whichever there is; nothing when another has begun. */
  end(of: SharedLogin | null, reason: SignedOutReason): Promise<void>
  /** The server knows a login of which nothing is known here: no news, and older than any that is. */
  confirm(login: SharedLogin): void
  /** Tells the other tabs of this login its claims. */
  tell(claims: JsonObject): void
  /** Asks the other tabs whether they have a newer version. */
  ask(): void
  /** What another tab or an earlier run wrote; null for anything else. */
  read(value: unknown): SharedLogin | null
  readonly hasTabs: boolean
  close(): void
}

export interface HolderListener {
  /** Another login, a newer version of it, or its end; before any event. */
  onChange(next: SharedLogin): void
  onTold(claims: JsonObject): void
}

/** Tokens on their way between tabs and over restarts; a cookie login has none. */
export interface TokenCourier {
  pack(tokens: Tokens): object
  unpack(value: unknown): Tokens | null
  /** Before it is known what there was, it cannot be known what is newer. */
  load(): Promise<void>
  /** Under way: what it finds was so before. */
  loading(): boolean
  onNewer(): void
  keep(): Promise<void>
}

export function createLoginHolder(
  { wallMs, random, openChannel }: Machine,
  events: Events,
  name: string,
  listener: HolderListener,
  courier?: TokenCourier,
): LoginHolder {
  let held: SharedLogin | null = null

  const adopt = (next: SharedLogin | null, news: boolean): boolean => {
    if (!next || !isNewer(next, held) || (courier && !next.tokens && !next.ended)) return false
    const before = held
    held = next
    listener.onChange(next)
    courier?.onNewer()
    if (news || before) {
      if (!next.ended) {
        if (!sameLogin(before, next)) events.emit({ type: 'signedIn' })
      } else if (!before?.ended) events.emit({ type: 'signedOut', reason: next.ended })
    }
    return true
  }

  const read = (value: unknown): SharedLogin | null => {
    const [at, id, n, ended] = ['at', 'id', 'n', 'ended'].map((key) => member(value, key))
    if (typeof at !== 'number' || typeof id !== 'string' || typeof n !== 'number') return null
    const tokens = courier?.unpack(member(value, 'tokens')) ?? null
    return { at, id, n, tokens, ended: REASONS.find((reason) => reason === ended) ?? null }
  }

  let channel = openChannel(name, (message) => {
    const theirs = read(message)
    const claims = member(message, 'claims')
    if (claims) {
      if (sameLogin(held, theirs)) listener.onTold(claims as JsonObject)
    } else if (!member(message, 'ask')) adopt(theirs, !courier?.loading())
    else if (held && isNewer(held, theirs)) post({})
  })
  const post = (more: object): void => {
    const login = held ?? NOTHING
    channel?.post({ ...login, tokens: login.tokens && courier?.pack(login.tokens), ...more })
  }

  const publish = async (next: SharedLogin): Promise<void> => {
    if (!adopt(next, true)) return
    post({})
    await courier?.keep()
  }
  const later = (): number => Math.max(wallMs(), (held?.at ?? 0) + 1)

  return {
    current: () => held,
    adopt,
    publish,
    async start(tokens) {
      if (courier) await courier.load()
      return publish({ at: later(), id: `${random()}`, n: 0, tokens, ended: null })
    },
    // Wanted by the user, it ends whatever the other tabs hold.
    end: (of, reason) =>
      publish({ ...(of ?? { ...(held ?? NOTHING), at: later() }), n: Infinity, tokens: null, ended: reason }),
    confirm(login) {
      held ??= login
    },
    tell: (claims) => held && post({ tokens: null, claims }),
    ask: () => post({ tokens: null, ask: true }),
    read,
    hasTabs: channel !== null,
    close() {
      channel?.close()
      channel = null
    },
  }
}

const REASONS: readonly SignedOutReason[] = ['here', 'elsewhere', 'expired', 'reused']
const NOTHING: SharedLogin = { at: 0, id: '', n: 0, tokens: null, ended: null }

/** Refreshed or ended perhaps, but of one sign-in. */
export function sameLogin(a: SharedLogin | null, b: SharedLogin | null): boolean {
  return a?.at === b?.at && a?.id === b?.id
}

function isNewer(a: SharedLogin, b: SharedLogin | null): boolean {
  if (!b || a.at !== b.at) return a.at > (b?.at ?? -1)
  return a.id === b.id ? a.n > b.n : a.id > b.id
}
