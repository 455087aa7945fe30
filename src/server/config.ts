/** The configuration: environment variables into one checked value, every fault at once. */
import { resolve } from 'node:path'
import type { Client } from '../oidc/client.ts'
import type { SignatureAlgorithm } from '../token/algorithms.ts'
import { type AudiencePolicy, readAudiences, shown } from './config-audiences.ts'
import { readClients } from './config-clients.ts'
import { isFleet, readStore, type StoreChoice } from './config-store.ts'
import { isAddressOrBlock } from './trusted-proxies.ts'

export type { AudiencePolicy } from './config-audiences.ts'

export interface Config {
  /** 0: any free port (then `url` was given). */
  readonly port: number
  readonly host: string
  /** Public origin, without a trailing slash: the issuer, and the only `Host` and origin accepted. */
  readonly url: string
  /** Addresses and CIDR blocks of proxies whose `X-Forwarded-For` counts. */
  readonly trustedProxies: readonly string[]
  /** Absolute path of the data directory. */
  readonly dataDirectory: string
  /** How long a server that has been told to stop goes on answering while `/readyz` says no. */
  readonly drainSeconds: number
  readonly store: StoreChoice
  /** Newest first; null: made and kept in the data directory. */
  readonly secrets: readonly string[] | null
  readonly operatorKey: string | null
  /** Newest first; none: no remote followers. */
  readonly followerKeys: readonly string[]
  /** The issuer comes first, with the default policy unless it was named. */
  readonly audiences: readonly AudiencePolicy[]
  readonly tokenAlgorithm: SignatureAlgorithm
  /** OAuth clients of a file; those of the command line are in the store. */
  readonly clients: readonly Client[]
}

/** One thing wrong with the environment. Never holds the value of a secret. */
export interface ConfigFault {
  readonly variable: string
  readonly problem: string
  readonly mend: string
}

export type Environment = Readonly<Record<string, string | undefined>>

type Report = (variable: string, problem: string, mend: string) => void

const ALGORITHMS: readonly SignatureAlgorithm[] = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'RS256', 'PS256', 'HS256']
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Reads the environment: either a whole configuration, or every fault that it has. An empty variable counts as absent.
 *
 * | Variable | Form |
 * | --- | --- |
 * | `PORT`, `SOJOURN_HOST` | 0 to 65535; a host name or address to listen on |
 * | `SOJOURN_URL` | an origin: https, or http on loopback |
 * | `SOJOURN_TRUST_PROXY` | addresses or CIDR blocks, separated by commas |
 * | `SOJOURN_DATA` | a directory |
 * | `SOJOURN_DRAIN_SECONDS` | 0 (default) to 300 |
 * | `SOJOURN_STORE` | `sqlite:`, `sqlite:FILE`, `memory:`, `redis://…`, `rediss://…` or `postgres://…` (`readStore`) |
 * | `SOJOURN_SECRET` | secrets of 32 characters or more, separated by commas, newest first; needed with a store that servers share |
 * | `SOJOURN_OPERATOR_KEY` | 32 characters or more |
 * | `SOJOURN_FOLLOWER_KEY` | keys of 32 characters or more, separated by commas |
 * | `SOJOURN_AUDIENCES` | `AUDIENCE[;browser][;external][;lifetime=SECONDS][;scopes=SCOPES]`, separated by commas |
 * | `SOJOURN_CLIENTS` | a JSON file with a list of OAuth clients (`readClients`) |
 * | `SOJOURN_TOKEN_ALGORITHM` | ES256 (default), ES384, EdDSA, Ed25519, RS256, PS256, HS256 |
 */
export function readConfig(
  env: Environment,
): { readonly config: Config } | { readonly faults: readonly ConfigFault[] } {
  const faults: ConfigFault[] = []
  const report: Report = (variable, problem, mend) => faults.push({ variable, problem, mend })
  const get = (name: string): string | undefined => env[name]?.trim() || undefined

  const port = readPort(get('PORT'), report)
  const url = readUrl(get('SOJOURN_URL'), port, report)
  const dataDirectory = resolve(get('SOJOURN_DATA') ?? './data')
  const store = readStore(get('SOJOURN_STORE'), dataDirectory, (problem, mend) =>
    report('SOJOURN_STORE', problem, mend),
  )
  const base = {
    port,
    host: readHost(get('SOJOURN_HOST'), report),
    url,
    trustedProxies: readProxies(get('SOJOURN_TRUST_PROXY'), report),
    dataDirectory,
    drainSeconds: readDrain(get('SOJOURN_DRAIN_SECONDS'), report),
    store,
    secrets: readSecrets(get('SOJOURN_SECRET'), isFleet(store), report),
    operatorKey: readOperatorKey(get('SOJOURN_OPERATOR_KEY'), report),
    followerKeys: readFollowerKeys(get('SOJOURN_FOLLOWER_KEY'), get('SOJOURN_OPERATOR_KEY'), report),
    audiences: readAudiences(get('SOJOURN_AUDIENCES'), url, (problem, mend) =>
      report('SOJOURN_AUDIENCES', problem, mend),
    ),
    tokenAlgorithm: readAlgorithm(get('SOJOURN_TOKEN_ALGORITHM'), report),
  }
  const config: Config = {
    ...base,
    clients: readClients(get('SOJOURN_CLIENTS'), base.audiences, (problem, mend) =>
      report('SOJOURN_CLIENTS', problem, mend),
    ),
  }
  if (config.tokenAlgorithm === 'HS256' && config.audiences.some(({ external }) => external))
    report('SOJOURN_TOKEN_ALGORITHM', 'an external audience cannot check HS256', 'use ES256, or leave external out')
  return faults.length > 0 ? { faults } : { config }
}

function readPort(text: string | undefined, report: Report): number {
  if (text === undefined) return 4000
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  report('PORT', `"${shown(text)}" is not a port`, 'give a number from 0 to 65535')
  return 4000
}

function readHost(text: string | undefined, report: Report): string {
  if (text === undefined) return '127.0.0.1'
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  if (/^[A-Za-z0-9._:-]{1,253}$/.test(bare)) return bare
  report('SOJOURN_HOST', `"${shown(text)}" is not a host`, 'give an address such as 127.0.0.1, ::1 or 0.0.0.0')
  return '127.0.0.1'
}

function readUrl(text: string | undefined, port: number, report: Report): string {
  if (text === undefined) {
    if (port === 0)
      report('SOJOURN_URL', 'with PORT 0 the address is not known beforehand', 'set SOJOURN_URL, or a fixed PORT')
    return `http://localhost${port === 80 ? '' : `:${port}`}`
  }
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || !url.hostname) {
    report('SOJOURN_URL', `"${shown(text)}" is not a web address`, 'give an origin such as https://login.example.com')
  } else if (url.username || url.password || url.search || url.hash || url.pathname !== '/' || /[?#]$/.test(text)) {
    report('SOJOURN_URL', 'it holds more than an origin', 'give scheme, host and port only: no path, query or user')
  } else if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname)) {
    report('SOJOURN_URL', 'no browser keeps a login over plain http but on localhost', 'use https://')
  } else return url.origin
  return 'http://localhost'
}

function readProxies(text: string | undefined, report: Report): readonly string[] {
  const proxies = list(text)
  for (const proxy of proxies) {
    if (isAddressOrBlock(proxy)) continue
    report('SOJOURN_TRUST_PROXY', `"${shown(proxy)}" is no address`, 'give addresses or blocks such as 10.0.0.0/8')
  }
  return proxies
}

function readDrain(text: string | undefined, report: Report): number {
  if (text === undefined) return 0
  if (/^\d{1,3}$/.test(text) && Number(text) <= 300) return Number(text)
  report('SOJOURN_DRAIN_SECONDS', `"${shown(text)}" is no time`, 'give whole seconds, 300 at most')
  return 0
}

function readSecrets(text: string | undefined, isFleet: boolean, report: Report): readonly string[] | null {
  if (text === undefined) {
    // One made here would open nothing that another server has sealed.
    if (isFleet)
      report(
        'SOJOURN_SECRET',
        'servers that share a store share the secret, and none is given',
        'make one with `sojourn secret` and give the same to every server',
      )
    return null
  }
  const mend = 'make one with `sojourn secret`, newest first, separated by commas'
  const secrets = text.split(',').map((secret) => secret.trim())
  for (const [i, secret] of secrets.entries()) {
    const which = secrets.length > 1 ? `secret ${i + 1} of ${secrets.length}` : 'the secret'
    const weakness = weaknessOf(secret)
    if (weakness) report('SOJOURN_SECRET', `${which} ${weakness}`, mend)
  }
  if (new Set(secrets).size < secrets.length) report('SOJOURN_SECRET', 'a secret is given twice', 'name each once')
  return secrets
}

function readOperatorKey(text: string | undefined, report: Report): string | null {
  if (text === undefined) return null
  checkBearerKey('SOJOURN_OPERATOR_KEY', text, report)
  return text
}

function readFollowerKeys(
  text: string | undefined,
  operatorKey: string | undefined,
  report: Report,
): readonly string[] {
  const keys = list(text)
  for (const key of keys) checkBearerKey('SOJOURN_FOLLOWER_KEY', key, report)
  if (new Set(keys).size < keys.length) report('SOJOURN_FOLLOWER_KEY', 'a key is given twice', 'name each once')
  if (operatorKey !== undefined && keys.includes(operatorKey))
    report('SOJOURN_FOLLOWER_KEY', 'it is the operator key, which may do far more', 'make one with `sojourn secret`')
  return keys
}

function checkBearerKey(variable: string, key: string, report: Report): void {
  const weakness = weaknessOf(key)
  if (weakness) report(variable, `the key ${weakness}`, 'make one with `sojourn secret`')
  else if (!/^[A-Za-z0-9._~+/-]{32,}=*$/.test(key))
    report(variable, 'it holds characters that no bearer key may have', 'make one with `sojourn secret`')
}

/** What makes a secret weak, or null. */
export function weaknessOf(secret: string): string | null {
  if (secret.length < 32) return `has ${secret.length} characters; it needs at least 32`
  if (new Set(secret).size < 10) return 'repeats too few characters'
  return null
}

function readAlgorithm(text: string | undefined, report: Report): SignatureAlgorithm {
  if (text === undefined) return 'ES256'
  const found = ALGORITHMS.find((algorithm) => algorithm === text)
  if (!found)
    report('SOJOURN_TOKEN_ALGORITHM', `"${shown(text)}" is not offered`, `use one of ${ALGORITHMS.join(', ')}`)
  return found ?? 'ES256'
}

function list(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
