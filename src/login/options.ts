/** What `createLogins` is given, and the one place where it is checked. */
import type { AuditEvent } from '../audit/event.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { SecretRing } from '../crypto/secret-ring.ts'
import type { JsonObject } from '../json.ts'
import { checkConsistency, type OnStale, type RevocationView } from '../revocation/check.ts'
import type { LogEntry } from '../revocation/engine.ts'
import type { Spread } from '../revocation/revoke.ts'
import { systemTimers, type Timers } from '../revocation/timers.ts'
import type { Mode } from '../session/session.ts'
import type { Oversize } from '../token/access-tokens.ts'
import type { IssuerKeys } from '../token/issuer-keys.ts'
import { MAX_LIFETIME_SECONDS } from '../token/lifetime.ts'
import { checkPolicies, type ModePolicies } from './modes.ts'
import type { Store } from './store.ts'

/** A service that access tokens may be minted for, by its `aud`. */
export interface AudiencePolicy {
  /** Script in a browser may hold such tokens; they then live 5 minutes at most, whoever asked. Default false. */
  readonly browser?: boolean
  /** Checked outside the fleet, by a Token Status List. Default false. */
  readonly external?: boolean
  /** 1 to 3600; default `accessTokenSeconds`. */
  readonly lifetimeSeconds?: number
  /** Names of the application claims that its tokens carry; default: all of them. */
  readonly claims?: readonly string[]
  /** Scopes that a session may ask for; default: none. A token's own scope can always be narrowed. */
  readonly scopes?: readonly string[]
}

/** How long a session lives. */
export interface Lifetimes {
  /** Without use. */
  readonly idleSeconds: number
  /** In all. */
  readonly absoluteSeconds: number
}

/** This process's verifier: its memory of the log, how to hear of changes, and how to wait for the fleet. */
export interface LoginRevocations extends Spread {
  readonly view: RevocationView
  /**
   * Called after an entry has become visible in the view; it is not acknowledged before a promise that is answered has
   * settled. Returns how to stop.
   */
  onApplied(listener: (entry: LogEntry) => void | Promise<void>): () => void
  /** Called when everything known may have changed. Returns how to stop. */
  onReset(listener: () => void): () => void
  /** LEAVE: stops accepting, then leaves the registry. */
  close(): Promise<void>
}

/** Something that happened, for the audit log: ids only, never a credential. */
export type LoginEvent = Omit<AuditEvent, 'actor' | 'address'>

export interface LoginsOptions {
  readonly store: Store
  /** `iss` of every token, and the audience and client of the application itself. */
  readonly issuer: string
  readonly keys: IssuerKeys
  /** Keys the tags of refresh tokens. */
  readonly secrets: SecretRing
  readonly revocations: LoginRevocations
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Of work in the background. Default: the machine's. */
  readonly timers?: Timers
  /** Loads a subject's application claims; default: none. Must not answer a claim of the protocol (`PROTOCOL_CLAIMS`). */
  readonly claims?: (subject: string) => Promise<JsonObject>
  /** Which modes are issued and let in, until that is changed while the application runs; default: `cookie`, and all of them. */
  readonly modes?: ModePolicies
  /** Audiences by name; the issuer always is one. */
  readonly audiences?: Readonly<Record<string, AudiencePolicy>>
  /** Where Token Status Lists are served (`/status/{n}`), without a slash at the end; default: `/status` under the issuer. */
  readonly statusUrl?: string
  /** Default: `cookie` and `hybrid` 14 days idle, 90 in all; `token` 30 and 90. */
  readonly lifetimes?: Partial<Readonly<Record<Mode, Lifetimes>>>
  /** Default 600, at most 3600. */
  readonly accessTokenSeconds?: number
  /** How long a spent refresh token gets its successor again; 0 to 60, default 10. */
  readonly replayWindowSeconds?: number
  /** Default: no limit. */
  readonly maxSessionsPerSubject?: number
  /** At the limit: refuse the sign-in (default), or end the oldest sessions. */
  readonly onLimit?: 'refuse' | 'end-oldest'
  /** Last-seen is written at most this often per session; default 300. */
  readonly touchSeconds?: number
  /** How long a session is answered from memory; default 300, at most 3600. */
  readonly cacheSeconds?: number
  /** Default 100 000 sessions. */
  readonly cacheEntries?: number
  /** Default 128 MiB, as estimated. */
  readonly cacheBytes?: number
  /** For calls that name none; default `lookup`. */
  readonly onStale?: OnStale
  /** A revocation that is not confirmed by then is told as `revocation.pending`: it goes on spreading. 1 to 600, default 30. */
  readonly revokeTimeoutSeconds?: number
  /** Tolerance for `nbf` and `iat` of our own tokens; default 5. */
  readonly clockToleranceSeconds?: number
  /** Awaited after the fact; its failure is reported to `onBackgroundError` and changes no outcome. */
  readonly onEvent?: (event: LoginEvent) => void | Promise<void>
  /** Awaited before a session goes on under a new id: at a rise of privilege, a switch of accounts, an end of all others. */
  readonly onSuccessor?: (from: string, to: string) => Promise<void>
  /** Told of tokens over their byte budget (`AccessTokenIssuerOptions`). */
  readonly onOversize?: (oversize: Oversize) => void
  /** Default 1024. */
  readonly tokenByteBudget?: number
  /** Failures of work that no caller waits for: last-seen, refilling the cache, `onEvent`. */
  readonly onBackgroundError?: (error: unknown, work: string) => void
}

/** The longest life of a token in a browser's hands. */
export const MAX_BROWSER_TOKEN_SECONDS = 300
/** Log entries outlive everything they cover: the longest token or cached session, and clocks 60 s apart on either side. */
export const KEEP_SECONDS = MAX_LIFETIME_SECONDS + 2 * 60 + 60

const DAY = 86_400

/** The options with every default filled in. */
export type CheckedOptions = Required<
  Omit<LoginsOptions, 'maxSessionsPerSubject' | 'lifetimes' | 'audiences' | 'modes'>
> & {
  readonly lifetimes: Readonly<Record<Mode, Lifetimes>>
  readonly audiences: ReadonlyMap<string, AudiencePolicy>
  readonly maxSessionsPerSubject: number | null
  readonly modes: ModePolicies | null
}

/** @throws TypeError for an option that is missing, ill-typed or out of range */
export function checkOptions(options: LoginsOptions): CheckedOptions {
  for (const name of ['store', 'keys', 'secrets', 'revocations'] as const) {
    if (typeof options[name] !== 'object' || options[name] === null) throw new TypeError(`${name} is missing`)
  }
  if (typeof options.issuer !== 'string' || options.issuer === '') throw new TypeError('issuer is missing')
  const accessTokenSeconds = whole('accessTokenSeconds', options.accessTokenSeconds ?? 600, 1, MAX_LIFETIME_SECONDS)
  const onLimit = options.onLimit ?? 'refuse'
  if (onLimit !== 'refuse' && onLimit !== 'end-oldest') throw new TypeError("onLimit is 'refuse' or 'end-oldest'")
  for (const name of ['claims', 'onEvent', 'onOversize', 'onBackgroundError'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') throw new TypeError(`${name} is a function`)
  }
  return {
    store: options.store,
    issuer: options.issuer,
    keys: options.keys,
    secrets: options.secrets,
    revocations: options.revocations,
    clock: options.clock ?? systemClock,
    timers: options.timers ?? systemTimers,
    claims: options.claims ?? (async () => ({})),
    audiences: checkAudiences(options),
    statusUrl: options.statusUrl ?? `${options.issuer.replace(/\/$/, '')}/status`,
    modes: options.modes ? checkPolicies(options.modes) : null,
    lifetimes: checkLifetimes(options.lifetimes ?? {}),
    accessTokenSeconds,
    replayWindowSeconds: whole('replayWindowSeconds', options.replayWindowSeconds ?? 10, 0, 60),
    maxSessionsPerSubject:
      options.maxSessionsPerSubject === undefined
        ? null
        : whole('maxSessionsPerSubject', options.maxSessionsPerSubject, 1, 100_000),
    onLimit,
    touchSeconds: whole('touchSeconds', options.touchSeconds ?? 300, 1, DAY),
    cacheSeconds: whole('cacheSeconds', options.cacheSeconds ?? 300, 1, MAX_LIFETIME_SECONDS),
    cacheEntries: whole('cacheEntries', options.cacheEntries ?? 100_000, 1, 100_000_000),
    cacheBytes: whole('cacheBytes', options.cacheBytes ?? 128 * 1024 * 1024, 1, Number.MAX_SAFE_INTEGER),
    onStale: checkOnStale(options.onStale ?? 'lookup'),
    revokeTimeoutSeconds: whole('revokeTimeoutSeconds', options.revokeTimeoutSeconds ?? 30, 1, 600),
    clockToleranceSeconds: whole('clockToleranceSeconds', options.clockToleranceSeconds ?? 5, 0, 60),
    onEvent: options.onEvent ?? (() => undefined),
    onSuccessor: options.onSuccessor ?? (async () => undefined),
    onOversize: options.onOversize ?? (() => undefined),
    tokenByteBudget: whole('tokenByteBudget', options.tokenByteBudget ?? 1024, 1, 8192),
    onBackgroundError: options.onBackgroundError ?? (() => undefined),
  }
}

function checkAudiences(options: LoginsOptions): ReadonlyMap<string, AudiencePolicy> {
  const audiences = new Map<string, AudiencePolicy>([[options.issuer, {}]])
  for (const [name, policy] of Object.entries(options.audiences ?? {})) {
    if (name === '') throw new TypeError('an audience has a name')
    if (policy.lifetimeSeconds !== undefined) {
      whole(
        `audiences: lifetimeSeconds of ${name}`,
        policy.lifetimeSeconds,
        1,
        policy.browser ? MAX_BROWSER_TOKEN_SECONDS : MAX_LIFETIME_SECONDS,
      )
    }
    audiences.set(name, Object.freeze({ ...policy }))
  }
  return audiences
}

function checkLifetimes(given: Partial<Readonly<Record<Mode, Lifetimes>>>): Readonly<Record<Mode, Lifetimes>> {
  const check = (mode: Mode, idleDays: number): Lifetimes => {
    const { idleSeconds, absoluteSeconds } = given[mode] ?? { idleSeconds: idleDays * DAY, absoluteSeconds: 90 * DAY }
    whole(`lifetimes.${mode}.absoluteSeconds`, absoluteSeconds, 1, 400 * DAY)
    whole(`lifetimes.${mode}.idleSeconds`, idleSeconds, 1, absoluteSeconds)
    return { idleSeconds, absoluteSeconds }
  }
  return { cookie: check('cookie', 14), hybrid: check('hybrid', 14), token: check('token', 30) }
}

function checkOnStale(onStale: OnStale): OnStale {
  const checked = checkConsistency(onStale)
  if (checked !== 'lease' && checked !== 'strict') return checked
  throw new TypeError("onStale is 'deny', 'lookup' or { staleOkSeconds }")
}

function whole(name: string, value: number, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new TypeError(`${name} must be a whole number from ${least} to ${most}`)
  }
  return value
}
