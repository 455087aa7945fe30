/** Wires an instance to its routes and its background work: the one place that knows them all. */
import { createDeviceTokens } from '../accounts/device-token.ts'
import { createThrottle } from '../accounts/throttle.ts'
import { createIdentify } from '../http/identify.ts'
import { createOperatorKeyCheck } from '../http/operator-keys.ts'
import { createOriginPolicy } from '../http/origin.ts'
import { createRouter, type Route } from '../http/router.ts'
import { authRoutes } from '../http/routes/auth-routes.ts'
import { createSessionCookie } from '../http/session-cookie.ts'
import type { LogoutOptions } from '../oidc/parts.ts'
import { createListener, type Listener } from './app.ts'
import { loadAssets } from './assets.ts'
import { openAttempts } from './attempts.ts'
import { backgroundJobs } from './background-jobs.ts'
import { docsRoutes } from './docs.ts'
import { createFailedSignIns } from './failed-sign-ins.ts'
import { makeFirstOperator } from './first-operator.ts'
import type { Instance } from './instance.ts'
import { startJobs } from './jobs.ts'
import { labRoutes } from './lab.ts'
import { openApiRoute } from './openapi.ts'
import { problemPage } from './pages/problem.ts'
import { serverProvider } from './provider.ts'
import { currentRequest, namedRoute } from './request-context.ts'
import { adminRoutes } from './routes/admin.ts'
import { pageRoutes } from './routes/devices.ts'
import { followerRoutes } from './routes/followers.ts'
import { healthRoutes } from './routes/health.ts'
import type { ServerParts } from './routes/parts.ts'
import { passwordRoutes } from './routes/password.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { createClientAddress } from './trusted-proxies.ts'
import { createVerifierNotes } from './verifier-notes.ts'

export interface WireOptions {
  /** How relying parties are told of logouts; for tests, which do not wait. */
  readonly logout?: LogoutOptions
  /** Where `lab` and `lab-live` are; for tests, which build their own. */
  readonly labFolder?: string
}

export interface Wired {
  readonly listener: Listener
  /** Everything that is answered. */
  readonly routes: readonly Pick<Route, 'method' | 'path'>[]
  /** Begins the background work. */
  start(): Promise<void>
  /** From now on `/readyz` says no. */
  stopping(): void
  /** Ends the background work; the instance stays open. */
  close(): Promise<void>
}

export async function wire(instance: Instance, { logout = {}, labFolder }: WireOptions = {}): Promise<Wired> {
  const { config, clock, secrets, store, logger, metrics, revocations } = instance
  const origins = createOriginPolicy(config.url)
  const cookie = createSessionCookie(config.url)
  const attempts = await openAttempts(instance)
  const devices = createDeviceTokens(secrets)
  const { assets, routes: assetRoutes } = loadAssets()
  const clientAddress = createClientAddress(config.trustedProxies)
  const onError = (error: unknown, errorId: string): void => {
    const { requestId: request_id, route } = currentRequest() ?? {}
    logger.error({ error, error_id: errorId, request_id, route }, 'request failed')
  }
  const identify = createIdentify(instance.logins, cookie, origins)
  const throttle = createThrottle({ counters: attempts.counters, devices, secrets })
  const provider = serverProvider(instance, {
    identify,
    cookie,
    origins,
    assets,
    logout,
    takeCodeEntry: throttle.deviceCode,
  })
  const parts: ServerParts = {
    instance,
    logins: provider.logins,
    identify,
    cookie,
    origins,
    clock,
    keys: { publicKeys: provider.publicKeys },
    formTargetOf: provider.formTargetOf,
    oauthClients: provider.oauthClients,
    providerTokens: provider.providerTokens,
    onError,
    throttle,
    devices,
    failedSignIns: createFailedSignIns({ audit: instance.audit, accounts: store.accounts, clock }),
    metrics,
    assets,
    ...(config.operatorKey === null ? {} : { isOperatorKey: createOperatorKeyCheck([config.operatorKey]) }),
  }
  const notes = createVerifierNotes(instance)
  const followers = followerRoutes(instance, notes)
  let isStopping = false
  const gauges = {
    leaseAgeSeconds: () => revocations.view.stalenessMs() / 1000,
    leaseHolds: () => revocations.view.leaseHolds(),
    follower: () => revocations.follower.metrics,
    spread: () => revocations.spread,
    // The rest is wanted most when the store is away.
    sessions: () => store.sessions.count(clock.now()).catch(() => null),
    throttledKeys: () => attempts.size(),
  }
  const routes: Route[] = [
    ...authRoutes(parts),
    ...signInRoutes(parts),
    ...passwordRoutes(parts),
    ...adminRoutes(parts, notes),
    ...followers.routes,
    ...pageRoutes(parts),
    ...provider.routes,
    ...assetRoutes,
    ...labRoutes(labFolder),
    ...docsRoutes(),
    ...healthRoutes(parts, { gauges, isStopping: () => isStopping }),
  ]
  routes.push(openApiRoute({ routes: [...routes], origin: config.url, cookieName: cookie.name }))
  const router = createRouter({
    routes: routes.map(namedRoute),
    origins,
    clientAddress,
    onError,
    page: (problem) => problemPage(problem, assets),
  })
  const https = config.url.startsWith('https:')
  let jobs: ReturnType<typeof startJobs> | null = null
  return {
    routes,
    listener: createListener({ router, metrics, logger, https, clientAddress }),
    async start() {
      const told = await makeFirstOperator(
        instance.accounts,
        config.dataDirectory,
        process.stdout.isTTY ? process.stdout : null,
      )
      if (told !== null) process.stdout.write(`${told}\n`)
      jobs = startJobs([...backgroundJobs(instance, notes), ...attempts.jobs, ...provider.jobs], (error, job) => {
        metrics.backgroundError(job)
        logger.error({ error, job }, 'background work failed')
      })
    },
    stopping() {
      isStopping = true
      followers.stopping()
    },
    async close() {
      await jobs?.close()
      await provider.close()
      try {
        await attempts.save()
      } catch (error) {
        // A store that has failed must not keep the server from stopping.
        logger.error({ error }, 'the attempt counters are not kept over the restart')
      }
    },
  }
}
