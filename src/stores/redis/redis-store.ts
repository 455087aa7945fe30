/** createRedisStore: every port on one Redis or Valkey, with or without replicas. */
import { type Clock, systemClock } from '../../clock.ts'
import type { Store } from '../../login/store.ts'
import type { Durability } from '../../revocation/engine.ts'
import { createAccounts } from './accounts.ts'
import { createAudit } from './audit.ts'
import { createCluster } from './cluster.ts'
import { createClusterFamilies } from './cluster-families.ts'
import { createClusterSessions, living } from './cluster-sessions.ts'
import { createTruth } from './cluster-truth.ts'
import { createConfirmed } from './confirmed.ts'
import { type Connection, openConnection } from './connection.ts'
import { asStoreError, unavailable } from './errors.ts'
import { createFamilies } from './families.ts'
import { createPlaces } from './places.ts'
import { createRecords } from './records.ts'
import { createRevocations } from './revocations.ts'
import { createScripts } from './scripts.ts'
import { createPrimary, type ServersOptions } from './servers.ts'
import { createSessions } from './sessions.ts'
import { createSteps, type Steps } from './steps.ts'
import { createSweeps } from './sweeps.ts'
import { createWatch } from './watch.ts'

export interface RedisStoreOptions {
  /** `redis://[user:password@]host[:port][/database]`, `rediss://` for TLS. */
  readonly url?: string
  /** Several of them: a primary and its replicas in any order (the primary is found), or nodes of a Cluster. */
  readonly urls?: readonly string[]
  /** How all our keys begin; one fleet each. Default `sojourn`. */
  readonly prefix?: string
  /** Names the fleet: a store that another fleet has begun under the same prefix is refused. */
  readonly fleet?: string
  /** How many replicas there are: all of them confirm each write before it counts (durability D2). Default 0. */
  readonly replicas?: number
  /** How long a command may take. Default 2000. */
  readonly commandTimeoutMs?: number
  /** How many audit events are kept, the newest; default 100 000. */
  readonly auditEvents?: number
  /** Its monotonic side times the commands. */
  readonly clock?: Clock
}

export interface RedisStore extends Store {
  /** How the durability class was found, in a sentence for people. */
  readonly durabilityReason: string
}

/**
 * Opens a store on Redis 7, Valkey, or newer. Several processes use the same one; a fleet is what they are together.
 *
 * @throws AuthError `store.unavailable` (no answer, a setting that we refuse: the message says which), `store.version` (an older
 *   server, or a newer Sojourn wrote it), `store.corrupt` (another fleet's or another program's keys)
 * @throws TypeError for options that cannot be meant
 */
export function createRedisStore(options: RedisStoreOptions): Promise<RedisStore> {
  return openRedisStore(options, (steps) => steps)
}

/** @param wrap stands between the ports and their steps: a test cuts a method off between two of them */
export async function openRedisStore(options: RedisStoreOptions, wrap: (steps: Steps) => Steps): Promise<RedisStore> {
  const { prefix = 'sojourn', replicas = 0, commandTimeoutMs: timeoutMs = 2000, auditEvents = 100_000 } = options
  const urls = options.urls ?? (options.url === undefined ? [] : [options.url])
  check(urls, { prefix, replicas, timeoutMs, auditEvents })
  const { monoMs } = options.clock ?? systemClock
  const reach = { urls, replicas, timeoutMs, monoMs: () => monoMs() }
  const isWhole = !(await isCluster(reach))
  const servers = isWhole ? createPrimary(reach) : createCluster(reach)
  const direct = createSteps({
    servers,
    scripts: createScripts(prefix, isWhole),
    confirmed: createConfirmed(replicas, timeoutMs, (connection) => servers.doubt(connection)),
    isWhole,
    prefix,
    fleet: options.fleet ?? null,
    timeoutMs,
    monoMs: () => monoMs(),
  })
  try {
    const durability = await classify(await servers.connection(prefix, 'main'), replicas)
    await direct.begin()
    const steps = wrap(direct)
    const places = createPlaces(() => steps.shards)
    const watch = createWatch(steps, timeoutMs)
    const truth = isWhole ? null : createTruth(steps)
    const sweeps = createSweeps(steps, truth ? (sessions, now) => living(truth, sessions, now) : undefined)
    return {
      sessions: truth
        ? createClusterSessions(steps, places, sweeps, truth, timeoutMs)
        : createSessions(steps, places, sweeps),
      families: truth ? createClusterFamilies(steps, places, sweeps, truth) : createFamilies(steps, places, sweeps),
      revocations: createRevocations({
        steps,
        places,
        watch,
        truth,
        durability: durability.durability,
        overlapMs: 0,
        isReadConfirmed: replicas > 0,
      }),
      accounts: createAccounts(steps),
      audit: createAudit(steps, auditEvents),
      records: createRecords(steps),
      durabilityReason: durability.reason,
      async ping() {
        await steps.log('floor', 0)
      },
      async close() {
        watch.stop()
        servers.close()
      },
    }
  } catch (error) {
    servers.close()
    throw asStoreError(error)
  }
}

/** Asks the first that answers. @throws AuthError as `openConnection` */
async function isCluster({ urls, timeoutMs, monoMs }: ServersOptions): Promise<boolean> {
  const openings = urls.map((url) => openConnection({ url, timeoutMs, monoMs }))
  const isOne = Promise.any(openings.map(async (opening) => (await opening).info.isCluster))
  for (const opening of openings)
    opening.then(
      (connection) => connection.close(),
      () => undefined,
    )
  try {
    return await isOne
  } catch (error) {
    throw asStoreError(error instanceof AggregateError ? error.errors[0] : error)
  }
}

function check(
  urls: readonly string[],
  options: {
    readonly prefix: string
    readonly replicas: number
    readonly timeoutMs: number
    readonly auditEvents: number
  },
): void {
  if (urls.length === 0) throw new TypeError('url or urls must name a Redis server')
  for (const url of urls) {
    if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol)) {
      throw new TypeError('each url must be redis://host or rediss://host')
    }
  }
  if (!/^[A-Za-z0-9_.-]{1,32}$/.test(options.prefix)) {
    throw new TypeError('prefix must be 1 to 32 letters, digits, _, . or -')
  }
  if (!Number.isSafeInteger(options.replicas) || options.replicas < 0) throw new TypeError('replicas must be 0 or more')
  if (!(options.timeoutMs > 0)) throw new TypeError('commandTimeoutMs must be above 0')
  if (!Number.isSafeInteger(options.auditEvents) || options.auditEvents < 1) {
    throw new TypeError('auditEvents must be 1 or more')
  }
}

/** How much survives, by what the server says of itself. @throws AuthError `store.unavailable` when replicas are missing */
async function classify(
  connection: Connection,
  replicas: number,
): Promise<{ readonly durability: Durability; readonly reason: string }> {
  const { info } = connection
  if (info.replicas < replicas) {
    throw unavailable(`${replicas} replicas are to confirm every write, and ${info.replicas} are connected`)
  }
  if (replicas > 0) return { durability: 'D2', reason: `every write is confirmed by ${replicas} replicas` }
  if (info.replicas > 0) return { durability: 'D0', reason: 'there are replicas, and none is waited for (replicas: 0)' }
  if (!info.appendOnly) return { durability: 'D0', reason: 'nothing is written to disk as it happens (appendonly no)' }
  const setting = async (name: string): Promise<string> => {
    const answer = await connection.send(['CONFIG', 'GET', name]).catch(() => null)
    const value = Array.isArray(answer) ? answer[1] : null
    return typeof value === 'string' ? `${name} ${value}` : `CONFIG GET ${name} is forbidden to us`
  }
  // While a child rewrites the file, the second one switches the first one off.
  for (const wanted of ['appendfsync always', 'no-appendfsync-on-rewrite no']) {
    const found = await setting(wanted.split(' ')[0] ?? '')
    if (found !== wanted) return { durability: 'D0', reason: `the disk may lack the last writes (${found})` }
  }
  return { durability: 'D1', reason: 'every write is on the disk before it counts' }
}
