/** An open instance: store, secrets, keys and logins of one configuration, for the server and for the command line. */
import type { Logger } from 'pino'
import { type Accounts, createAccounts } from '../accounts/accounts.ts'
import type { PasswordHasher } from '../accounts/passwords.ts'
import { type Audit, createAudit } from '../audit/audit.ts'
import { type Clock, systemClock } from '../clock.ts'
import { createSecretRing, type SecretRing } from '../crypto/secret-ring.ts'
import { DEFAULT_STORE_SECONDS } from '../deadline.ts'
import { AuthError } from '../errors.ts'
import type { Logins } from '../login/login.ts'
import { createLogins } from '../login/logins.ts'
import type { Store } from '../login/store.ts'
import { storeWithDeadline } from '../login/store-deadline.ts'
import { type ClientEnds, createClientEnds } from '../oidc/client-ends.ts'
import { type Clients, createClients } from '../oidc/clients.ts'
import { createRevocations, type Revocations } from '../revocation/revocations.ts'
import { createIssuerKeys, type IssuerKeys } from '../token/issuer-keys.ts'
import { createArgon2Hasher } from './argon2.ts'
import { auditEvents } from './audit-events.ts'
import type { Config } from './config.ts'
import { isFleet } from './config-store.ts'
import { makeSecret, openDataDirectory, readSecret } from './data-directory.ts'
import { instrument } from './instrument.ts'
import { createLogger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { claimStore } from './one-fleet.ts'
import { openStore } from './open-store.ts'
import { StartupFault, startupFault } from './startup-fault.ts'
import { createStoreCalls, type StoreCalls } from './store-calls.ts'

export interface Instance {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly store: Store
  readonly storeCalls: StoreCalls
  readonly secrets: SecretRing
  readonly keys: IssuerKeys
  readonly logins: Logins
  readonly accounts: Accounts
  readonly audit: Audit
  /** OAuth clients, and what ends with them. */
  readonly clients: Clients
  readonly clientEnds: ClientEnds
  /** This process's memory of the revocation log, and how to wait for the others. */
  readonly revocations: Revocations
  /** Leaves the registry, stops timers, closes the store. */
  close(): Promise<void>
}

export interface OpenOptions {
  /** `cli`: a command beside a running server: it runs no background jobs. */
  readonly role: 'server' | 'cli'
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Default: JSON lines on standard error for a server, nothing for a command. */
  readonly logger?: Logger
  /** Default: argon2id as OWASP asks. */
  readonly hasher?: PasswordHasher
}

/** Of one user: more than anybody has devices, few enough for a list of them. */
const MAX_SESSIONS = 100

/** A process joins within milliseconds; one that cannot (full disk, a lock that nobody lets go) says so instead of waiting. */
const JOIN_MS = 10_000

/**
 * Opens the data directory (0700), its secret and its store, joins the revocation registry and loads the keys.
 * @throws StartupFault with its mend: wrong permissions, unreadable or foreign store, full disk, weak secret
 */
export async function openInstance(config: Config, options: OpenOptions): Promise<Instance> {
  const { role, clock = systemClock, hasher = createArgon2Hasher() } = options
  const logger = options.logger ?? createLogger(role === 'server' ? undefined : null)
  // A command on a store that is elsewhere needs nothing of this machine.
  if (role === 'server' || !isFleet(config.store)) openDataDirectory(config.dataDirectory, role === 'server')
  const kept = config.secrets === null ? readSecret(config.dataDirectory) : null
  const metrics = createMetrics()
  const storeCalls = createStoreCalls(metrics)
  const deadline = { seconds: DEFAULT_STORE_SECONDS, onEnd: storeCalls.ended }
  const store = storeWithDeadline(await openStore(config.store, clock), deadline)
  const secrets = createSecretRing(config.secrets ?? [kept ?? (await firstSecret(config, store, clock))])
  const keys = createIssuerKeys({
    records: store.records('signing-keys'),
    secrets,
    clock,
    algorithm: config.tokenAlgorithm,
  })
  const audit = createAudit(store.audit, clock)
  const onBackgroundError = (error: unknown, work: string): void => {
    metrics.backgroundError(work)
    logger.error({ error, work }, 'background work failed')
  }
  let lastFailure: unknown
  const revocations = createRevocations({
    engine: store.revocations,
    clock,
    onFailure(cause) {
      lastFailure = cause
      onBackgroundError(cause, 'following the revocation log')
    },
    onHistoryLost: async () => (await keys.rotate({ compromised: true })).retired,
  })
  const logins = instrument(
    createLogins({
      store,
      issuer: config.url,
      keys,
      secrets,
      revocations,
      clock,
      claims: async (subject) => (await store.accounts.findById(subject))?.claims ?? {},
      audiences: audiencesOf(config),
      maxSessionsPerSubject: MAX_SESSIONS,
      onLimit: 'end-oldest',
      onEvent: auditEvents(audit, role),
      onOversize: (oversize) => logger.warn(oversize, 'an access token exceeds its byte budget'),
      onBackgroundError,
    }),
    metrics,
  )
  const close = async (): Promise<void> => {
    await logins.close()
    keys.close()
    await store.close()
  }
  try {
    await store.ping()
    if (isFleet(config.store))
      await claimStore(store, { url: config.url, choice: config.store, mayTakeOver: role === 'server', clock })
    await logins.prepare()
    await logins.modes.look()
    if (role === 'server') logins.modes.start()
    await keys.signing()
    await join(store, revocations, () => lastFailure, logger)
  } catch (error) {
    await close()
    throw startupFault(error, config.store)
  }
  const accounts = createAccounts({
    store: store.accounts,
    records: store.records,
    hasher,
    logins: { endAll: (subject) => logins.revoke({ subject }), changeClaims: logins.changeClaims },
    clock,
  })
  return {
    config,
    clock,
    logger,
    metrics,
    store,
    storeCalls,
    secrets,
    keys,
    logins,
    accounts,
    audit,
    clients: createClients({ records: store.records, clock, fixed: config.clients }),
    clientEnds: createClientEnds({ records: store.records, clock, logins }),
    revocations,
    close,
  }
}

/** Waits for the lease; where the log's history is so new that nobody may hold one yet, look-ups answer meanwhile. */
async function join(store: Store, revocations: Revocations, failure: () => unknown, logger: Logger): Promise<void> {
  const joined = revocations.start()
  // It is awaited below, or not at all: closing the instance rejects it.
  joined.catch(() => undefined)
  if ((await store.revocations.members()).settled) await within(JOIN_MS, joined, failure)
  else logger.warn('the revocation log is new here: each login is looked up in the store until it has settled')
}

/**
 * What `work` answers, unless it takes too long.
 * @throws whatever kept it from coming to an end
 */
async function within<T>(ms: number, work: Promise<T>, failure: () => unknown): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(failure() ?? new AuthError('store.unavailable', 'the store does not answer'))
    }, ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Made once, at the first start: a new one in the place of one that was lost would open nothing and hide the loss. */
async function firstSecret({ dataDirectory, store: choice }: Config, store: Store, clock: Clock): Promise<string> {
  try {
    const sealed = await store.records('signing-keys').list(null, 1, clock.now())
    // Keys without a secret: either another process has made both meanwhile, or the secret is lost.
    const secret = sealed.length === 0 ? makeSecret(dataDirectory) : readSecret(dataDirectory)
    if (secret !== null) return secret
    throw new StartupFault(
      `there is no secret in ${dataDirectory}, and the keys in the database were sealed with one`,
      'bring the file back from a backup, or set SOJOURN_SECRET to what stood in it',
    )
  } catch (error) {
    await store.close()
    throw startupFault(error, choice)
  }
}

export function audiencesOf({ audiences }: Pick<Config, 'audiences'>) {
  return Object.fromEntries(
    audiences.map(({ audience, browser, external, lifetimeSeconds, scopes }) => [
      audience,
      { browser, external, scopes, ...(lifetimeSeconds === null ? {} : { lifetimeSeconds }) },
    ]),
  )
}
