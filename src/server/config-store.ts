/** `SOJOURN_STORE`: which store, where, and its options as parameters of the URL. */
import { resolve } from 'node:path'

export type StoreChoice =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | RedisChoice
  | PostgresChoice

/** Redis or Valkey. */
export interface RedisChoice {
  readonly kind: 'redis'
  /** As the client takes them; more than one: nodes of a Cluster. They may hold passwords: see `storeName`. */
  readonly urls: readonly string[]
  /** Begins every key; null: the store's own. */
  readonly prefix: string | null
  /** Replicas that every append waits for; null: none. */
  readonly replicas: number | null
}

export interface PostgresChoice {
  readonly kind: 'postgres'
  /** As the client takes it, with the parameters that are the client's. It may hold a password: see `storeName`. */
  readonly url: string
  /** null: the store's own. */
  readonly schema: string | null
}

/** A store that several servers share: each of them may be on a machine of its own. */
export type FleetChoice = RedisChoice | PostgresChoice

type Report = (problem: string, mend: string) => void

/**
 * | Form | Parameters |
 * | --- | --- |
 * | `sqlite:`, `sqlite:FILE`, `memory:` | |
 * | `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `rediss://`; nodes of a Cluster separated by commas | `prefix`, `replicas` |
 * | `postgres://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE`, `postgresql://` | `schema`; others are the client's |
 *
 * Nothing that stands in a URL is ever repeated but its scheme, host and port, for it may hold a password.
 */
export function readStore(text: string | undefined, dataDirectory: string, report: Report): StoreChoice {
  const fallback: StoreChoice = { kind: 'sqlite', path: resolve(dataDirectory, 'sojourn.db') }
  if (text === undefined || text === 'sqlite:') return fallback
  if (text === 'memory:') return { kind: 'memory' }
  if (text.startsWith('sqlite:')) return { kind: 'sqlite', path: resolve(text.slice('sqlite:'.length)) }
  const scheme = /^[a-z]+(?=:)/.exec(text)?.[0]
  if (scheme === 'redis' || scheme === 'rediss') return readRedis(text, report) ?? fallback
  if (scheme === 'postgres' || scheme === 'postgresql') return readPostgres(text, report) ?? fallback
  report('it names no store that is known', 'use sqlite:, sqlite:FILE, memory:, redis://, rediss:// or postgres://')
  return fallback
}

export function isFleet(choice: StoreChoice): choice is FleetChoice {
  return choice.kind === 'redis' || choice.kind === 'postgres'
}

/** How a store is called in messages and logs: where it is, without user, password and parameters. */
export function storeName(choice: StoreChoice): string {
  if (choice.kind === 'memory') return 'memory'
  if (choice.kind === 'sqlite') return choice.path
  const urls = choice.kind === 'redis' ? choice.urls : [choice.url]
  return urls.map(placeOf).join(', ')
}

function placeOf(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
}

function readRedis(text: string, report: Report): RedisChoice | null {
  const nodes = text.split(',').map((node) => node.trim())
  const urls = nodes.map(parse)
  const isRedis = (url: URL | null): url is URL =>
    url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && url.hash === ''
  if (!urls.every(isRedis)) {
    report('that is no address of Redis', 'give redis://HOST:PORT, for a Cluster several separated by commas')
    return null
  }
  if (!urls.every(({ pathname }) => /^(\/(\d{1,5})?)?$/.test(pathname))) {
    report('its path is no number of a database', 'give redis://HOST:PORT/0')
    return null
  }
  const options = takeParameters(urls, ['prefix', 'replicas'])
  if (urls.some(({ searchParams }) => searchParams.size > 0)) {
    report('it has a parameter that is not known', 'use prefix and replicas, and write %3F for a ? in a password')
    return null
  }
  const { prefix = null, replicas = null } = options
  if (prefix !== null && !/^[A-Za-z0-9._-]{1,32}$/.test(prefix)) {
    report('its prefix has characters that no prefix may have', 'use up to 32 letters, digits and . _ -')
    return null
  }
  if (replicas !== null && !/^\d{1,2}$/.test(replicas)) {
    report('replicas is no number', 'say how many replicas every append waits for')
    return null
  }
  return { kind: 'redis', urls: urls.map(String), prefix, replicas: replicas === null ? null : Number(replicas) }
}

function readPostgres(text: string, report: Report): PostgresChoice | null {
  const url = parse(text)
  // A password with a / that is not written %2F would end in the path.
  if (!url?.hostname || url.hash !== '' || !/^\/[^/@:]+$/.test(url.pathname)) {
    report('that is no address of a database', 'give postgres://USER@HOST:PORT/DATABASE')
    return null
  }
  const { schema = null } = takeParameters([url], ['schema'])
  if (schema !== null && !/^[a-z_][a-z0-9_]{0,39}$/.test(schema)) {
    report('its schema is no plain name', 'use up to 40 small letters, digits and _')
    return null
  }
  return { kind: 'postgres', url: String(url), schema }
}

function parse(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}

/** Removes our own parameters from the URLs; what is left is the client's. */
function takeParameters<T extends string>(urls: readonly URL[], names: readonly T[]): Partial<Record<T, string>> {
  const found: Partial<Record<T, string>> = {}
  for (const { searchParams } of urls) {
    for (const name of names) {
      const value = searchParams.get(name)
      if (value === null) continue
      found[name] = value
      searchParams.delete(name)
    }
  }
  return found
}
