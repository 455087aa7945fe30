/** A client in a page whose login is a cookie: nothing to refresh, everything to notice. */
import { describe, expect, it } from 'vitest'
import { type ClientEvent, createCookieClient } from '../../../src/client/index.ts'
import { createWorld, ISSUER, problem } from '../../support/client-world.ts'

const SIGN_IN = { email: 'alice@app.example', password: 'correct horse battery' }
const EXPIRES_AT = 1_760_000_000

/** A cookie server: one browser, so one cookie for all tabs. */
function page(tabs = 1) {
  const world = createWorld()
  const server = {
    signedIn: false,
    cookiesKept: true,
    claims: { roles: ['reader'] } as Record<string, unknown>,
    /** Instead of the usual answer. */
    next: null as Response | null,
    minted: 0,
    delayMs: 0,
  }
  const asked: { url: string; method: string; credentials: string; body: string; authorization: string | null }[] = []
  const session = () => ({
    subject: 'alice',
    claims: server.claims,
    session: { id: 's1', mode: 'cookie', credential: 'cookie', created_at: 1, expires_at: EXPIRES_AT, amr: ['pwd'] },
  })
  const answer = (request: Request): Response => {
    const { pathname, origin } = new URL(request.url)
    if (server.next) {
      const { next } = server
      server.next = null
      return next
    }
    if (origin !== ISSUER) return Response.json({})
    if (pathname === '/auth/sign-in') {
      server.signedIn = server.cookiesKept
      return Response.json({ subject: 'alice', session: session().session, cookie_check: '/auth/cookie-check' })
    }
    if (pathname === '/auth/cookie-check') {
      return server.signedIn ? new Response(null, { status: 204 }) : problem(400, 'session.cookie_not_kept')
    }
    if (pathname === '/auth/sign-out') {
      server.signedIn = false
      return Response.json({ signed_out: true })
    }
    if (!server.signedIn) return problem(401, 'credentials.missing')
    if (pathname === '/auth/session') return Response.json(session())
    if (pathname === '/auth/token') {
      return Response.json({ access_token: `bt${++server.minted}`, expires_in: 300, token_type: 'Bearer' })
    }
    if (pathname === '/auth/sessions') {
      return request.method === 'DELETE'
        ? Response.json({ ended: 3, subject: 'alice', session: { id: 's2', expires_at: EXPIRES_AT } })
        : Response.json({
            sessions: [
              { ...session().session, last_seen_at: 2, current: true, device: { user_agent: 'F', address: null } },
            ],
            cursor: 'more',
          })
    }
    return Response.json({ ok: true })
  }
  const clients = Array.from({ length: tabs }, (_, tab) =>
    createCookieClient({
      mode: 'cookie',
      issuer: ISSUER,
      environment: {
        ...world.environment(tab),
        async fetch(input, init) {
          const request = new Request(input, init)
          const { url, method, credentials } = request
          const authorization = request.headers.get('authorization')
          asked.push({ url, method, credentials, body: await request.clone().text(), authorization })
          const given = answer(request)
          await new Promise<void>((resolve) => void world.after(server.delayMs, resolve))
          return given
        },
      },
    }),
  )
  const events: ClientEvent[][] = clients.map(() => [])
  for (const [tab, client] of clients.entries()) client.subscribe((event) => events[tab]?.push(event))
  return { world, server, asked, client: clients[0]!, clients, events, run: world.finish }
}

async function signedIn(tabs = 1) {
  const made = page(tabs)
  expect(await made.run(made.client.signIn(SIGN_IN))).toEqual({ ok: true, value: { deviceToken: null } })
  await made.world.pass(50)
  for (const list of made.events) list.length = 0
  return made
}

describe('a page', () => {
  it('knows nothing until it has asked', async () => {
    const { client, run, events, server } = page()
    expect(client.state).toEqual({ status: 'unknown', subject: null, sessionId: null, claims: null })
    expect(await run(client.session())).toMatchObject({
      ok: false,
      problem: { code: 'credentials.missing', status: 401 },
    })
    expect(client.state.status).toBe('signedOut')
    server.signedIn = true
    expect(await run(client.session())).toMatchObject({
      ok: true,
      value: { subject: 'alice', session: { expiresAt: EXPIRES_AT } },
    })
    expect(client.state).toEqual({
      status: 'signedIn',
      subject: 'alice',
      sessionId: 's1',
      claims: { roles: ['reader'] },
    })
    expect(events[0]).toEqual([])
  })

  it('sends the cookie to its own origin and no token anywhere', async () => {
    const { client, run, asked } = await signedIn()
    await run(client.fetch(`${ISSUER}/api`))
    await run(client.fetch('https://other.example/'))
    await run(client.fetch(new Request('https://other.example/', { credentials: 'omit' })))
    expect(asked.map(({ credentials }) => credentials)).toEqual([...Array(4).fill('same-origin'), 'omit'])
    expect(asked.filter(({ authorization }) => authorization !== null)).toEqual([])
  })

  it('is told when the browser did not keep the cookie', async () => {
    const { client, run, server, events } = page()
    server.cookiesKept = false
    expect(await run(client.signIn(SIGN_IN))).toMatchObject({ ok: false, problem: { code: 'session.cookie_not_kept' } })
    expect(client.state.status).toBe('unknown')
    expect(events[0]).toEqual([])
  })

  it('lists its devices', async () => {
    const { client, run, asked } = await signedIn()
    const listed = await run(client.devices('a/b'))
    expect(asked.at(-1)?.url).toBe(`${ISSUER}/auth/sessions?cursor=a%2Fb`)
    expect(listed).toMatchObject({
      ok: true,
      value: { cursor: 'more', devices: [{ id: 's1', lastSeenAt: 2, current: true, device: { userAgent: 'F' } }] },
    })
  })

  it('leaves the names of claims alone', async () => {
    const { client, run, server } = await signedIn()
    server.claims = { pay_grade: { top_level: 1 } }
    expect(await run(client.session())).toMatchObject({ value: { claims: { pay_grade: { top_level: 1 } } } })
  })

  it.each([
    [{}],
    [[]],
    [{ subject: 1 }],
    [{ subject: 'a', claims: null, session: { id: 'x', expires_at: 1 } }],
    [{ subject: 'a', claims: {} }],
  ])('does not believe %j', async (body) => {
    const { client, run, server } = await signedIn()
    server.next = Response.json(body)
    expect(await run(client.session())).toMatchObject({ ok: false, problem: { code: 'client.answer', status: 200 } })
    server.next = Response.json(body)
    expect(await run(client.devices())).toMatchObject({ ok: false, problem: { code: 'client.answer' } })
  })
})

describe('the end of a login', () => {
  it.each([
    ['before its time: elsewhere', 0, 'elsewhere'],
    ['after it: expired', EXPIRES_AT * 1000, 'expired'],
  ])('%s', async (_, stepMs, reason) => {
    const { world, client, run, server, events } = await signedIn()
    world.stepWall(stepMs)
    server.next = problem(401, 'session.ended')
    expect((await run(client.fetch(`${ISSUER}/api`))).status).toBe(401)
    expect(events[0]).toEqual([{ type: 'signedOut', reason }])
    server.next = problem(401, 'session.ended')
    await run(client.fetch(`${ISSUER}/api`))
    expect(events[0]).toHaveLength(1)
  })

  it('is told to a page that had not asked', async () => {
    const { client, run, server, events } = page()
    server.next = problem(401, 'session.ended')
    await run(client.fetch(`${ISSUER}/api`))
    expect(events[0]).toEqual([{ type: 'signedOut', reason: 'expired' }])
  })

  it('is a cookie that the browser has dropped', async () => {
    const { client, run, server, events } = await signedIn()
    server.signedIn = false
    await run(client.fetch(`${ISSUER}/api`))
    expect(events[0]).toEqual([{ type: 'signedOut', reason: 'expired' }])
  })

  it('is seen in the other tabs', async () => {
    const { world, clients, run, events } = await signedIn(3)
    await run(clients[2]!.signOut())
    await world.pass(50)
    expect(events).toEqual(Array(3).fill([{ type: 'signedOut', reason: 'here' }]))
    expect(clients.map(({ state }) => state.status)).toEqual(Array(3).fill('signedOut'))
    await run(clients[1]!.signIn(SIGN_IN))
    await world.pass(50)
    expect(events.map((list) => list.at(-1))).toEqual(Array(3).fill({ type: 'signedIn' }))
  })

  it('is seen in tabs that each found their login by asking', async () => {
    const { world, clients, run, server, events } = page(3)
    server.signedIn = true
    for (const client of clients) await run(client.session())
    await run(clients[0]!.signOut())
    await world.pass(50)
    expect(events).toEqual(Array(3).fill([{ type: 'signedOut', reason: 'here' }]))
  })

  it('is not for another site to declare', async () => {
    const { client, run, server, events } = await signedIn()
    server.next = problem(401, 'session.ended')
    await run(client.fetch('https://other.example/'))
    expect(events[0]).toEqual([])
    expect(client.state.status).toBe('signedIn')
  })

  it.each([
    problem(401, 'account.credentials'),
    problem(403, 'session.ended'),
    problem(401, 'app.step_up'),
    new Response('', { status: 401 }),
  ])('is not every refusal (%#)', async (response) => {
    const { client, run, server, events } = await signedIn()
    server.next = response
    await run(client.fetch(`${ISSUER}/api`))
    expect(events[0]).toEqual([])
  })

  it('is no news when a new login has begun meanwhile', async () => {
    const { world, client, run, server, events } = await signedIn()
    server.next = problem(401, 'session.ended')
    server.delayMs = 500
    const late = client.fetch(`${ISSUER}/api`)
    await world.pass(10)
    server.delayMs = 0
    await run(client.signIn(SIGN_IN))
    await run(late)
    expect(client.state.status).toBe('signedIn')
    expect(events[0]).toEqual([{ type: 'signedIn' }])
  })

  it('is not undone by an answer from before', async () => {
    const { world, client, run, server } = await signedIn()
    server.delayMs = 500
    const late = client.session()
    await world.pass(10)
    server.delayMs = 0
    await run(client.signOut())
    await run(late)
    expect(client.state).toMatchObject({ status: 'signedOut', subject: null })
  })

  it('does not come from a sign-out that failed: the cookie is still there', async () => {
    const { client, run, server, events } = await signedIn()
    server.next = problem(503, 'store.unavailable', { 'retry-after': '4' })
    expect(await run(client.signOut())).toMatchObject({
      ok: false,
      problem: { code: 'store.unavailable', retryAfterSeconds: 4 },
    })
    expect(client.state.status).toBe('signedIn')
    expect(events[0]).toEqual([])
  })

  it('comes with the end of this very device', async () => {
    const { client, run, asked, events } = await signedIn()
    expect(await run(client.endDevice('s 9'))).toEqual({ ok: true, value: null })
    expect(asked.at(-1)).toMatchObject({ method: 'DELETE', url: `${ISSUER}/auth/sessions/s%209` })
    expect(events[0]).toEqual([])
    await run(client.endDevice('s1'))
    expect(events[0]).toEqual([{ type: 'signedOut', reason: 'here' }])
  })

  it('of the others leaves this one with a new id', async () => {
    const { client, run, events } = await signedIn()
    expect(await run(client.endOthers())).toEqual({ ok: true, value: { ended: 3 } })
    expect(client.state).toMatchObject({ status: 'signedIn', subject: 'alice', sessionId: 's2' })
    expect(events[0]).toEqual([])
  })

  it('an outage is none', async () => {
    const { client, run, server, events } = await signedIn()
    server.next = problem(503, 'revocation.stale', { 'retry-after': '3' })
    expect((await run(client.fetch(`${ISSUER}/api`))).status).toBe(503)
    expect(events[0]).toEqual([{ type: 'unavailable', retryAfterSeconds: 3 }])
    expect(client.state.status).toBe('signedIn')
  })
})

describe('tokens of the bridge', () => {
  it('are asked for once, kept until they near their end, and forgotten with the login', async () => {
    const { world, client, run, server, asked } = await signedIn()
    const both = await run(
      Promise.all([client.tokenFor('https://api.example'), client.tokenFor('https://api.example')]),
    )
    expect(both).toEqual(
      Array(2).fill({ ok: true, value: { accessToken: 'bt1', expiresInSeconds: expect.any(Number) } }),
    )
    expect(JSON.parse(asked.at(-1)?.body ?? '')).toEqual({ audience: 'https://api.example' })
    await world.pass(200_000)
    expect(await run(client.tokenFor('https://api.example'))).toMatchObject({ value: { accessToken: 'bt1' } })
    expect(await run(client.tokenFor('https://api.example', 'read'))).toMatchObject({ value: { accessToken: 'bt2' } })
    await world.pass(40_000)
    expect(await run(client.tokenFor('https://api.example'))).toMatchObject({ value: { accessToken: 'bt3' } })
    await run(client.signOut())
    expect(await run(client.tokenFor('https://api.example'))).toMatchObject({
      problem: { code: 'credentials.missing' },
    })
    await run(client.signIn(SIGN_IN))
    expect(await run(client.tokenFor('https://api.example'))).toMatchObject({ value: { accessToken: 'bt4' } })
    expect(server.minted).toBe(4)
  })

  it('carry new claims', async () => {
    const { client, run, server, events } = await signedIn()
    await run(client.session())
    await run(client.tokenFor('https://api.example'))
    server.claims = { roles: ['admin'] }
    await run(client.session())
    expect(events[0]).toEqual([{ type: 'claimsChanged', claims: { roles: ['admin'] } }])
    expect(await run(client.tokenFor('https://api.example'))).toMatchObject({ value: { accessToken: 'bt2' } })
  })

  it('that are refused are asked for again next time', async () => {
    const { client, run, server } = await signedIn()
    server.next = problem(403, 'token.browser')
    expect(await run(client.tokenFor('https://api.example'))).toMatchObject({ problem: { code: 'token.browser' } })
    expect(await run(client.tokenFor('https://api.example'))).toMatchObject({ ok: true })
  })
})

describe('listeners', () => {
  it('hear nothing after they have stopped, each for itself', async () => {
    const { client, run, server } = await signedIn()
    const heard: string[] = []
    const listener = (event: ClientEvent) => void heard.push(event.type)
    const [first] = [client.subscribe(listener), client.subscribe(listener)]
    server.next = problem(503, 'store.unavailable')
    await run(client.fetch(`${ISSUER}/api`))
    first()
    server.next = problem(503, 'store.unavailable')
    await run(client.fetch(`${ISSUER}/api`))
    expect(heard).toHaveLength(3)
  })

  it('see the state that an event tells of', async () => {
    const { client, run } = page()
    const states: unknown[] = []
    client.subscribe((event) => states.push([event.type, client.state.status, client.state.subject]))
    await run(client.signIn(SIGN_IN))
    await run(client.signOut())
    expect(states).toEqual([
      ['signedIn', 'signedIn', 'alice'],
      ['signedOut', 'signedOut', null],
    ])
  })
})
