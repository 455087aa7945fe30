/** A browser with tabs, a network that misbehaves and a server that rotates refresh tokens, all in virtual time. */
import type { Environment } from '../../src/client/index.ts'

/** What becomes of one request: lost is heard by the server but its answer never arrives; hung is heard and never answered. */
export type Fate = 'answered' | 'lost' | 'unheard' | 'hung' | 503 | 'garbled'

export const ISSUER = 'https://app.example'
const WINDOW_MS = 10_000

interface Timer {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export interface Seen {
  readonly tab: number
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: string
  readonly redirect: string | undefined
  readonly credentials: string | undefined
}

export interface WorldOptions {
  /** Web Locks; default there are. */
  readonly locks?: boolean
  /** BroadcastChannel; default there is. */
  readonly channel?: boolean
  /** Access tokens live this long; default 300. */
  readonly lifetimeSeconds?: number
  /** Milliseconds of the next hop: a request or an answer on its way, a message between tabs, the grant of a lock. */
  readonly delay?: () => number
  /** Of the next refresh request. */
  readonly fate?: () => Fate
}

export function createWorld(options: WorldOptions = {}) {
  const { delay = () => 1, lifetimeSeconds = 300 } = options
  let nowMs = 1_000
  let wallOffset = 1_750_000_000_000
  let order = 0
  const timers = new Set<Timer>()
  const seen: Seen[] = []
  const messages: unknown[] = []
  let fate = options.fate ?? (() => 'answered' as const)

  const after = (milliseconds: number, run: () => void): (() => void) => {
    const timer = { at: nowMs + Math.max(0, milliseconds), order: order++, run }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
  const hop = (): Promise<void> => new Promise((resolve) => void after(delay(), resolve))
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  /** Runs everything that is due within this time, in order. */
  const pass = async (milliseconds: number): Promise<void> => {
    const end = nowMs + milliseconds
    await settle()
    for (;;) {
      const next = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (!next) break
      timers.delete(next)
      nowMs = Math.max(nowMs, next.at)
      next.run()
      await settle()
    }
    nowMs = end
  }
  /** Lets time pass until the work is done. */
  const finish = async <T>(work: Promise<T>, limitMs = 120_000): Promise<T> => {
    let done = false
    const mark = (): void => {
      done = true
    }
    work.then(mark, mark)
    for (let waited = 0; !done; waited += 50) {
      if (waited > limitMs) throw new Error('it never ends')
      await pass(50)
    }
    return work
  }

  const server = createServer(() => nowMs, lifetimeSeconds)
  const lanes = new Map<string, Promise<unknown>>()
  const channels = new Map<string, Set<(message: unknown) => void>>()
  let inFlight = 0
  let most = 0

  const environment = (tab: number): Environment => ({
    monoMs: () => nowMs + tab * 1_000_000,
    wallMs: () => nowMs + wallOffset,
    random: () => 0.5,
    after,
    async exclusive(name, work) {
      if (options.locks === false) return work()
      const turn = (lanes.get(name) ?? Promise.resolve()).then(hop).then(work)
      lanes.set(
        name,
        turn.catch(() => undefined),
      )
      return turn
    },
    openChannel(name, onMessage) {
      if (options.channel === false) return null
      const members = channels.get(name) ?? new Set()
      channels.set(name, members.add(onMessage))
      return {
        post(message) {
          const copy: unknown = structuredClone(message)
          messages.push(copy)
          for (const member of members) {
            if (member !== onMessage) after(delay(), () => members.has(member) && member(structuredClone(copy)))
          }
        },
        close: () => void members.delete(onMessage),
      }
    },
    async fetch(input, init = {}) {
      const request = new Request(input, { ...init, signal: null })
      const signal = init.signal ?? (input instanceof Request ? input.signal : null)
      const body = request.body === null ? '' : await request.text()
      const { method, url, headers } = request
      seen.push({ tab, method, url, headers, body, redirect: init.redirect, credentials: init.credentials })
      const refreshing = url === `${ISSUER}/auth/refresh`
      const outcome = refreshing ? fate() : 'answered'
      if (refreshing) most = Math.max(most, ++inFlight)
      try {
        const answered = (async () => {
          await hop()
          if (outcome === 'unheard') throw new TypeError('fetch failed')
          if (outcome === 503) {
            await hop()
            return problem(503, 'store.unavailable', { 'retry-after': '2' })
          }
          const response = server.handle(method, url, headers, body)
          await hop()
          if (outcome === 'hung') return new Promise<never>(() => undefined)
          if (outcome === 'lost') throw new TypeError('fetch failed')
          return outcome === 'garbled' ? new Response('{"access_token": "ab', { status: 200 }) : response
        })()
        const aborted = new Promise<never>((_, reject) => {
          const stop = (): void => reject(new DOMException('aborted', 'AbortError'))
          if (signal?.aborted) stop()
          else signal?.addEventListener('abort', stop)
        })
        aborted.catch(() => undefined)
        answered.catch(() => undefined)
        return await Promise.race([answered, aborted])
      } finally {
        if (refreshing) inFlight--
      }
    },
  })

  return {
    environment,
    server,
    seen,
    messages,
    pass,
    finish,
    after,
    requestsTo: (path: string) => seen.filter(({ url }) => new URL(url).pathname === path),
    mostRefreshesAtOnce: () => most,
    stepWall(milliseconds: number) {
      wallOffset += milliseconds
    },
    setFate(next: () => Fate) {
      fate = next
    },
    lanes,
  }
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ type: 'about:blank', title: 'x', status, code, detail: `about ${code}` }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  })
}

function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } })
}

/** One family, as `refresh/` keeps it: the current token rotates, the previous one is replayed within the window. */
function createServer(now: () => number, lifetimeSeconds: number) {
  const state = {
    step: 0,
    rotatedAt: Number.NEGATIVE_INFINITY,
    alive: true,
    rotations: 0,
    replays: 0,
    reuses: 0,
    minted: 0,
    generation: 0,
    claims: { roles: ['reader'] } as Record<string, unknown>,
    /** Answers every API request so, whatever is presented. */
    refuseAll: null as string | null,
  }
  const valid = new Map<string, { readonly until: number; readonly generation: number; readonly family: number }>()
  let family = 0
  const pair = () => {
    const accessToken = `at-${family}-${++state.minted}`
    valid.set(accessToken, { until: now() + lifetimeSeconds * 1000, generation: state.generation, family })
    return {
      access_token: accessToken,
      refresh_token: `rt.${family}.${state.step}`,
      expires_in: lifetimeSeconds,
      token_type: 'Bearer',
    }
  }
  const end = (): void => {
    state.alive = false
  }

  const refresh = (presented: string): Response => {
    const [kind, of, step] = presented.split('.')
    if (kind !== 'rt' || Number(of) !== family) return problem(401, 'refresh.unknown')
    if (!state.alive) return problem(401, 'refresh.expired')
    if (Number(step) === state.step) {
      state.step++
      state.rotations++
      state.rotatedAt = now()
      return json(pair())
    }
    if (Number(step) === state.step - 1 && now() - state.rotatedAt <= WINDOW_MS) {
      state.replays++
      return json(pair())
    }
    state.reuses++
    end()
    return problem(401, 'refresh.reused')
  }

  const identify = (headers: Headers): Response | null => {
    const authorization = headers.get('authorization')
    if (authorization === null) return problem(401, 'credentials.missing')
    if (state.refuseAll !== null) return problem(401, state.refuseAll)
    const token = valid.get(authorization.slice('Bearer '.length))
    if (!token) return problem(401, 'token.malformed')
    if (!state.alive || token.family !== family) return problem(401, 'token.revoked')
    if (now() >= token.until) return problem(401, 'token.expired')
    return token.generation < state.generation ? problem(401, 'token.claims_stale') : null
  }

  return {
    state,
    end,
    handle(method: string, url: string, headers: Headers, body: string): Response {
      const { pathname } = new URL(url)
      if (pathname === '/auth/refresh')
        return refresh(String((JSON.parse(body) as Record<string, unknown>).refresh_token))
      if (pathname === '/auth/sign-in') {
        family++
        Object.assign(state, { step: 0, alive: true })
        return json({ ...pair(), device_token: 'dt' })
      }
      if (pathname === '/oauth/revoke') {
        end()
        return new Response(null, { status: 200 })
      }
      const refused = identify(headers)
      if (refused) return refused
      if (pathname === '/auth/session') {
        return json({
          subject: 'alice',
          claims: state.claims,
          session: {
            id: 's1',
            mode: 'token',
            credential: 'token',
            created_at: null,
            expires_at: 2_000_000_000,
            amr: [],
          },
        })
      }
      if (method === 'DELETE' && pathname === '/auth/sessions') {
        family++
        state.step = 0
        return json({ ...pair(), ended: 2 })
      }
      return json({ ok: true, method, body })
    },
  }
}
