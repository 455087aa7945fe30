/** What a store is made with, checked once. */
import { type Clock, systemClock } from '../../clock.ts'
import type { ClientPool } from './client-pool.ts'

/** Give `url`, or a `pool` of the application's own. */
export interface PostgresStoreOptions {
  /**
   * `postgres://user:password@host:port/database`, as `pg` reads it. May lead to a pooler in transaction mode (PgBouncer), which
   * is noticed: statements are then not kept prepared, and notifications need `listenUrl`.
   */
  readonly url?: string
  /** A pool of connections that the application has, such as `pg.Pool`, and closes itself. */
  readonly pool?: ClientPool
  /** Leads to the server itself: one connection for notifications. Default: `url`, where that does. */
  readonly listenUrl?: string
  /** Schema of our tables, made when missing: lower-case letters, digits and `_`. Default `sojourn`. */
  readonly schema?: string
  /** Whether the tables are made and brought up to date by this role; default true. */
  readonly migrate?: boolean
  /**
   * Whether a connection keeps statements prepared; default: unless it leads through a pooler. PgBouncer can from 1.21 on, with
   * `max_prepared_statements`.
   */
  readonly prepare?: boolean
  /** Most connections for steps that are under way at a time; default 10. One more is shared by reads, and one listens. */
  readonly connections?: number
  /** How long a connection may take to be made or to come free; default 3000. */
  readonly connectTimeoutMs?: number
  /** How long a statement may take; default 5000. */
  readonly timeoutMs?: number
  /** Its monotonic side times tries. */
  readonly clock?: Clock
}

export interface CheckedOptions {
  readonly url: string | null
  readonly pool: ClientPool | null
  readonly listenUrl: string | null
  readonly schema: string
  readonly migrate: boolean
  readonly prepare: boolean | null
  readonly connections: number
  readonly connectTimeoutMs: number
  readonly timeoutMs: number
  readonly clock: Clock
}

/** @throws TypeError for options that cannot be meant; the message holds no password */
export function checkOptions(options: PostgresStoreOptions): CheckedOptions {
  const { url, pool, listenUrl, schema = 'sojourn', migrate = true } = options
  if ((url === undefined) === (pool === undefined)) throw new TypeError('a Postgres store is given url or pool')
  if (pool !== undefined && typeof pool.connect !== 'function') throw new TypeError('pool must be one of pg')
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(schema)) {
    throw new TypeError('schema is a name of lower-case letters, digits and _, 40 at most')
  }
  for (const name of ['migrate', 'prepare'] as const) {
    if (!['boolean', 'undefined'].includes(typeof options[name])) throw new TypeError(`${name} is true or false`)
  }
  return {
    url: url === undefined ? null : checkUrl('url', url),
    pool: pool ?? null,
    listenUrl: listenUrl === undefined ? null : checkUrl('listenUrl', listenUrl),
    schema,
    migrate,
    prepare: options.prepare ?? null,
    connections: whole('connections', options.connections ?? 10, 1, 1_000),
    connectTimeoutMs: whole('connectTimeoutMs', options.connectTimeoutMs ?? 3_000, 1, 600_000),
    timeoutMs: whole('timeoutMs', options.timeoutMs ?? 5_000, 1, 600_000),
    clock: options.clock ?? systemClock,
  }
}

function checkUrl(name: string, url: string): string {
  if (typeof url !== 'string' || !/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new TypeError(`${name} begins with postgres:// and names a server`)
  }
  return url
}

function whole(name: string, value: number, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new TypeError(`${name} must be a whole number from ${least} to ${most}`)
  }
  return value
}
