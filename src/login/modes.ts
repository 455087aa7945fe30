/**
 * Which modes this application issues and lets in, now. The policy can be changed while the application runs: the change lies
 * in the store, every process looks there every two seconds and decides from memory.
 */
import type { Clock } from '../clock.ts'
import { AuthError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Records } from '../records.ts'
import { systemTimers, type Timers } from '../revocation/timers.ts'
import type { Mode, Session } from '../session/session.ts'

export interface ModePolicy {
  /** What a sign-in gets that names no mode, and what sessions of other modes are converted to. */
  readonly issue: Mode
  /** What is let in; `issue` always is. Default: all modes. */
  readonly accept?: readonly Mode[]
  /** From then on (seconds since 1970) a mode is not let in any more. */
  readonly acceptUntil?: Partial<Readonly<Record<Mode, number>>>
}

/** Of the application, and of OAuth clients that have a policy of their own, by their id. */
export interface ModePolicies extends ModePolicy {
  readonly clients?: Readonly<Record<string, ModePolicy>>
}

/** What is looked at of a login. */
export interface Admitted {
  readonly credential: 'cookie' | 'token'
  readonly mode: Mode
  readonly session: Pick<Session, 'clientId'> | null
  readonly token: JsonObject | null
}

export interface Modes {
  /** null: nobody has said anything; `cookie` is issued, everything is let in, nothing is converted. */
  readonly current: ModePolicies | null
  issueFor(clientId: string | null): Mode
  /** Whether sessions of this mode may be started and refreshed. */
  accepts(mode: Mode, clientId: string | null): boolean
  /** What a session of this mode should become, if anything. */
  convertTo(mode: Mode, clientId: string | null): Mode | null
  /** Whether the cookie of a session of this mode is let in. */
  admitsCookie(mode: Mode, clientId: string | null): boolean
  /** Whether what was presented is let in: a cookie by its session's mode; a token where tokens are of use at all. */
  admits(login: Admitted): boolean
  /** Stores what `next` makes of the newest policy; other processes follow within two seconds. */
  change(next: (current: ModePolicies | null) => ModePolicies): Promise<ModePolicies>
  /** Follows the store from now on. */
  start(): void
  /** Takes over what is stored now. @throws AuthError `store.unavailable` */
  look(): Promise<void>
  close(): void
}

export const MODES: readonly Mode[] = ['cookie', 'token', 'hybrid']
const KEY = 'application'
const FOLLOW_MS = 2000
const ATTEMPTS = 20

export interface ModesOptions {
  readonly records: Records
  readonly clock: Clock
  readonly issuer: string
  /** What holds until somebody changes it. */
  readonly initial: ModePolicies | null
  readonly onFailure: (error: unknown, work: string) => void
  readonly timers?: Timers
}

export function createModes({
  records,
  clock,
  issuer,
  initial,
  onFailure,
  timers = systemTimers,
}: ModesOptions): Modes {
  let current = initial
  let cancel = (): void => undefined
  let isOpen = true

  const policyFor = (clientId: string | null): ModePolicy | null =>
    (clientId === null ? undefined : current?.clients?.[clientId]) ?? current

  const accepts: Modes['accepts'] = (mode, clientId) => {
    const policy = policyFor(clientId)
    if (!policy || mode === policy.issue) return true
    const until = policy.acceptUntil?.[mode]
    return (policy.accept ?? MODES).includes(mode) && (until === undefined || clock.now() < until)
  }

  const admitsCookie: Modes['admitsCookie'] = (mode, clientId) =>
    // Where cookies are issued, one of another mode is changed in passing. In token mode and with a cookie: on its way.
    policyFor(clientId)?.issue !== 'token' ||
    (mode === 'token' ? accepts('cookie', clientId) || accepts('hybrid', clientId) : accepts(mode, clientId))

  const look = async (): Promise<void> => {
    const found = await records.find(KEY, clock.now())
    current = found ? readPolicies(found.value) : initial
  }

  const follow = (): void => {
    void look()
      .catch((error: unknown) => onFailure(error, 'looking for a change of mode'))
      .finally(() => {
        if (isOpen) cancel = timers.after(FOLLOW_MS, follow, false)
      })
  }

  return {
    get current() {
      return current
    },
    issueFor: (clientId) => policyFor(clientId)?.issue ?? 'cookie',
    accepts,
    convertTo(mode, clientId) {
      const policy = policyFor(clientId)
      return policy && policy.issue !== mode ? policy.issue : null
    },
    admitsCookie,
    admits({ credential, mode, session, token }) {
      if (!current) return true
      if (credential === 'token') {
        const client = token?.client_id
        const clientId = typeof client === 'string' && client !== issuer ? client : null
        return accepts('token', clientId) || accepts('hybrid', clientId)
      }
      return admitsCookie(mode, session?.clientId ?? null)
    },
    async change(next) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const found = await records.find(KEY, clock.now())
        const policies = checkPolicies(next(found ? readPolicies(found.value) : initial))
        const value = JSON.parse(JSON.stringify(policies)) as Json
        if (await records.compareAndSet(KEY, found?.version ?? null, value, null, clock.now())) {
          current = policies
          return policies
        }
      }
      throw new AuthError('session.conflict', 'the policy of modes is changing too often', { retryAfterSeconds: 1 })
    },
    start: follow,
    look,
    close() {
      isOpen = false
      cancel()
    },
  }
}

/** What a credential of a mode that is not let in any more is told. */
export function modeRefused(): AuthError {
  return new AuthError('session.mode', 'this application has stopped taking logins of this kind; sign in again')
}

/** @throws TypeError for a policy that cannot be meant */
export function checkPolicies(given: ModePolicies): ModePolicies {
  const clients = Object.entries(given.clients ?? {}).map(([id, policy]) => [id, checkPolicy(policy)] as const)
  return { ...checkPolicy(given), ...(clients.length > 0 ? { clients: Object.fromEntries(clients) } : {}) }
}

function checkPolicy({ issue, accept, acceptUntil }: ModePolicy): ModePolicy {
  const names = [issue, ...(accept ?? []), ...Object.keys(acceptUntil ?? {})]
  if (!names.every(isMode)) throw new TypeError("a mode is 'cookie', 'token' or 'hybrid'")
  for (const until of Object.values(acceptUntil ?? {})) {
    if (!Number.isSafeInteger(until)) throw new TypeError('acceptUntil is in whole seconds since 1970')
  }
  return Object.freeze({
    issue,
    accept: Object.freeze([...new Set([issue, ...(accept ?? MODES)])]),
    ...(acceptUntil ? { acceptUntil: Object.freeze({ ...acceptUntil }) } : {}),
  })
}

function readPolicies(stored: Json): ModePolicies {
  try {
    return checkPolicies(stored as JsonObject as unknown as ModePolicies)
  } catch (cause) {
    throw new AuthError('store.corrupt', 'the stored policy of modes has the wrong shape', { cause })
  }
}

function isMode(value: unknown): value is Mode {
  return MODES.some((mode) => mode === value)
}
