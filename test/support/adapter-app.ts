/** The one application that the adapter contract runs on every framework: its auth, and its routes as a table. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AdapterOptions } from '../../src/adapters/adapter.ts'
import { systemClock } from '../../src/clock.ts'
import type { Auth, SignedIn, SignInInput } from '../../src/http/auth-shape.ts'
import type { RequestLogin } from '../../src/http/request-login.ts'
import type { Requirement } from '../../src/http/require-auth.ts'
import { AuthError, createAuth, staleOk } from '../../src/index.ts'
import type { Store } from '../../src/login/store.ts'
import type { Receipt } from '../../src/revocation/revoke.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'

export const ORIGIN = 'https://app.example'
export const HOST = 'app.example'
export const FRIEND = 'https://friend.example'
export const COOKIE = '__Host-Http-sid'

export interface Claims {
  readonly roles: readonly string[]
}
export interface Data {
  readonly visits: number
}
export type AppAuth = Auth<Claims, Data>

/** How a store misbehaves: not at all, as its port allows (wholly, or where the log is followed), or as it never may. */
export type Mood = 'works' | 'unavailable' | 'unfollowed' | 'throws'

/** How sure the answers must be, by path. */
export const CONSISTENCY: AdapterOptions = {
  consistency({ method, path }) {
    if (method !== 'GET') return 'lease'
    if (path.startsWith('/feed')) return staleOk(60)
    if (path === '/cautious') return 'deny'
    return path === '/always' ? 'strict' : 'lease'
  },
}

export function createAppAuth() {
  const mood: { now: Mood } = { now: 'works' }
  const calls: string[] = []
  const errors: unknown[] = []
  const roles = new Map<string, readonly string[]>()
  const inner = createMemoryStore()
  const skipped = { ms: 0 }
  const auth = createAuth({
    clock: {
      now: () => Math.floor((systemClock.wallMs() + skipped.ms) / 1000),
      wallMs: () => systemClock.wallMs() + skipped.ms,
      monoMs: () => systemClock.monoMs() + skipped.ms,
    },
    store: moody(inner, mood, calls),
    issuer: ORIGIN,
    secrets: 'a secret of tests, 0123456789 abcdefghijk',
    claims: (subject): Claims => ({ roles: roles.get(subject) ?? ['reader'] }),
    data: (stored): Data => (stored as Data | null) ?? { visits: 0 },
    trustedOrigins: [FRIEND],
    onError: (error) => void errors.push(error),
  })
  const sessionsOf = async (subject: string): Promise<number> =>
    (await inner.sessions.listBySubject(subject, null, 100, Math.floor(Date.now() / 1000))).sessions.length
  const stop = async (): Promise<void> => {
    mood.now = 'works'
    await auth.close()
    await inner.close()
  }
  return { auth, mood, calls, errors, roles, sessionsOf, skipped, stop }
}

const FOLLOWING = new Set(['renew', 'readAfter'])

/** Every method of every port goes through here; `calls` names those that a request has caused. */
function moody(store: Store, mood: { now: Mood }, calls: string[]): Store {
  const wrap = <T extends object>(port: T, name: string): T =>
    new Proxy(port, {
      get(target, property, receiver) {
        const value: unknown = Reflect.get(target, property, receiver)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          calls.push(`${name}.${String(property)}`)
          if (mood.now === 'unavailable' || (mood.now === 'unfollowed' && FOLLOWING.has(String(property)))) {
            return Promise.reject(new AuthError('store.unavailable', 'the store does not answer'))
          }
          if (mood.now === 'throws') throw new Error('a store that breaks its word')
          return value.apply(target, args)
        }
      },
    })
  return {
    ...store,
    sessions: wrap(store.sessions, 'sessions'),
    families: wrap(store.families, 'families'),
    revocations: wrap(store.revocations, 'revocations'),
    records: (kind) => wrap(store.records(kind), 'records'),
    ping: () => (mood.now === 'works' ? store.ping() : Promise.reject(new AuthError('store.unavailable', 'no answer'))),
  }
}

/** What a route of the application needs of its framework. */
export interface Io {
  readonly login: RequestLogin<Claims> | null
  header(name: string): string | null
  /** The whole body; rejects when the client goes away. */
  text(): Promise<string>
  logIn(input: SignInInput<Data>): Promise<SignedIn>
  logOut(): Promise<Receipt | null>
  setCookie(signedIn: Pick<SignedIn, 'setCookie'>): void
}

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  /** A body in parts, each sent when it is there. */
  readonly parts?: AsyncIterable<string>
  /** Ends with the login. */
  readonly attached?: boolean
}

export interface AppRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Behind `requireAuth`. */
  readonly requires?: Requirement<Claims>
  handle(io: Io): Reply | Promise<Reply>
}

/** What the test sees of the inside. */
export interface Inside {
  readonly signals: AbortSignal[]
  /** Opened by the test: what a stream waits for. */
  gate: PromiseWithResolvers<void>
  /** Resolved by a request that waits for the gate. */
  entered: PromiseWithResolvers<void>
  /** Why `/late` could not log in. */
  late: unknown
  /** The same of `/race`. */
  race: Promise<unknown> | null
}

export function appRoutes(auth: AppAuth, inside: Inside): readonly AppRoute[] {
  const who = ({ login }: Io) =>
    login && { subject: login.subject, mode: login.mode, credential: login.credential, roles: login.claims.roles }
  return [
    {
      method: 'POST',
      path: '/sign-in',
      async handle(io) {
        const mode = io.header('x-mode') as 'cookie' | 'token' | 'hybrid' | null
        const { tokens } = await io.logIn({ subject: io.header('x-subject') ?? 'alice', mode: mode ?? 'cookie' })
        return { json: { tokens }, headers: { 'x-app': 'yes' } }
      },
    },
    { method: 'POST', path: '/sign-out', handle: async (io) => ({ json: { ended: (await io.logOut()) !== null } }) },
    { method: 'GET', path: '/who', handle: (io) => ({ json: who(io) }) },
    { method: 'POST', path: '/who', handle: (io) => ({ json: who(io) }) },
    { method: 'GET', path: '/me', requires: {}, handle: (io) => ({ json: who(io) }) },
    { method: 'POST', path: '/change', requires: {}, handle: (io) => ({ json: who(io) }) },
    { method: 'GET', path: '/admin', requires: { claims: { roles: 'admin' } }, handle: (io) => ({ json: who(io) }) },
    {
      method: 'GET',
      path: '/safe',
      requires: { acr: ['mfa', 'passkey'], maxAge: 300 },
      handle: (io) => ({ json: who(io) }),
    },
    ...(
      [
        ['/freshness', {}],
        ['/always', {}],
        ['/cautious', {}],
        ['/strict', { consistency: 'strict' }],
        ['/feed', {}],
        ['/feed/lookup', { consistency: 'lookup' }],
        ['/feed/deny', { consistency: 'deny' }],
        ['/feed/shorter', { consistency: staleOk(10) }],
      ] satisfies [string, Requirement<Claims>][]
    ).map(
      ([path, requires]): AppRoute => ({
        method: 'GET',
        path,
        requires,
        handle: ({ login }) => ({ json: { subject: login?.subject, freshness: login?.freshness } }),
      }),
    ),
    {
      method: 'GET',
      path: '/commits',
      requires: {},
      async handle({ login }) {
        inside.entered.resolve()
        await inside.gate.promise
        login?.guard()
        return { json: { committed: true } }
      },
    },
    {
      method: 'POST',
      path: '/step-up',
      requires: {},
      async handle(io) {
        if (!io.login) throw new TypeError('requireAuth let nobody pass')
        io.setCookie(await auth.elevate(io.login, { acr: 'mfa' }))
        return { json: { done: true } }
      },
    },
    {
      method: 'GET',
      path: '/data',
      requires: {},
      handle: async ({ login }) => ({ json: login && (await auth.readData(login)) }),
    },
    {
      method: 'POST',
      path: '/data',
      requires: {},
      handle: async ({ login }) => ({
        json: login && (await auth.updateData(login, ({ visits }) => ({ visits: visits + 1 }))),
      }),
    },
    { method: 'POST', path: '/upload', handle: async (io) => ({ json: { length: (await io.text()).length } }) },
    {
      method: 'GET',
      path: '/throws',
      handle() {
        throw new Error('the application has a bug')
      },
    },
    {
      method: 'GET',
      path: '/throws-later',
      async handle() {
        await sleep(5)
        throw new Error('the application has another bug')
      },
    },
    {
      method: 'GET',
      path: '/denies',
      handle() {
        throw new AuthError('policy.denied', 'not on a Monday')
      },
    },
    { method: 'GET', path: '/breaks-off', handle: () => ({ parts: breaksOff() }) },
    {
      method: 'GET',
      path: '/parts',
      handle: ({ login }) => ({ parts: inParts(`${login?.subject ?? 'nobody'};`, inside) }),
    },
    {
      method: 'GET',
      path: '/late',
      handle: (io) => ({ parts: late(io, inside) }),
    },
    {
      method: 'GET',
      path: '/race',
      // The answer is out while the sign-in is still under way.
      handle(io) {
        inside.race = io.logIn({ subject: 'racer' }).then(
          () => 'logged in',
          (error: unknown) => error,
        )
        return { json: null }
      },
    },
    {
      method: 'GET',
      path: '/events',
      requires: {},
      handle: () => ({ parts: events(), attached: true, headers: { 'content-type': 'text/event-stream' } }),
    },
    {
      method: 'GET',
      path: '/signal',
      requires: {},
      async handle({ login }) {
        if (!login) throw new TypeError('requireAuth let nobody pass')
        const { signal } = login
        inside.signals.push(signal)
        inside.entered.resolve()
        await Promise.race([inside.gate.promise, new Promise((resolve) => signal.addEventListener('abort', resolve))])
        return { json: { aborted: signal.aborted, code: (signal.reason as AuthError | undefined)?.code ?? null } }
      },
    },
  ]
}

async function* inParts(first: string, inside: Inside): AsyncGenerator<string> {
  yield first
  await inside.gate.promise
  yield 'second;'
  yield 'third'
}

async function* breaksOff(): AsyncGenerator<string> {
  yield 'first;'
  await sleep(5)
  throw new Error('a bug in the middle of an answer')
}

async function* late(io: Io, inside: Inside): AsyncGenerator<string> {
  yield 'begun;'
  await sleep(20)
  inside.late = await io.logIn({ subject: 'late' }).then(
    () => 'logged in',
    (error: unknown) => error,
  )
  yield 'over'
}

async function* events(): AsyncGenerator<string> {
  for (let i = 0; i < 2000; i++) {
    yield `data: ${i}\n\n`
    await sleep(10)
  }
}
