/** An application's logins, with an OpenID Connect provider over them. */
import type { Auth } from '../http/auth-shape.ts'
import { presentedBy } from '../http/identify.ts'
import { compileRoutes, matchRoute } from '../http/route-table.ts'
import { authRoutes } from '../http/routes/auth-routes.ts'
import { endPresented } from '../http/sign-out.ts'
import type { JsonObject } from '../json.ts'
import { once } from '../on-demand.ts'
import { systemTimers, type Timers } from '../revocation/timers.ts'
import { type Client, readClient } from './client.ts'
import { createClientEnds } from './client-ends.ts'
import { createClients } from './clients.ts'
import { plainFrame } from './pages.ts'
import type { ProviderParts } from './parts.ts'
import { createProvider, type OidcProvider, PROVIDER_RECORDS } from './provider.ts'

export interface ProviderOptions
  extends Pick<ProviderParts, 'acrValues' | 'takeCodeEntry'>,
    Partial<Pick<ProviderParts, 'page' | 'onEvent' | 'onError' | 'logout'>> {
  /** Members are those of RFC 7591 and `audiences`, `serves`, `scopes`, `trusted`, with `client_secret_sha256` for the secret. */
  readonly clients: readonly unknown[]
  /** What ID tokens and userinfo say of a subject (`email`, `name`, ...), as far as the scopes go. Default: its id and no more. */
  readonly userClaims?: (subject: string) => Promise<JsonObject>
  /** The application's sign-in page, a path: it is given `return_to`, and leads there when somebody has signed in. */
  readonly signInPath: string
}

/** Deleting what has expired. */
const CLEAN_SECONDS = 300
const PORTION = 500

/**
 * The same `Auth`, whose handler answers the provider's routes too (`/oidc/*`, discovery, one JWK set) and whose sign-outs tell
 * relying parties. Give this one to the adapter.
 *
 * @throws TypeError for a client that is none, or an issuer with a path
 */
export function withProvider<Claims extends object, Data>(
  auth: Auth<Claims, Data>,
  options: ProviderOptions,
): Auth<Claims, Data> {
  const { wiring } = auth
  const { records, clock, logins } = wiring
  const onError = options.onError ?? (() => undefined)
  const clients = createClients({ records, clock, fixed: options.clients.map(clientOf) })
  const provider = createProvider({
    ...wiring,
    clients,
    clientEnds: createClientEnds({ records, clock, logins }),
    userClaims: options.userClaims ?? (async () => ({})),
    signInPath: options.signInPath,
    page: options.page ?? plainFrame,
    onEvent: options.onEvent ?? (async () => undefined),
    onError,
    logout: options.logout ?? {},
    ...(options.acrValues ? { acrValues: options.acrValues } : {}),
    ...(options.takeCodeEntry ? { takeCodeEntry: options.takeCodeEntry } : {}),
  })
  const { logins: telling, publicKeys, oauthClients, providerTokens } = provider
  const parts = { ...wiring, logins: telling, keys: { ...wiring.keys, publicKeys }, oauthClients, providerTokens }
  const routes = [...authRoutes(parts), ...provider.routes]
  const table = compileRoutes(routes)
  const router = once(() => wiring.routerOf(routes))
  const stop = startTimers(
    [...provider.jobs, { name: 'delete expired records', everySeconds: CLEAN_SECONDS, run: clean }],
    onError,
  )

  async function clean(): Promise<void> {
    for (const kind of PROVIDER_RECORDS) await records(kind).deleteExpired(clock.now(), PORTION)
  }

  return {
    ...auth,
    get watched() {
      return auth.watched
    },
    wiring: parts,
    keys: parts.keys,
    routes,
    covers: (path) => matchRoute(table, path) !== null,
    async handler(request) {
      try {
        return await (await router()).handle(request)
      } catch (error) {
        return auth.problem(error, request)
      }
    },
    logOut: ({ sessionId }) => telling.logOut(sessionId),
    revoke: telling.revoke,
    async revokeOthers(login) {
      const kept = await auth.revokeOthers(login)
      await provider.tell(login.subject)
      return kept
    },
    async signOut(asking) {
      const presented = 'headers' in asking ? presentedBy(asking) : asking
      const login = await wiring.identify.identify(presented)
      const header = presented.authorization === null ? presented.cookie : null
      const value = header === null ? null : wiring.cookie.read(header)
      const receipt = await endPresented(telling, login, value)
      return { receipt, setCookie: value === null ? null : wiring.cookie.expire() }
    },
    async ready() {
      await auth.ready()
      await provider.library.current()
    },
    async close() {
      await stop()
      await provider.close()
      await auth.close()
    },
  }
}

function clientOf(given: unknown): Client {
  const read = readClient(given)
  if ('client' in read) return read.client
  throw new TypeError(`a client of the provider: ${read.faults.join('; ')}`)
}

/** Each run begins when the one before is over. Holds no process; answers how to stop, which waits for runs under way. */
function startTimers(
  jobs: OidcProvider['jobs'],
  onError: ProviderParts['onError'],
  timers: Timers = systemTimers,
): () => Promise<void> {
  const cancels = new Map<string, () => void>()
  const running = new Set<Promise<void>>()
  let isStopped = false
  const plan = ({ name, everySeconds, run }: OidcProvider['jobs'][number]): void => {
    if (isStopped) return
    const begin = (): void => {
      const work = run()
        .catch((error: unknown) => onError(error, name))
        .finally(() => {
          running.delete(work)
          plan({ name, everySeconds, run })
        })
      running.add(work)
    }
    cancels.set(name, timers.after(everySeconds * 1000, begin, false))
  }
  for (const job of jobs) plan(job)
  return async () => {
    isStopped = true
    for (const cancel of cancels.values()) cancel()
    await Promise.all(running)
  }
}
