/** Everything that a reader sees of the decision. Nothing in the model looks at it. */
import type { ConfigurationNote } from './configuration.ts'
import type { Archetype, Binding, Credential, CsrfMeans, Leg, OptionId, Revocation } from './options.ts'
import type { ReasonId } from './reasons.ts'
import type { RuleId } from './rules.ts'
import type { Piece, Place } from './state-map.ts'
import type { Dimension, PresetName } from './weights.ts'

export const LEG_NAMES: Readonly<Record<Leg, string>> = {
  browser: 'Browser ↔ application',
  services: 'Application ↔ services',
  native: 'Phones, partners ↔ API',
  hub: 'Sign-in across hosts',
}

export const OPTION_NAMES: Readonly<Record<OptionId, string>> = {
  'session-memory': 'session cookie, answered from memory that a log keeps true',
  'session-lookup': 'session cookie, looked up at each request',
  'session-bound': 'session cookie, bound to its device',
  'session-cache-5': 'session cookie, cached for 5 s',
  'session-cache-60': 'session cookie, cached for 60 s',
  sealed: 'sealed cookie of one hour, no store',
  'script-pair': 'tokens in the hands of script',
  'browser-long': 'one long token alone',
  'same-session': 'the same session, from the shared store',
  'edge-600': 'tokens of 10 minutes, minted at the edge',
  'edge-60': 'tokens of one minute, minted at the edge',
  'edge-feed': 'tokens minted at the edge, with a revocation feed',
  'edge-question': 'tokens, with a question to the issuer each time',
  'edge-list': 'tokens, with status lists of one minute',
  'services-long': 'one long token alone',
  'pair-600': 'access tokens of 10 minutes with rotating refresh tokens',
  'pair-60': 'access tokens of one minute with rotating refresh tokens',
  'pair-feed': 'access and refresh tokens, with a revocation feed',
  'pair-lookup': 'access and refresh tokens, looked up at each request',
  'pair-bound': 'access and refresh tokens, bound to a key (DPoP)',
  'native-cookie': 'the browser’s cookie',
  'native-long': 'one long token alone',
  'one-host': 'one host holds the session, the others call it',
  'own-session-each': 'an OpenID hub, and a session of its own for each application',
}

export const ARCHETYPE_NAMES: Readonly<Record<Archetype, string>> = {
  R1: 'Session cookie with a store',
  R2: 'Session at the edge, short tokens inside',
  R3: 'Short access tokens, rotating refresh tokens',
  R4: 'OpenID hub, a session for each application',
  R5: 'Session cookie with a short cache',
  R6: 'Tokens with a revocation feed',
  R7: 'Sealed cookie without a store',
  R8: 'Bound to the device',
}

export const RULE_NAMES: Readonly<Record<RuleId, string>> = {
  H1: 'a long token never stands alone',
  H2: 'a revocation would take longer than is accepted',
  H3: 'roles would be older than is accepted',
  H4: 'script could read it, and the data are worth stealing',
  H5: 'a cookie does not reach the other site',
  H6: 'a program or partner cannot use a cookie alone',
  H7: 'who only checks must not hold what issues',
  H8: 'the store, or what keeps copies true, is not there',
  H9: 'it is too large for a cookie',
  H10: 'cookies need protection against forgery, tokens strict rules',
}

export const REASONS: Readonly<Record<ReasonId, string>> = {
  opaque: 'the cookie says nothing, and script cannot read it',
  small: 'the cookie stays small, whatever is known of the user',
  'deleted-at-once': 'when a session is ended, its next request is refused',
  'roles-at-once': 'a changed role holds at the next request',
  'browser-rules': 'the browser enforces Secure, HttpOnly, SameSite and the name’s prefix',
  'long-sessions': 'sessions of days need no renewal by the page',
  'one-domain': 'pages on one host: the simplest answer that can be revoked',
  'needs-store': 'somebody must keep the sessions',
  'shared-state': 'every instance must reach the same sessions, or hear of their end',
  'look-up': 'each request waits for a look-up',
  'copy-ages': 'a copy in memory may be that much out of date',
  forgery: 'a cookie is sent by itself: requests from other sites must be refused',
  'no-cookie-here': 'a cookie is of no use to programs and partners; they need tokens',
  'cookies-stay-home': 'a cookie does not cross sites; the browser is sent to the hub instead',
  'many-clients': 'several clients or services: a signed token fits all of them',
  'no-look-up': 'checked by signature and memory, without a question',
  'any-instance': 'a new instance needs the public keys, not the sessions',
  'claims-inline': 'what a request needs is in the token',
  'across-domains': 'works where cookies do not reach',
  standard: 'others check it with the library that they have (RFC 9068)',
  'short-api-access': 'short API access is what such tokens were made for',
  'short-and-refresh': 'the access token lives minutes; the refresh token carries the long life, and betrays its theft',
  'until-expiry': 'a stolen token is good until it expires',
  'role-waits': 'a changed role waits for the next token',
  'state-again': 'to revoke it, somebody keeps state after all',
  bloat: 'claims make every request larger',
  'token-rules': 'closed list of algorithms, type, audience, key rotation: compulsory',
  'not-alone': 'one long token by itself was ruled out, as ever',
  edges: 'scale and attackers bring out the edges: run it in Compare and Attack',
  architecture: 'the same weights with other answers give another recommendation',
  'where-state-lives': 'the table below says where each piece of state sits',
  'on-device': 'this was worked out on your device; nothing was sent',
}

export const CREDENTIALS: Readonly<Record<Credential, string>> = {
  session: 'opaque session token',
  sealed: 'sealed (encrypted) state',
  pair: 'access token and refresh token',
  access: 'access token',
  long: 'one long token',
  code: 'code (PKCE), then a session of its own',
}
export const CARRIERS = {
  cookie: 'cookie, HttpOnly',
  bearer: 'Authorization header',
  script: 'Authorization header, set by script',
  redirect: 'redirect',
} as const
export const REVOCATIONS: Readonly<Record<Revocation, string>> = {
  row: 'the row is deleted; each request looks',
  log: 'the log tells every process; the call returns when all know',
  copy: 'the row is deleted; copies age out',
  expiry: 'it expires',
  question: 'the issuer is asked each time',
  list: 'a signed status list',
  message: 'back-channel logout to every application',
}
export const BINDINGS: Readonly<Record<Binding, string>> = {
  none: 'none',
  'device-cookie': 'to the device’s key (DBSC)',
  proof: 'to a key of the client (DPoP)',
}
export const CSRF: Readonly<Record<CsrfMeans, string>> = {
  'fetch-metadata': 'Fetch Metadata and Origin, SameSite=Lax',
  'no-ambient': 'not needed: nothing is sent by itself',
  state: 'state, nonce and PKCE',
}
export const PIECES: Readonly<Record<Piece, string>> = {
  handle: 'session token',
  session: 'session record',
  copy: 'copy in memory',
  sealed: 'all of the session, sealed',
  access: 'access token',
  refresh: 'refresh token',
  family: 'session and refresh family',
  revocations: 'a live revocation',
  list: 'status list',
  keys: 'signing or sealing key',
  'public-keys': 'public keys',
  'device-key': 'private key of the device',
  'own-session': 'session at the hub',
}
export const PLACE_NAMES: Readonly<Record<Place, string>> = {
  client: 'Client',
  server: 'Process that checks',
  store: 'Store',
  provider: 'Issuer or hub',
}
export const DIMENSION_NAMES: Readonly<Record<Dimension, string>> = {
  exposure: 'Exposure of a stolen credential',
  revocation: 'Delay of a revocation',
  staleness: 'Age of roles',
  latency: 'Time of a request',
  bytes: 'Bytes on the wire',
  load: 'Load on the store',
  scaling: 'More instances, outages',
  reach: 'Reach: clients, hosts, duties',
  openings: 'Script and other sites',
  burden: 'Parts to run',
}
export const PRESET_NAMES: Readonly<Record<PresetName, string>> = {
  balanced: 'Balanced',
  consumer: 'Consumer site',
  business: 'B2B SaaS',
  banking: 'Banking',
  api: 'Public API',
  microservices: 'Microservices',
  edge: 'Edge',
}
export const NOTES: Readonly<Record<ConfigurationNote, string>> = {
  'no-sealed-cookies':
    'Sojourn makes no sealed cookies. What comes nearest keeps sessions in memory only: a restart signs everybody out.',
  'no-binding':
    'This version has no option that binds a credential to its device. Until then: short idle times, and a new sign-in for what matters.',
  'claims-at-server':
    'The claims would make the token too large: it carries none of them, and the service asks for what it needs.',
  'follower-needs-server':
    'A service without the store follows a Sojourn server: run that as the issuer, with the environment below.',
  'server-makes-keys': 'Signing keys are made, kept sealed and rotated by Sojourn itself.',
}
