/** What the claims still need measured: counts on the product's real core, the same each time. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importJWK, type JWK, jwtVerify } from 'jose'
import { type Auth, checkCsrf, createAuth, createOriginPolicy } from '../../../../src/index.ts'
import { createMemoryStore } from '../../../../src/stores/memory/index.ts'
import { createTestClock } from '../../../../src/testing/clock.ts'
import { createFaultyStore } from '../../../../src/testing/index.ts'
import { createVerifier } from '../../../../src/verifier/index.ts'
import { DEFAULTS } from '../../../../web/lab/decide/answers.ts'
import { decideKnown } from '../../../../web/lab/decide/decide.ts'
import { stateMap } from '../../../../web/lab/decide/state-map.ts'
import { PRESETS } from '../../../../web/lab/decide/weights.ts'
import { root } from '../../../support/source-files.ts'
import { PERSONAS } from '../decide/personas.ts'

export interface Measurement {
  readonly value: number
  readonly unit: string
  readonly how: string
}

const ORIGIN = 'https://app.example'
const SECRET = 'a secret of tests, 0123456789 abcdefghijk'
const FORTY = Array.from({ length: 40 }, (_, i) => `team-${i}:editor`)
const DAY = 86_400
const REQUESTS = 1000

type Asking = { readonly method: string; readonly headers: Headers }
const post = (): Asking => ({ method: 'POST', headers: new Headers({ origin: ORIGIN }) })
const get = (headers: Record<string, string>): Asking => ({ method: 'GET', headers: new Headers(headers) })
const payloadOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

async function application(over: Partial<Parameters<typeof createAuth>[0]> = {}) {
  const clock = createTestClock()
  const store = createFaultyStore(createMemoryStore())
  const roles = new Map<string, readonly string[]>([['ada', ['editor']]])
  let loads = 0
  const auth: Auth<{ roles: string[] }, unknown> = createAuth({
    store,
    issuer: ORIGIN,
    secrets: SECRET,
    clock,
    claims: (subject: string) => {
      loads++
      return { roles: [...(roles.get(subject) ?? [])] }
    },
    ...over,
  } as never)
  await auth.ready()
  const cookie = async (): Promise<Asking> => {
    const { setCookie } = await auth.logIn({ subject: 'ada' }, post())
    return get({ cookie: setCookie?.split(';')[0] ?? '' })
  }
  const pair = async () => {
    const { tokens } = await auth.logIn({ subject: 'ada', mode: 'token' }, { method: 'POST', headers: new Headers() })
    if (!tokens) throw new Error('no tokens')
    return tokens
  }
  return { auth, clock, store, roles, cookie, pair, loads: () => loads }
}
const bearer = (token: string): Asking => get({ authorization: `Bearer ${token}` })
const isIn = (auth: Auth<{ roles: string[] }, unknown>, asking: Asking): Promise<boolean> =>
  auth.identify(asking).then(
    (login) => login !== null,
    () => false,
  )

/** Look-ups that requests waited for; what goes on in the background is not one. */
const readsOf = (calls: readonly string[]): number =>
  calls.filter((call) => /^(sessions|families)\.find|^revocations\.judge/.test(call)).length

/** Requests until a condition holds; 0: before the first. */
async function requestsUntil(holds: () => Promise<boolean>): Promise<number> {
  for (let n = 1; n <= 10; n++) if (await holds()) return n
  return Number.POSITIVE_INFINITY
}

export async function measure(): Promise<Readonly<Record<string, Measurement>>> {
  const { auth, store, roles, clock, cookie, pair, loads } = await application()
  const results: Record<string, Measurement> = {}
  const told = (name: string, value: number, unit: string, how: string): void => {
    results[name] = { value, unit, how }
  }

  const mine = await cookie()
  const tokens = await pair()
  const token = bearer(tokens.accessToken)
  const value = mine.headers.get('cookie') ?? ''
  told(
    'readableInToken',
    Object.keys(payloadOf(tokens.accessToken)).length,
    'claims',
    'members of the payload of an access token, read without a key',
  )
  told(
    'readableInCookie',
    ['ada', 'editor', 'app.example'].filter(
      (text) => value.includes(text) || Buffer.from(value.split('=')[1] ?? '', 'base64url').includes(text),
    ).length,
    'claims',
    'claims found in the session cookie, as it is and base64url-decoded',
  )

  await isIn(auth, token)
  await isIn(auth, mine)
  store.arm()
  const before = loads()
  for (let i = 0; i < REQUESTS; i++) auth.identifyNow(token)
  told('tokenReads', readsOf(store.calls), 'reads', `look-ups at the store in ${REQUESTS} checks of a token`)
  told('claimLoads', loads() - before, 'loads', `loads of the claims in ${REQUESTS} checks of a token`)
  store.arm()
  for (let i = 0; i < REQUESTS; i++) auth.identifyNow(mine)
  told(
    'cookieReads',
    readsOf(store.calls),
    'reads',
    `look-ups at the store in ${REQUESTS} checks of a session cookie, after the first`,
  )

  const minutes = Number(payloadOf(tokens.accessToken).exp) - Number(payloadOf(tokens.accessToken).iat)
  told('accessSeconds', minutes, 's', 'exp - iat of an access token by default')
  const keys = { keys: (await auth.keys.publicKeys()).keys as readonly object[] }
  const plain = createVerifier({ keys, issuer: ORIGIN, audience: ORIGIN, clock: clock.now })
  told(
    'instanceRequests',
    await requestsUntil(() => plain.verify(tokens.accessToken).then(() => true)),
    'request',
    'until a verifier that has nothing but the public keys accepts',
  )

  roles.set('ada', ['reader'])
  await auth.changeClaims('ada')
  const isReader = (asking: Asking) => async (): Promise<boolean> =>
    (await auth.require(asking)).claims.roles[0] === 'reader'
  told(
    'roleRequestsToken',
    await requestsUntil(isReader(token)),
    'request',
    'until a changed role holds for a token that was issued before',
  )
  told(
    'roleRequestsCookie',
    await requestsUntil(isReader(mine)),
    'request',
    'until a changed role holds for a session cookie',
  )

  await auth.revoke({ subject: 'ada' })
  const accepted = async (asking: Asking): Promise<number> => {
    let count = 0
    for (let i = 0; i < REQUESTS; i++) if (await isIn(auth, asking)) count++
    return count
  }
  told(
    'tokenAcceptedAfter',
    await accepted(token),
    'requests',
    `accepted of ${REQUESTS} after revoke() had returned, with a token`,
  )
  told(
    'cookieAcceptedAfter',
    await accepted(mine),
    'requests',
    `accepted of ${REQUESTS} after revoke() had returned, with a cookie`,
  )
  let seconds = 0
  while (
    await plain.verify(tokens.accessToken).then(
      () => true,
      () => false,
    )
  ) {
    clock.advance(1)
    seconds++
  }
  told('plainSecondsAfter', seconds, 's', 'that a verifier without revocations goes on accepting the same token')
  await auth.close()

  await sizes(told)
  await longSession(told)
  await reuse(told)
  await fleet(told)
  await misuse(told)
  await others(told)
  forgeries(told)
  decisions(told)
  lab(told)
  return results
}

type Tell = (name: string, value: number, unit: string, how: string) => void

async function sizes(told: Tell): Promise<void> {
  const { auth, roles, cookie, pair } = await application()
  const lean = (await pair()).accessToken.length
  roles.set('ada', FORTY)
  const small = (await cookie()).headers.get('cookie')?.length ?? 0
  told('rolesInToken', (await pair()).accessToken.length - lean, 'bytes', 'that forty roles add to an access token')
  roles.set('ada', ['editor'])
  told(
    'rolesInCookie',
    small - ((await cookie()).headers.get('cookie')?.length ?? 0),
    'bytes',
    'that forty roles add to the session cookie',
  )
  const { setCookie } = await auth.logIn({ subject: 'ada' }, post())
  told(
    'foreignHosts',
    /; Domain=/i.test(setCookie ?? '') ? 1 : 0,
    'hosts',
    'besides its own that get the session cookie (it has no Domain)',
  )
  await auth.close()
}

/** A day, then a request, thirty times. */
async function longSession(told: Tell): Promise<void> {
  const { auth, clock, cookie } = await application()
  let mine = await cookie()
  let logIns = 0
  for (let day = 0; day < 30; day++) {
    clock.advance(DAY)
    // The follower renews by a timer, which stands still here: each request may read.
    const isAlive = await auth.identify(mine, 'strict').then((login) => login !== null)
    // Last-seen is written in the background.
    await new Promise((resolve) => setTimeout(resolve, 10))
    if (isAlive) continue
    logIns++
    mine = await cookie()
  }
  told('logInsInThirtyDays', logIns, 'log-ins', 'again, in thirty days of a session that is used once a day')
  await auth.close()
}

async function reuse(told: Tell): Promise<void> {
  const { auth, clock, pair } = await application()
  const first = await pair()
  const refresh = (token: string) =>
    auth.handler({
      method: 'POST',
      url: '/auth/refresh',
      headers: new Headers({ 'content-type': 'application/json', host: 'app.example' }),
      body: JSON.stringify({ refresh_token: token }),
    })
  const answer = await refresh(first.refreshToken)
  const { refresh_token: second } = JSON.parse(String(answer.body))
  clock.advance(60)
  let uses = 0
  // A thief brings the spent token; then the owner's is worth nothing either.
  for (const token of [first.refreshToken, second]) {
    uses++
    if ((await refresh(token)).status === 401 && uses === 1) break
  }
  const after = (await refresh(second)).status
  told(
    'reuseCaughtAfter',
    after === 401 ? uses : Number.POSITIVE_INFINITY,
    'use',
    'of a spent refresh token until the whole family ends',
  )
  told(
    'phoneCookies',
    0 + Number(answer.headers.getSetCookie().length > 0),
    'cookies',
    'that a phone holds: it has an access and a refresh token',
  )
  await auth.close()
}

/** A second process on the same store: what it must read to know a session that the first one made. */
async function fleet(told: Tell): Promise<void> {
  const shared = createMemoryStore()
  const one = await application({ store: shared })
  const store = createFaultyStore(shared)
  const two = await application({ store, clock: one.clock })
  const mine = await one.cookie()
  store.arm()
  for (let i = 0; i < REQUESTS; i++) await two.auth.identify(mine)
  told(
    'secondInstanceReads',
    readsOf(store.calls),
    'reads',
    `look-ups of a second instance in ${REQUESTS} requests of a session that the first one made`,
  )
  await two.auth.close()
  await one.auth.close()
}

async function misuse(told: Tell): Promise<void> {
  const { auth, pair } = await application()
  const { accessToken } = await pair()
  const [head = '', payload = '', signature = ''] = accessToken.split('.')
  const keys = (await auth.keys.publicKeys()).keys as readonly object[]
  const verifier = createVerifier({
    keys: { keys },
    issuer: ORIGIN,
    audience: ORIGIN,
    clock: () => Number(payloadOf(accessToken).iat),
  })
  const header = JSON.parse(Buffer.from(head, 'base64url').toString())
  const with_ = (change: object): string => Buffer.from(JSON.stringify({ ...header, ...change })).toString('base64url')
  const { createHmac } = await import('node:crypto')
  const hmac = (key: string, of: string): string => createHmac('sha256', key).update(of).digest('base64url')
  const shared = with_({ alg: 'HS256' })
  const forged = [
    `${with_({ alg: 'none' })}.${payload}.`,
    `${with_({ alg: 'None' })}.${payload}.`,
    `${with_({ alg: 'NONE' })}.${payload}.${signature}`,
    `${with_({ alg: '' })}.${payload}.${signature}`,
    `${shared}.${payload}.${hmac(JSON.stringify(keys[0]), `${shared}.${payload}`)}`,
    `${shared}.${payload}.${hmac('secret', `${shared}.${payload}`)}`,
    `${with_({ alg: 'RS256' })}.${payload}.${signature}`,
    `${with_({ typ: 'JWT' })}.${payload}.${signature}`,
    `${with_({ jku: 'https://evil.example/keys' })}.${payload}.${signature}`,
    `${with_({ crit: ['exp'] })}.${payload}.${signature}`,
    `${head}.${Buffer.from(JSON.stringify({ ...payloadOf(accessToken), sub: 'eve' })).toString('base64url')}.${signature}`,
    `${head}.${payload}.`,
  ]
  const results = await Promise.all(
    forged.map((token) =>
      verifier.verify(token).then(
        () => 1,
        () => 0,
      ),
    ),
  )
  told(
    'forgedAccepted',
    results.reduce((sum: number, one) => sum + one, 0),
    'tokens',
    `accepted of ${forged.length} forged ones: "none", the public key as a secret, a weak secret, another type, a changed claim`,
  )
  if (!(await verifier.verify(accessToken))) throw new Error('the genuine one is refused')
  let longest = 0
  for (const seconds of [600, 3600, 3601, DAY]) {
    try {
      createAuth({ store: createMemoryStore(), issuer: ORIGIN, secrets: SECRET, accessTokenSeconds: seconds }).close()
      longest = seconds
    } catch {
      break
    }
  }
  told('longestTokenSeconds', longest, 's', 'the longest life of an access token that createAuth accepts')
  await auth.close()
}

/** Tokens of every algorithm, verified by an implementation that is not ours. */
async function others(told: Tell): Promise<void> {
  let agreed = 0
  const algorithms = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256'] as const
  for (const tokenAlgorithm of algorithms) {
    const { auth, pair, clock } = await application({ tokenAlgorithm })
    const { accessToken } = await pair()
    const [key] = (await auth.keys.publicKeys()).keys as readonly JWK[]
    const currentDate = new Date(clock.wallMs())
    if (!key) throw new Error('no key')
    await jwtVerify(accessToken, await importJWK(key, tokenAlgorithm), {
      issuer: ORIGIN,
      audience: ORIGIN,
      typ: 'at+jwt',
      currentDate,
    })
    agreed++
    await auth.close()
  }
  told('algorithmsAgreed', agreed, 'algorithms', 'whose tokens another library (jose) verifies')
  const domains = ['https://api.one.example', 'https://shop.two.example', 'https://three.example']
  const { auth } = await application({ audiences: Object.fromEntries(domains.map((domain) => [domain, {}])) })
  const asking = { method: 'POST', headers: new Headers() }
  const { tokens } = await auth.logIn({ subject: 'ada', mode: 'token', audience: domains }, asking)
  const keys = { keys: (await auth.keys.publicKeys()).keys as readonly object[] }
  const token = tokens?.accessToken ?? ''
  const iat = Number(payloadOf(token).iat)
  const accepted = await Promise.all(
    domains.map((audience) => createVerifier({ keys, issuer: ORIGIN, audience, clock: () => iat }).verify(token)),
  )
  told(
    'domainsReached',
    accepted.length,
    'services',
    'on domains that have nothing in common take the same token, without a cookie',
  )
  await auth.close()
}

function forgeries(told: Tell): void {
  const policy = createOriginPolicy(ORIGIN)
  const sites = [
    { secFetchSite: 'cross-site', origin: 'https://evil.example' },
    { secFetchSite: 'same-site', origin: 'https://sibling.app.example' },
    { secFetchSite: null, origin: 'https://evil.example' },
    { secFetchSite: null, origin: 'null' },
    { secFetchSite: 'cross-site', origin: 'null' },
    { secFetchSite: null, origin: null },
  ]
  const methods = ['POST', 'PUT', 'PATCH', 'DELETE']
  const cookie = '__Host-Http-sid=x'
  const passes = (request: object): boolean => {
    try {
      checkCsrf({ authorization: null, upgrade: null, cookie, ...request } as never, policy)
      return true
    } catch {
      return false
    }
  }
  const forged = methods.flatMap((method) => sites.map((site) => ({ method, ...site })))
  told(
    'forgeriesPassed',
    forged.filter(passes).length,
    'requests',
    `let through of ${forged.length} from other sites that carry the cookie; without the check all of them`,
  )
  if (!passes({ method: 'POST', secFetchSite: 'same-origin', origin: ORIGIN }))
    throw new Error('our own page is refused')
}

function decisions(told: Tell): void {
  const answers = PERSONAS.map(({ answers: given, preset = 'balanced' }) =>
    decideKnown({ ...DEFAULTS, ...given }, PRESETS[preset]),
  )
  const balanced = PERSONAS.map(({ answers: given }) => decideKnown({ ...DEFAULTS, ...given }, PRESETS.balanced))
  told(
    'answersFound',
    new Set(balanced.map(({ legs }) => legs.map(({ chosen }) => chosen).join())).size,
    'answers',
    'that the same weights give to twenty systems',
  )
  const reached = new Set(answers.flatMap(({ archetypes }) => archetypes))
  told(
    'tokenAnswers',
    ['R2', 'R3', 'R4', 'R6'].filter((one) => reached.has(one as never)).length,
    'archetypes',
    'with tokens in them that the twenty systems are told: R2, R3, R4, R6',
  )
  const spa = decideKnown({ ...DEFAULTS, q1: ['spa'], q11: [], q3: 'h1', q4: 'h1' }, PRESETS.consumer).legs[0]
  const points = (id: string): number => spa?.scored.find((one) => one.id === id)?.score.total ?? 0
  told(
    'pointsAhead',
    Math.round(points('session-memory') - points('script-pair')),
    'points',
    'of 100 that the session cookie is ahead of tokens in the page, consumer weights, nothing ruled out',
  )
  const bff = decideKnown({ ...DEFAULTS, q1: ['spa', 'mobile'], q8: 'check', q3: 's1', q4: 's1' }, PRESETS.balanced)
  told('piecesOfState', stateMap(bff).length, 'pieces', 'of state on the map of one page, one phone and their services')
}

/** The Lab's own files. */
function lab(told: Tell): void {
  const page = readFileSync(join(root, 'web/lab/index.html'), 'utf8')
  told(
    'fieldsToSignUp',
    (page.match(/type="(email|password)"/g) ?? []).length,
    'fields',
    'for an account on the page of the Lab',
  )
  told(
    'foreignAddresses',
    (page.match(/(src|href)="(https?:)?\/\//g) ?? []).length,
    'addresses',
    'of others that the page of the Lab loads from',
  )
}
