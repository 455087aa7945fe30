/**
 * The answer as options of the library itself: what `createAuth`, `createVerifier` and the server's environment take. Secrets,
 * addresses and functions are the reader's own; they are named in `render.ts`.
 */
import type { AuthOptions } from '../../../src/http/auth-options.ts'
import type { AudiencePolicy } from '../../../src/login/options.ts'
import type { VerifierOptions } from '../../../src/verifier/index.ts'
import { BROWSER_TOKEN_SECONDS, CACHE_SECONDS, SHORT_CACHE_SECONDS, TOKEN_SECONDS } from './constants.ts'
import type { Decision } from './decide.ts'
import { type Archetype, type Leg, type OptionId, optionOf } from './options.ts'

/** Options of `createAuth` that are plain values. */
export type AuthSettings = Pick<
  AuthOptions<object, unknown>,
  | 'lifetimes'
  | 'modes'
  | 'cookie'
  | 'audiences'
  | 'trustedOrigins'
  | 'accessTokenSeconds'
  | 'cacheSeconds'
  | 'onStale'
  | 'tokenAlgorithm'
>
/** Options of `createVerifier` that are plain values; `revocations` by its kind. */
export type VerifierSettings = Pick<
  VerifierOptions,
  'algorithms' | 'maxLifetimeSeconds' | 'typ' | 'clockToleranceSeconds'
>
export type Knowing = 'none' | 'feed' | 'lists'

export interface ServiceConfiguration {
  readonly settings: VerifierSettings
  readonly revocations: Knowing
  /** The service asks the issuer about each token instead (RFC 7662). */
  readonly asks: boolean
  readonly audience: string
}
export type StoreKind = 'memory' | 'sqlite' | 'redis' | 'postgres'

export interface Configuration {
  readonly archetypes: readonly Archetype[]
  readonly auth: AuthSettings
  readonly store: StoreKind
  /** Each request reads the store; in the library a demand on the routes that want it. */
  readonly readsEachTime: boolean
  readonly stepUpSeconds: number | null
  readonly audited: boolean
  readonly service: ServiceConfiguration | null
  /** Applications sign in at a provider: `createOidcLogin` is put beside. */
  readonly signsInElsewhere: boolean
  /** The server as it comes, by environment variables; values in angle brackets are the reader's. */
  readonly env: Readonly<Record<string, string>>
  readonly notes: readonly ConfigurationNote[]
}
/** What must be said beside it. */
export type ConfigurationNote =
  | 'no-sealed-cookies'
  | 'no-binding'
  | 'claims-at-server'
  | 'follower-needs-server'
  | 'server-makes-keys'

/** Addresses of the examples; the same in every text. */
export const APP = 'https://app.example'
export const PROVIDER = 'https://login.example'
export const API = 'https://api.example'
export const PARTNER = 'https://partner.example'

export const STEP_UP_SECONDS = 300

export function configurationOf(decision: Decision): Configuration {
  const { facts, algorithm } = decision
  const { known } = facts
  const of = (leg: Leg): OptionId | null => decision.legs.find((one) => one.leg === leg)?.chosen ?? null
  const [browser, services, native, hub] = [of('browser'), of('services'), of('native'), of('hub')]
  const service =
    services === null || services === 'same-session'
      ? null
      : serviceFor(services, algorithm, known.q8 === 'foreign' ? PARTNER : API)
  const store = storeFor(decision)
  const lives = { idleSeconds: facts.idleSeconds, absoluteSeconds: facts.absoluteSeconds }
  const audience = service?.audience ?? API
  const life = native === null ? null : optionOf(native).lifeSeconds
  const auth: AuthSettings = {
    lifetimes: { cookie: lives, token: lives, hybrid: lives },
    ...modesFor(browser, native, services),
    ...(browser === null || browser === 'script-pair' ? {} : { cookie: { sameSite: 'lax' as const } }),
    ...(algorithm === null ? {} : { tokenAlgorithm: algorithm, accessTokenSeconds: life ?? TOKEN_SECONDS }),
    ...audiencesFor(
      browser,
      services,
      service,
      audience,
      decision.legs.some(({ claimsMoved }) => claimsMoved),
    ),
    ...(hub === 'one-host' ? { trustedOrigins: ['https://other.app.example'] } : {}),
    ...outageFor(browser, facts.outageSeconds),
  }
  const bound = decision.legs.some(({ chosen }) => chosen !== null && optionOf(chosen).binding !== 'none')
  return {
    archetypes: decision.archetypes,
    auth,
    store,
    readsEachTime: browser === 'session-lookup' || native === 'pair-lookup',
    stepUpSeconds: known.q12.includes('stepup') || bound ? STEP_UP_SECONDS : null,
    audited: known.q12.includes('audit'),
    service,
    signsInElsewhere: hub === 'own-session-each',
    env: environment(decision, store, service, audience),
    notes: [
      ...(browser === 'sealed' ? (['no-sealed-cookies'] as const) : []),
      ...(bound ? (['no-binding'] as const) : []),
      ...(decision.legs.some(({ claimsMoved }) => claimsMoved) ? (['claims-at-server'] as const) : []),
      ...(service?.revocations === 'feed' ? (['follower-needs-server'] as const) : []),
      ...(store === 'memory' ? [] : (['server-makes-keys'] as const)),
    ],
  }
}

function modesFor(
  browser: OptionId | null,
  native: OptionId | null,
  services: OptionId | null,
): Pick<AuthSettings, 'modes'> {
  const web =
    browser === 'script-pair' ? 'token' : services !== null && services !== 'same-session' ? 'hybrid' : 'cookie'
  if (browser === null) return { modes: { issue: 'token', accept: ['token'] } }
  return { modes: { issue: web, accept: native === null ? [web] : [...new Set([web, 'token'] as const)] } }
}

function audiencesFor(
  browser: OptionId | null,
  services: OptionId | null,
  service: ServiceConfiguration | null,
  audience: string,
  isLean: boolean,
): Pick<AuthSettings, 'audiences'> {
  const policy: AudiencePolicy = {
    ...(service?.revocations === 'lists' ? { external: true } : {}),
    lifetimeSeconds: (services === null ? null : optionOf(services).lifeSeconds) ?? TOKEN_SECONDS,
    ...(isLean ? { claims: [] } : {}),
  }
  const audiences: Readonly<Record<string, AudiencePolicy>> = {
    ...(browser === 'script-pair' ? { [APP]: { browser: true, lifetimeSeconds: BROWSER_TOKEN_SECONDS } } : {}),
    ...(service === null ? {} : { [audience]: policy }),
  }
  return Object.keys(audiences).length === 0 ? {} : { audiences }
}

function outageFor(browser: OptionId | null, outageSeconds: number): Pick<AuthSettings, 'cacheSeconds' | 'onStale'> {
  if (browser === 'session-cache-60' || browser === 'session-cache-5') {
    const cacheSeconds = browser === 'session-cache-60' ? CACHE_SECONDS : SHORT_CACHE_SECONDS
    return { cacheSeconds, onStale: { staleOkSeconds: cacheSeconds } }
  }
  return outageSeconds > 12 ? { onStale: { staleOkSeconds: outageSeconds } } : {}
}

function serviceFor(id: OptionId, algorithm: Decision['algorithm'], audience: string): ServiceConfiguration {
  const option = optionOf(id)
  return {
    settings: {
      algorithms: [algorithm ?? 'ES256'],
      typ: 'at+jwt',
      maxLifetimeSeconds: option.lifeSeconds ?? TOKEN_SECONDS,
      clockToleranceSeconds: 5,
    },
    revocations: option.revocation === 'log' ? 'feed' : option.revocation === 'list' ? 'lists' : 'none',
    asks: option.revocation === 'question',
    audience,
  }
}

/** One machine has a file; a fleet Redis, or Postgres where an audit log is kept or few requests make Redis a part too many. */
function storeFor({ facts, legs }: Decision): StoreKind {
  if (legs.some(({ chosen }) => chosen === 'sealed') || !facts.hasStore) return 'memory'
  if (!facts.isFleet) return 'sqlite'
  return facts.known.q12.includes('audit') || facts.requestsPerSecond < 1000 ? 'postgres' : 'redis'
}

function environment(
  { algorithm, facts }: Decision,
  store: StoreKind,
  service: ServiceConfiguration | null,
  audience: string,
): Readonly<Record<string, string>> {
  const places = {
    memory: 'memory:',
    sqlite: '',
    redis: 'redis://<host>:6379',
    postgres: 'postgres://<user>:<password>@<host>/<database>',
  }
  const isForeign = audience === PARTNER
  const policy = service && [
    audience,
    ...(service.revocations === 'lists' ? ['external'] : []),
    `lifetime=${service.settings.maxLifetimeSeconds}`,
  ]
  return {
    SOJOURN_URL: APP,
    ...(places[store] === '' ? {} : { SOJOURN_STORE: places[store] }),
    ...(facts.isFleet ? { SOJOURN_SECRET: '<sojourn secret>' } : {}),
    ...(algorithm === null || algorithm === 'ES256' ? {} : { SOJOURN_TOKEN_ALGORITHM: algorithm }),
    ...(service?.revocations === 'feed' ? { SOJOURN_FOLLOWER_KEY: '<sojourn secret>' } : {}),
    ...(policy ? { SOJOURN_AUDIENCES: policy.join(';') } : {}),
    ...(service?.asks && !isForeign ? { SOJOURN_OPERATOR_KEY: '<sojourn secret>' } : {}),
  }
}
