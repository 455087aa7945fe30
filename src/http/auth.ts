/** `createAuth`: all of Sojourn for an application with users of its own. */
import { systemClock } from '../clock.ts'
import { toSecretRing } from '../crypto/secret-ring.ts'
import { DEFAULT_STORE_SECONDS } from '../deadline.ts'
import type { Json, JsonObject } from '../json.ts'
import { createFence } from '../login/fence.ts'
import { createLiveSessions } from '../login/live-sessions.ts'
import type { LoggedIn, Login } from '../login/login.ts'
import { createLogins } from '../login/logins.ts'
import { storeWithDeadline } from '../login/store-deadline.ts'
import { once } from '../on-demand.ts'
import { createRevocations } from '../revocation/revocations.ts'
import { issuerKeysOnDemand } from '../token/issuer-keys-on-demand.ts'
import { attach } from './attach.ts'
import type { AuthOptions } from './auth-options.ts'
import type { Asking, Auth, AuthLogin, AuthWiring, LoginDemand, SignedIn } from './auth-shape.ts'
import { checkCsrf } from './csrf.ts'
import { createIdentify, isBrowser, type Presented, presentedBy } from './identify.ts'
import { createInFlight } from './in-flight.ts'
import { respondLoggedIn } from './logged-in.ts'
import type { HttpRequest } from './message.ts'
import { createMoveIn } from './move-in.ts'
import { createOperatorKeyCheck } from './operator-keys.ts'
import { createOriginPolicy } from './origin.ts'
import { problemResponse } from './problem.ts'
import { createDemand, mustRead } from './require-auth.ts'
import { compileRoutes, matchRoute, type Route } from './route-table.ts'
import { authRoutesOnDemand } from './routes/on-demand.ts'
import { createSessionCookie } from './session-cookie.ts'
import { endPresented } from './sign-out.ts'
import { startUpkeep } from './upkeep.ts'

/**
 * Logins for an application: who asks, sign-in and sign-out in every mode, revocation, and the `/auth` routes. One per process;
 * an adapter says the same in the words of a framework.
 *
 * @throws TypeError for an option that is missing, ill-typed or out of range
 */
export function createAuth<Claims extends object = JsonObject, Data = Json>(
  options: AuthOptions<Claims, Data>,
): Auth<Claims, Data> {
  const { clock = systemClock, issuer, leaseSeconds = 12, storeTimeoutSeconds = DEFAULT_STORE_SECONDS } = options
  const store = storeWithDeadline(options.store, { seconds: storeTimeoutSeconds })
  if (options.tokenAlgorithm === 'HS256' && Object.values(options.audiences ?? {}).some(({ external }) => external)) {
    throw new TypeError('an external audience cannot check HS256: choose another tokenAlgorithm')
  }
  const fence = options.fence ? createFence(store, clock) : null
  const origins = createOriginPolicy(options.origin ?? issuer, options.trustedOrigins)
  const cookie = createSessionCookie(origins.origin, options.cookie)
  const isOperatorKey = createOperatorKeyCheck(options.operatorKeys ?? [])
  const onBackgroundError = options.onBackgroundError ?? (() => undefined)
  const secrets = toSecretRing(options.secrets)
  const keys = issuerKeysOnDemand({
    records: store.records('signing-keys'),
    secrets,
    clock,
    ...(options.tokenAlgorithm ? { algorithm: options.tokenAlgorithm } : {}),
  })
  const revocations = createRevocations({
    engine: store.revocations,
    clock,
    leaseSeconds,
    onFailure: (cause) => onBackgroundError(cause, 'following the revocation log'),
    onHistoryLost: async () => (await keys.rotate({ compromised: true })).retired,
  })
  const { claims: loadClaims } = options
  const followers = new Set<(from: string, to: string) => Promise<void>>()
  const logins = createLogins({
    statusUrl: `${origins.origin}/status`,
    ...options,
    store,
    clock,
    keys,
    secrets,
    claims: loadClaims ? async (subject) => (await loadClaims(subject)) as JsonObject : async () => ({}),
    revocations,
    async onSuccessor(from, to) {
      await options.onSuccessor?.(from, to)
      for (const follow of followers) await follow(from, to)
    },
  })
  const inFlight: Auth<Claims, Data>['inFlight'] = createInFlight()
  const { findSession: find } = logins
  const live = createLiveSessions({ revocations, clock, find, onBackgroundError, underWay: inFlight.open })
  const identify = createIdentify(logins, cookie, origins)
  const failures = options.onError ? { onError: options.onError } : {}
  const routeParts = {
    logins,
    identify,
    cookie,
    origins,
    clock,
    keys,
    isOperatorKey,
    ...(options.clearSiteData ? { clearSiteData: options.clearSiteData } : {}),
    ...failures,
  }
  const { routes, load: loadRoutes } = authRoutesOnDemand(routeParts)
  const problems = { ...failures, ...(options.page ? { page: options.page } : {}) }
  const { clientAddress } = options
  const routerOf: AuthWiring['routerOf'] = async (served) => {
    const { createRouter } = await import('./router.ts')
    return createRouter({ routes: served, origins, ...problems, ...(clientAddress ? { clientAddress } : {}) })
  }
  const routed = (all: readonly Route[]) => ({
    all,
    table: compileRoutes(all),
    loadRouter: once(() => routerOf(all)),
  })
  let routing = routed(routes)
  revocations.start().catch((error: unknown) => onBackgroundError(error, 'following the revocation log'))
  logins.modes.start()
  const stopUpkeep = startUpkeep({ store, keys, clock, onFailure: onBackgroundError })

  // The claims are what `claims` answered; a token for our own audience carries all of them.
  const typed = <L extends Login | null | undefined>(login: L) => login as L extends Login ? AuthLogin<Claims> : L
  const untyped = (login: AuthLogin<unknown>): Login => ({ ...login, claims: login.claims as JsonObject })
  const shape = options.data ?? ((stored: Json) => stored as Data)
  const signedIn = <T extends LoggedIn>(loggedIn: T): T & SignedIn => ({
    ...loggedIn,
    setCookie:
      loggedIn.cookie === null ? null : cookie.set(loggedIn.cookie, loggedIn.session.absoluteExpiresAt - clock.now()),
  })

  const addressOf = ({ address, headers }: Pick<HttpRequest, 'address' | 'headers'>): string | null =>
    clientAddress ? clientAddress(address ?? undefined, headers.get('x-forwarded-for') ?? undefined) : (address ?? null)
  const presentedValue = (header: string | null): string | null => (header === null ? null : cookie.read(header))

  return {
    async logIn({ data, mode, ...input }, request) {
      checkCsrf(presentedBy(request), origins)
      const presentedCookie = presentedValue(request.headers.get('cookie'))
      const loggedIn = await logins.logIn({
        ...input,
        mode: mode ?? logins.modes.issueFor(input.clientId ?? null),
        device: { userAgent: request.headers.get('user-agent'), address: addressOf(request) },
        browser: isBrowser(request),
        ...(data === undefined ? {} : { data: data as Json }),
        ...(presentedCookie === null ? {} : { presentedCookie }),
      })
      return signedIn(loggedIn)
    },
    moveIn: createMoveIn({ logins, cookie, origins, now: () => clock.now(), addressOf, onBackgroundError }),
    respond: (loggedIn, answer) => respondLoggedIn({ cookie, clock }, loggedIn, answer),
    identify: async (asking, consistency) => typed(await identify.identify(presentedOf(asking), consistency)),
    identifyNow: (asking) => typed(identify.identifyNow(presentedOf(asking))),
    require: async (asking, consistency) => typed(await identify.require(presentedOf(asking), consistency)),
    demand(requirement = {}): LoginDemand<Claims> {
      const demand = createDemand(requirement, clock)
      const { consistency = 'lease' } = requirement
      const readAnew = async (asking: Asking) => {
        const login = typed(await identify.require(presentedOf(asking), 'strict'))
        demand(login)
        return login
      }
      return (login, asking) => {
        const presented = () => presentedOf(typeof asking === 'function' ? asking() : asking)
        if (login === null) throw identify.absence(presented())
        if (mustRead(login.freshness, consistency, revocations.view)) return readAnew(presented())
        demand(login)
        return login
      }
    },
    guard: logins.guard,
    async fence(login, client) {
      if (!fence) throw new TypeError('createAuth was not given the option fence')
      await fence(untyped(login), client)
    },
    inFlight,
    csrf: (asking) => checkCsrf(presentedOf(asking), origins),
    logOut: ({ sessionId }) => logins.logOut(sessionId),
    expiredCookie: cookie.expire(),
    async signOut(asking) {
      const presented = presentedOf(asking)
      const login = await identify.identify(presented)
      // An access token decided, whatever cookie came with it.
      const value = presented.authorization === null ? presentedValue(presented.cookie) : null
      const receipt = await endPresented(logins, login, value)
      return { receipt, setCookie: value === null ? null : cookie.expire() }
    },
    revoke: logins.revoke,
    async revokeOthers(login) {
      const kept = await logins.revokeOthers(untyped(login))
      return kept && signedIn(kept)
    },
    async changeClaims(subject) {
      const changed = await logins.changeClaims(subject)
      return { ...changed, claims: changed.claims as Claims }
    },
    async readData({ session, sessionId }) {
      return shape((session ?? (await logins.findSession(sessionId)))?.data ?? null)
    },
    async updateData({ sessionId }, change) {
      const session = await logins.updateData(sessionId, (stored) => change(shape(stored)) as Json)
      return shape(session.data)
    },
    elevate: async (login, change) => signedIn(await logins.elevate(untyped(login), change)),
    watch: (login) => live.signal(untyped(login)),
    attach: (connection, login, more) => attach(live, connection, untyped(login), more),
    planModeChange: logins.planModeChange,
    get watched() {
      return live.size
    },
    mint: (login, input = {}) => logins.mint(untyped(login), input),
    async handler(request) {
      try {
        return await (await routing.loadRouter()).handle(request)
      } catch (error) {
        return problemResponse(error, request, problems)
      }
    },
    problem(error, request, status) {
      const response = problemResponse(error, request, { ...problems, ...(status === undefined ? {} : { status }) })
      return request.method === 'HEAD' ? { ...response, body: null } : response
    },
    covers: (path) => matchRoute(routing.table, path) !== null,
    mount(more) {
      routing = routed([...routing.all, ...more])
    },
    onSuccessor(listener) {
      const follow: typeof listener = (from, to) => listener(from, to)
      followers.add(follow)
      return () => void followers.delete(follow)
    },
    get routes() {
      return routing.all
    },
    keys,
    wiring: {
      ...routeParts,
      issuer,
      records: store.records,
      secrets,
      revocations,
      audiences: options.audiences ?? {},
      routerOf,
    },
    revocations: revocations.view,
    async ready() {
      await store.ping()
      await logins.modes.look()
      await Promise.all([logins.prepare(), loadRoutes(), routing.loadRouter()])
      await keys.signing()
      await revocations.follower.ready()
    },
    async close() {
      live.close()
      await stopUpkeep()
      await logins.close()
      keys.close()
    },
  }
}

function presentedOf(asking: Asking): Presented {
  return 'headers' in asking ? presentedBy(asking) : asking
}
