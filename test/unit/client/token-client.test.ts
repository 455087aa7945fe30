/** A client that holds tokens: what it sends where, when it refreshes, what ends a login and what does not. */
import { describe, expect, it } from 'vitest'
import {
  type ClientEvent,
  createClient,
  createTokenClient,
  type TokenClientOptions,
} from '../../../src/client/index.ts'
import { tokens } from '../../../src/client/tokens.ts'
import { createWorld, ISSUER, problem, type WorldOptions } from '../../support/client-world.ts'

const SIGN_IN = { email: 'alice@app.example', password: 'correct horse battery' }
const API = 'https://api.example'
type Handler = (request: Request) => Response | undefined | Promise<Response | undefined>

/** One signed-in client; `api` may answer before the world's server does. */
async function signedIn(
  options: Partial<TokenClientOptions> & WorldOptions & { readonly api?: Handler } = {},
  tabs = 1,
) {
  const world = createWorld(options)
  const clients = Array.from({ length: tabs }, (_, tab) => {
    const environment = world.environment(tab)
    return createTokenClient({
      mode: 'token',
      issuer: ISSUER,
      origins: [API],
      ...options,
      environment: {
        ...environment,
        async fetch(input, init) {
          const own = await options.api?.(new Request(input, init))
          return own ?? environment.fetch(input, init)
        },
      },
    })
  })
  const events: ClientEvent[][] = clients.map(() => [])
  for (const [tab, client] of clients.entries()) client.subscribe((event) => events[tab]?.push(event))
  const client = clients[0]!
  expect(await world.finish(client.signIn(SIGN_IN))).toEqual({ ok: true, value: { deviceToken: 'dt' } })
  await world.pass(100)
  for (const list of events) list.length = 0
  const get = (url = `${ISSUER}/api`, init?: RequestInit) => world.finish(client.fetch(url, init))
  return { world, client, clients, events: events[0]!, allEvents: events, get, server: world.server }
}

describe('where the access token goes', () => {
  it('to the issuer and the configured origins, in the header and nowhere else', async () => {
    const { world, get } = await signedIn()
    await get()
    await get(`${API}/things?q=1`)
    const [own, api] = world.seen.slice(-2)
    expect(own?.headers.get('authorization')).toMatch(/^Bearer at-/)
    expect(api?.headers.get('authorization')).toMatch(/^Bearer at-/)
    for (const { url } of world.seen) expect(url).not.toMatch(/at-|rt\./)
  })

  it.each([
    'https://other.example/',
    'https://api.example.evil.example/',
    'http://api.example/',
    'https://api.example:8443/',
    'https://app.example.:443/',
  ])('not to %s', async (url) => {
    const { world, get } = await signedIn()
    await get(url)
    expect(world.seen.at(-1)?.headers.has('authorization')).toBe(false)
  })

  it('not over an Authorization of the caller, which is not retried either', async () => {
    const { world, get } = await signedIn()
    const before = world.seen.length
    expect((await get(`${ISSUER}/api`, { headers: { authorization: 'Bearer mine' } })).status).toBe(401)
    expect(world.seen.slice(before).map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer mine'])
  })

  it('not along with a redirect that leads elsewhere', async () => {
    const reached: [string, string | null][] = []
    const { get } = await signedIn({
      api({ url, headers, redirect }) {
        if (!url.includes('/hop') && !url.startsWith('https://cdn.example')) return undefined
        reached.push([url, headers.get('authorization')])
        expect(redirect).toBe('manual')
        if (url === `${API}/hop`) return Response.redirect(`${ISSUER}/hop2`)
        if (url === `${ISSUER}/hop2`) return Response.redirect('https://cdn.example/file')
        return new Response('file')
      },
    })
    expect(await (await get(`${API}/hop`)).text()).toBe('file')
    expect(reached).toEqual([
      [`${API}/hop`, expect.stringMatching(/^Bearer at-/)],
      [`${ISSUER}/hop2`, expect.stringMatching(/^Bearer at-/)],
      ['https://cdn.example/file', null],
    ])
  })

  it('rejects a redirect that it cannot follow with care', async () => {
    const { client, world } = await signedIn({
      api({ url, method }) {
        if (url === `${API}/loop`) return Response.redirect(`${API}/loop`)
        if (url === `${API}/again` && method === 'POST')
          return new Response(null, { status: 307, headers: { location: '/x' } })
        // What a page gets to see of any redirect.
        if (url === `${API}/opaque`)
          return Object.defineProperty(new Response(null), 'type', { value: 'opaqueredirect' })
        return undefined
      },
    })
    for (const [path, init] of [['loop'], ['again', { method: 'POST', body: 'x' }], ['opaque']] as const) {
      await expect(world.finish(client.fetch(`${API}/${path}`, init))).rejects.toThrow(TypeError)
    }
  })

  it('leaves a caller who wants to see the redirect alone', async () => {
    const { get } = await signedIn({
      api: ({ url }) => (url === `${API}/hop` ? Response.redirect(`${API}/x`) : undefined),
    })
    expect((await get(`${API}/hop`, { redirect: 'manual' })).status).toBe(302)
  })

  it('follows 303 after a POST, and does not send the POST again when the page behind it refuses the token', async () => {
    let posts = 0
    const { client, world } = await signedIn({
      api({ url, method }) {
        if (url === `${API}/order` && method === 'POST') {
          posts++
          return new Response(null, { status: 303, headers: { location: '/orders/1' } })
        }
        return url === `${API}/orders/1` ? problem(401, 'token.claims_stale') : undefined
      },
    })
    expect((await world.finish(client.fetch(`${API}/order`, { method: 'POST', body: 'x' }))).status).toBe(401)
    expect(posts).toBe(1)
  })

  it('believes no stranger who says that the token is spent', async () => {
    const { get, world } = await signedIn({
      api({ url }) {
        if (url === `${API}/hop`) return Response.redirect('https://evil.example/')
        return url === 'https://evil.example/' ? problem(401, 'token.expired') : undefined
      },
    })
    expect((await get(`${API}/hop`)).status).toBe(401)
    expect(world.requestsTo('/auth/refresh')).toHaveLength(0)
  })
})

describe('when it refreshes', () => {
  it('ahead of time, while requests go on with the token that there is', async () => {
    const { world, get, server } = await signedIn()
    await world.pass(200_000)
    await get()
    expect(server.state.rotations).toBe(0)
    // Of 300 s the last quarter (a fifth and something of this client's own).
    await world.pass(26_000)
    await get()
    expect(
      world.seen
        .filter(({ url }) => url.endsWith('/api'))
        .at(-1)
        ?.headers.get('authorization'),
    ).toBe('Bearer at-1-1')
    await world.pass(1000)
    await get()
    expect(world.seen.at(-1)?.headers.get('authorization')).toBe('Bearer at-1-2')
    expect(server.state.rotations).toBe(1)
  })

  it('at another moment in each client', async () => {
    const aheads = []
    for (const random of [0, 0.5, 1]) {
      const clocks = { monoMs: () => 0, wallMs: () => 0, random: () => random }
      aheads.push(tokens(clocks, { refreshToken: 'r', accessToken: 'a', lifeMs: 600_000 }).aheadMs)
    }
    expect(aheads.map(Math.round)).toEqual([120_000, 150_000, 180_000])
  })

  it('by what the server told and not by what the wall clock shows', async () => {
    const { world, get, server } = await signedIn()
    world.stepWall(-86_400_000)
    await get()
    await world.pass(200_000)
    await get()
    expect(server.state.rotations).toBe(0)
    await world.pass(101_000)
    expect((await get()).status).toBe(200)
    expect(server.state.rotations).toBe(1)
    expect(world.requestsTo('/api')).toHaveLength(3)
  })

  it('after a sleep in which the monotonic clock stood still', async () => {
    const { world, get, server } = await signedIn()
    world.stepWall(3_600_000)
    expect((await get()).status).toBe(200)
    expect(server.state.rotations).toBe(1)
    await get()
    expect(server.state.rotations).toBe(1)
  })

  it('not by itself: nobody who is away keeps a session alive', async () => {
    const { world, server } = await signedIn()
    await world.pass(86_400_000)
    expect(server.state.rotations).toBe(0)
  })

  it('once more when a token is refused before its time, and then leaves it at that', async () => {
    const { world, get, server } = await signedIn()
    server.state.refuseAll = 'token.expired'
    expect((await get()).status).toBe(401)
    expect(world.requestsTo('/api')).toHaveLength(2)
    expect(world.requestsTo('/auth/refresh')).toHaveLength(1)
    for (let i = 0; i < 20; i++) expect((await get()).status).toBe(401)
    expect(world.requestsTo('/api')).toHaveLength(22)
    expect(world.requestsTo('/auth/refresh')).toHaveLength(1)
  })

  it.each(['token.audience', 'token.issuer', 'token.malformed', 'policy.denied'])('never for %s', async (code) => {
    const { world, get, server } = await signedIn()
    server.state.refuseAll = code
    expect((await get()).status).toBe(401)
    expect(world.requestsTo('/auth/refresh')).toHaveLength(0)
  })

  it('for a verifier that only speaks RFC 6750', async () => {
    let refusals = 1
    const { get, server } = await signedIn({
      api({ url }) {
        if (url !== `${API}/plain` || refusals-- <= 0) return undefined
        return new Response('no', { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
      },
    })
    expect((await get(`${API}/plain`)).status).toBe(200)
    expect(server.state.rotations).toBe(1)
  })

  it('not for a step-up challenge (RFC 9470)', async () => {
    const challenge = 'Bearer error="insufficient_user_authentication", max_age="60"'
    const { get, server } = await signedIn({
      api: ({ url }) =>
        url === `${API}/pay`
          ? new Response(null, { status: 401, headers: { 'www-authenticate': challenge } })
          : undefined,
    })
    expect((await get(`${API}/pay`)).status).toBe(401)
    expect(server.state.rotations).toBe(0)
  })
})

describe('request bodies', () => {
  const stream = () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('data'))
        controller.close()
      },
    })

  it('are sent again after a refusal when they can be', async () => {
    const { world, get, server } = await signedIn()
    server.state.generation++
    const response = await get(`${ISSUER}/api`, { method: 'POST', body: 'data' })
    expect(await response.json()).toMatchObject({ ok: true, body: 'data' })
    expect(world.requestsTo('/api')).toHaveLength(2)
  })

  it.each([
    ['a stream', () => [`${ISSUER}/api`, { method: 'POST', body: stream(), duplex: 'half' }] as const],
    [
      'a Request with a body',
      () => [new Request(`${ISSUER}/api`, { method: 'POST', body: 'data' }), undefined] as const,
    ],
  ])('are not when they are %s, but the next token is there', async (_, make) => {
    const { world, client, get, server } = await signedIn()
    server.state.generation++
    const [input, init] = make()
    expect((await world.finish(client.fetch(input, init as RequestInit))).status).toBe(401)
    expect(world.requestsTo('/api')).toHaveLength(1)
    expect((await get()).status).toBe(200)
    expect(server.state.rotations).toBe(1)
  })

  it('wait for the new token when they can be sent only once', async () => {
    const { world, client } = await signedIn()
    await world.pass(240_000)
    const init = { method: 'POST', body: stream(), duplex: 'half' } as RequestInit
    expect((await world.finish(client.fetch(`${ISSUER}/api`, init))).status).toBe(200)
    expect(world.seen.at(-1)?.headers.get('authorization')).toBe('Bearer at-1-2')
  })

  it('of a Request without one are no obstacle', async () => {
    const { world, client, server } = await signedIn()
    server.state.generation++
    const request = new Request(`${ISSUER}/api`, { method: 'POST', headers: { 'x-mine': '1' } })
    expect((await world.finish(client.fetch(request))).status).toBe(200)
    expect(world.requestsTo('/api').at(-1)?.headers.get('x-mine')).toBe('1')
  })
})

describe('what ends a login', () => {
  it('a revocation: one refresh tells, then it was elsewhere', async () => {
    const { world, client, get, events, server } = await signedIn()
    server.end()
    expect((await get()).status).toBe(401)
    expect(world.requestsTo('/api')).toHaveLength(1)
    expect(world.requestsTo('/auth/refresh')).toHaveLength(1)
    expect(events).toEqual([{ type: 'signedOut', reason: 'elsewhere' }])
    expect(client.state).toEqual({ status: 'signedOut', subject: null, sessionId: null, claims: null })
    await get()
    expect(world.requestsTo('/auth/refresh')).toHaveLength(1)
    expect(world.seen.at(-1)?.headers.has('authorization')).toBe(false)
  })

  it('a revoked token of a living login is only replaced', async () => {
    let once = true
    const { get, events, server } = await signedIn({
      api({ url }) {
        if (url !== `${API}/x` || !once) return undefined
        once = false
        return problem(401, 'token.revoked')
      },
    })
    expect((await get(`${API}/x`)).status).toBe(200)
    expect(server.state.rotations).toBe(1)
    expect(events).toEqual([])
  })

  it.each([
    ['refresh.expired', 'expired'],
    ['refresh.unknown', 'expired'],
    ['refresh.reused', 'reused'],
    ['session.ended', 'elsewhere'],
  ])('%s: %s, in all tabs', async (code, reason) => {
    const answer = { on: false }
    const { world, clients, allEvents, get } = await signedIn(
      { api: ({ url }) => (answer.on && url === `${ISSUER}/auth/refresh` ? problem(401, code) : undefined) },
      3,
    )
    answer.on = true
    await world.pass(301_000)
    expect((await get()).status).toBe(401)
    await world.pass(100)
    expect(allEvents).toEqual(clients.map(() => [{ type: 'signedOut', reason }]))
  })

  it.each<[string, () => Response]>([
    ['403', () => problem(403, 'policy.denied')],
    ['404', () => problem(404, 'request.not_found')],
    ['429', () => problem(429, 'account.throttled', { 'retry-after': '30' })],
    ['500', () => problem(500, 'internal')],
    ['502 from a proxy', () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
    ['a captive portal', () => new Response('<h1>Welcome to our Wi-Fi</h1>', { status: 200 })],
    ['a portal that speaks JSON', () => Response.json({ access_token: 1, refresh_token: 'x', expires_in: 1 })],
    [
      'a token that is no header value',
      () => Response.json({ access_token: 'a\nb', refresh_token: 'x', expires_in: 9 }),
    ],
    ['401 without a word', () => new Response(null, { status: 401 })],
    ['401 of something else', () => problem(401, 'credentials.missing')],
    ['a code that ends logins, in an answer that does not', () => problem(400, 'refresh.reused')],
  ])('not %s', async (_, make) => {
    const answer = { on: false }
    const { world, client, events, get } = await signedIn({
      api: ({ url }) => (answer.on && url === `${ISSUER}/auth/refresh` ? make() : undefined),
    })
    answer.on = true
    await world.pass(301_000)
    const response = await get()
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(events).toEqual([{ type: 'unavailable', retryAfterSeconds: expect.any(Number) }])
    expect(client.state.status).toBe('signedIn')
    answer.on = false
    await world.pass(61_000)
    expect((await get()).status).toBe(200)
  })

  it('an outage is reported once per pause, and within it nobody asks again', async () => {
    const { world, get, events } = await signedIn({ fate: () => 503 })
    await world.pass(301_000)
    const first = await get()
    expect(await first.json()).toMatchObject({ code: 'store.unavailable', detail: 'about store.unavailable' })
    const asked = world.requestsTo('/auth/refresh').length
    expect(asked).toBe(3)
    for (let i = 0; i < 20; i++) expect((await get()).status).toBe(503)
    expect(world.requestsTo('/auth/refresh')).toHaveLength(asked)
    expect(events).toEqual([{ type: 'unavailable', retryAfterSeconds: 2 }])
  })

  it('a failed refresh ahead of time does not keep the good token from being sent', async () => {
    const { world, get } = await signedIn({ fate: () => 'unheard' })
    await world.pass(240_000)
    expect((await get()).status).toBe(200)
    await world.pass(20_000)
    expect((await get()).status).toBe(200)
  })

  it('an end that comes late does not touch the login that has begun meanwhile', async () => {
    const answer = { on: false }
    const { world, client, events } = await signedIn({
      async api({ url }) {
        if (!answer.on || url !== `${ISSUER}/auth/refresh`) return undefined
        await new Promise<void>((resolve) => void world.after(500, resolve))
        return problem(401, 'refresh.expired')
      },
    })
    await world.pass(301_000)
    answer.on = true
    const late = client.fetch(`${ISSUER}/api`)
    await world.pass(200)
    await world.finish(client.signIn(SIGN_IN))
    // It was asked for as the first login, so it is not sent as the second.
    const sent = world.requestsTo('/api').length
    expect((await world.finish(late)).status).toBe(401)
    expect(world.requestsTo('/api')).toHaveLength(sent)
    expect(client.state.status).toBe('signedIn')
    expect(events).toEqual([{ type: 'signedIn' }])
  })

  it('a request of one login is not sent again as another', async () => {
    const refuse = { on: false }
    const { world, client } = await signedIn({
      async api({ url }) {
        if (!refuse.on || url !== `${API}/pay`) return undefined
        refuse.on = false
        await new Promise<void>((resolve) => void world.after(500, resolve))
        return problem(401, 'token.expired')
      },
    })
    refuse.on = true
    const paid = client.fetch(`${API}/pay`, { method: 'POST', body: 'all of it' })
    await world.pass(100)
    await world.finish(client.signIn(SIGN_IN))
    expect((await world.finish(paid)).status).toBe(401)
    expect(world.seen.filter(({ url }) => url === `${API}/pay`)).toHaveLength(0)
    expect(client.state.status).toBe('signedIn')
  })

  it('an end is not undone by a pair that arrives after it', async () => {
    const { world, client, server } = await signedIn()
    const pair = world.messages.find((message) => JSON.stringify(message).includes('rt.1.0')) as object
    server.end()
    await world.finish(client.fetch(`${ISSUER}/api`))
    world
      .environment(9)
      .openChannel(`sojourn ${ISSUER} `, () => undefined)
      ?.post({ ...pair, n: 7 })
    await world.pass(100)
    expect(client.state.status).toBe('signedOut')
  })

  it('an end is not believed when another tab has the successor already', async () => {
    const late = { on: false }
    const { world, client, events } = await signedIn({
      locks: false,
      async api({ url }) {
        if (!late.on || url !== `${ISSUER}/auth/refresh`) return undefined
        await new Promise<void>((resolve) => void world.after(500, resolve))
        return problem(401, 'refresh.unknown')
      },
    })
    const pair = world.messages.find((message) => JSON.stringify(message).includes('rt.1.0')) as object
    await world.pass(301_000)
    late.on = true
    const call = client.fetch(`${ISSUER}/nothing`)
    await world.pass(300)
    const tokens = { refreshToken: 'rt.1.1', accessToken: 'at-of-another-tab', lifeMs: 300_000, ageMs: 0 }
    world
      .environment(9)
      .openChannel(`sojourn ${ISSUER} `, () => undefined)
      ?.post({ ...pair, n: 1, tokens })
    await world.finish(call)
    expect(world.requestsTo('/nothing')[0]?.headers.get('authorization')).toBe('Bearer at-of-another-tab')
    expect(events).toEqual([])
    expect(client.state.status).toBe('signedIn')
  })
})

describe('callers', () => {
  it('who lose patience get their reason, and the refresh goes on for the others', async () => {
    const { world, client, server } = await signedIn()
    await world.pass(301_000)
    const stop = new AbortController()
    const left = client.fetch(`${ISSUER}/api`, { signal: stop.signal })
    const stays = client.fetch(`${ISSUER}/api`)
    stop.abort(new Error('enough'))
    await expect(world.finish(left)).rejects.toThrow('enough')
    expect((await world.finish(stays)).status).toBe(200)
    expect(server.state.rotations).toBe(1)
    await expect(world.finish(client.fetch(`${ISSUER}/api`, { signal: stop.signal }))).rejects.toThrow('enough')
  })

  it('who have not signed in are sent as they are, redirects and all', async () => {
    const world = createWorld()
    const client = createTokenClient({ mode: 'token', issuer: ISSUER, environment: world.environment(0) })
    expect(client.state.status).toBe('unknown')
    expect((await world.finish(client.fetch(`${ISSUER}/api`))).status).toBe(401)
    expect(world.seen.at(-1)?.redirect).toBeUndefined()
    expect(client.state.status).toBe('signedOut')
    expect(await world.finish(client.session())).toMatchObject({ ok: false, problem: { code: 'client.signed_out' } })
    expect(await world.finish(client.tokenFor(ISSUER))).toMatchObject({ problem: { code: 'client.signed_out' } })
    expect(await world.finish(client.endOthers())).toMatchObject({ problem: { code: 'client.signed_out' } })
    expect(await world.finish(client.signOut())).toEqual({ ok: true, value: null })
    expect(world.seen).toHaveLength(1)
  })

  it('get a token for what is not fetch, of their own audience only', async () => {
    const { world, client } = await signedIn()
    await world.pass(10_000)
    const token = await world.finish(client.tokenFor(ISSUER))
    expect(token).toEqual({ ok: true, value: { accessToken: 'at-1-1', expiresInSeconds: 289 } })
    expect(await world.finish(client.tokenFor('https://other.example'))).toMatchObject({
      problem: { code: 'policy.denied' },
    })
  })
})

describe('signing in and out', () => {
  it('says what the server says when it refuses', async () => {
    const world = createWorld()
    const environment = {
      ...world.environment(0),
      fetch: async () => problem(429, 'account.throttled', { 'retry-after': '7' }),
    }
    const client = createClient({ mode: 'token', issuer: ISSUER, environment })
    expect(await world.finish(client.signIn(SIGN_IN))).toEqual({
      ok: false,
      problem: { code: 'account.throttled', status: 429, retryAfterSeconds: 7, detail: 'about account.throttled' },
    })
  })

  it('sends what it was given, without cookies, and asks for its audience', async () => {
    const { world } = await signedIn({ audience: API })
    const request = world.requestsTo('/auth/sign-in')[0]
    expect(JSON.parse(request?.body ?? '')).toEqual({ ...SIGN_IN, mode: 'token', audience: API })
    expect(request?.credentials).toBe('omit')
  })

  it('refuses a mode that is not its own', async () => {
    const { client } = await signedIn()
    await expect(client.signIn({ ...SIGN_IN, mode: 'cookie' })).rejects.toThrow(TypeError)
  })

  it('signs out here at once, then at the server, with the refresh token in the body', async () => {
    const { world, client, events } = await signedIn()
    const work = client.signOut()
    await world.pass(0)
    expect(client.state.status).toBe('signedOut')
    expect(await world.finish(work)).toEqual({ ok: true, value: null })
    expect(world.requestsTo('/oauth/revoke')[0]?.body).toBe('token=rt.1.0')
    expect(events).toEqual([{ type: 'signedOut', reason: 'here' }])
  })

  it('tells when the server did not hear of a sign-out', async () => {
    const { world, client } = await signedIn({
      api({ url }) {
        if (url.endsWith('/oauth/revoke')) throw new TypeError('fetch failed')
        return undefined
      },
    })
    expect(await world.finish(client.signOut())).toMatchObject({
      ok: false,
      problem: { code: 'client.network', status: 0 },
    })
    expect(client.state.status).toBe('signedOut')
  })

  it('is seen in the other tabs, and so is the next sign-in', async () => {
    const { world, clients, allEvents } = await signedIn({}, 3)
    await world.finish(clients[1]!.signOut())
    await world.finish(clients[2]!.signIn(SIGN_IN))
    await world.pass(100)
    const expected = [{ type: 'signedOut', reason: 'here' }, { type: 'signedIn' }]
    expect(allEvents).toEqual([expected, expected, expected])
    expect((await world.finish(clients[0]!.fetch(`${ISSUER}/api`))).status).toBe(200)
    expect(world.requestsTo('/auth/refresh')).toHaveLength(0)
  })

  it('keeps logins of different names apart', async () => {
    const world = createWorld()
    const make = (name: string) =>
      createTokenClient({ mode: 'token', issuer: ISSUER, name, environment: world.environment(0) })
    const [alice, bob] = [make('alice'), make('bob')]
    await world.finish(alice.signIn(SIGN_IN))
    await world.pass(200)
    await world.finish(bob.fetch(`${ISSUER}/api`))
    expect(bob.state.status).toBe('signedOut')
  })
})

describe('ending the other logins', () => {
  it('takes over the new pair', async () => {
    const { world, client, get, server } = await signedIn()
    expect(await world.finish(client.endOthers())).toEqual({ ok: true, value: { ended: 2 } })
    await get()
    expect(world.seen.at(-1)?.headers.get('authorization')).toBe('Bearer at-2-2')
    await world.pass(301_000)
    expect((await get()).status).toBe(200)
    expect(server.state).toMatchObject({ reuses: 0, alive: true })
  })

  it('lets nobody refresh meanwhile: they take over the new pair', async () => {
    let stale = false
    const { world, clients, server } = await signedIn(
      {
        async api({ method, url }) {
          if (method === 'DELETE') await new Promise<void>((resolve) => void world.after(300, resolve))
          if (!stale || url !== `${API}/x`) return undefined
          stale = false
          return problem(401, 'token.claims_stale')
        },
      },
      2,
    )
    stale = true
    const other = new Promise<Response>((resolve) => {
      world.after(100, () => resolve(clients[1]!.fetch(`${API}/x`)))
    })
    const [ended, response] = await world.finish(Promise.all([clients[0]!.endOthers(), other]))
    expect(ended).toEqual({ ok: true, value: { ended: 2 } })
    expect(response.status).toBe(200)
    expect(world.requestsTo('/auth/refresh')).toHaveLength(0)
    expect(server.state).toMatchObject({ reuses: 0, alive: true })
  })

  it('whose answer is lost ends this one too, as the server has it', async () => {
    const lose = { on: false }
    const { world, client, get, events } = await signedIn({
      api(request) {
        if (request.method !== 'DELETE' || !lose.on) return undefined
        world.server.handle(request.method, request.url, request.headers, '')
        throw new TypeError('fetch failed')
      },
    })
    lose.on = true
    expect(await world.finish(client.endOthers())).toMatchObject({ ok: false, problem: { code: 'client.network' } })
    expect(client.state.status).toBe('signedIn')
    expect((await get()).status).toBe(401)
    expect(events).toEqual([{ type: 'signedOut', reason: 'elsewhere' }])
  })
})

describe('claims', () => {
  it('that have changed are told once, in every tab', async () => {
    const { world, client, clients, allEvents, get, server } = await signedIn({}, 2)
    expect(await world.finish(client.session())).toMatchObject({ ok: true, value: { subject: 'alice' } })
    await world.finish(clients[1]!.session())
    expect(client.state).toMatchObject({ subject: 'alice', claims: { roles: ['reader'] }, sessionId: 's1' })
    server.state.claims = { roles: ['admin'] }
    server.state.generation++
    expect((await get()).status).toBe(200)
    await world.pass(500)
    const changed = { type: 'claimsChanged', claims: { roles: ['admin'] } }
    expect(allEvents).toEqual([[changed], [changed]])
    expect(client.state.claims).toEqual({ roles: ['admin'] })
    await world.finish(clients[1]!.session())
    expect(allEvents[1]).toHaveLength(1)
  })

  it('that nobody had asked for are told too', async () => {
    const { world, get, events, server } = await signedIn()
    server.state.generation++
    await get()
    await world.pass(500)
    expect(events).toEqual([{ type: 'claimsChanged', claims: { roles: ['reader'] } }])
  })

  it('are null where the server does not tell', async () => {
    const { world, get, events, server } = await signedIn({
      api: ({ url }) => (url.endsWith('/auth/session') ? problem(401, 'token.audience') : undefined),
    })
    server.state.generation++
    await get()
    await world.pass(500)
    expect(events).toEqual([{ type: 'claimsChanged', claims: null }])
  })

  it('in another order are the same', async () => {
    const { world, client, events, server } = await signedIn()
    server.state.claims = { a: 1, b: 2 }
    await world.finish(client.session())
    server.state.claims = { b: 2, a: 1 }
    await world.finish(client.session())
    expect(events).toEqual([])
  })
})

describe('the storage', () => {
  const memory = () => {
    const kept = { value: null as string | null, writes: 0 }
    const storage = {
      read: () => kept.value,
      write(value: string | null) {
        kept.value = value
        kept.writes++
      },
    }
    return { kept, storage }
  }

  it('holds the refresh token and never the access token, over restarts, until the sign-out', async () => {
    const { kept, storage } = memory()
    const { world, client, server } = await signedIn({ storage, channel: false })
    expect(kept.value).toContain('rt.1.0')
    await world.pass(301_000)
    await world.finish(client.fetch(`${ISSUER}/api`))
    expect(kept.value).toContain('rt.1.1')
    expect(kept.value).not.toContain('at-')

    const again = createTokenClient({ mode: 'token', issuer: ISSUER, storage, environment: world.environment(1) })
    expect((await world.finish(again.fetch(`${ISSUER}/api`))).status).toBe(200)
    expect(again.state.status).toBe('signedIn')
    expect(server.state).toMatchObject({ rotations: 2, reuses: 0 })
    await world.finish(again.signOut())
    expect(kept.value).toBeNull()
  })

  it('lets programs that share it take over the newer token where they cannot talk', async () => {
    const { kept, storage } = memory()
    const { world, clients, server } = await signedIn({ storage, channel: false }, 2)
    for (let round = 0; round < 4; round++) {
      await world.pass(400_000)
      expect((await world.finish(clients[round % 2]!.fetch(`${ISSUER}/api`))).status).toBe(200)
    }
    expect(server.state).toMatchObject({ rotations: 4, reuses: 0, replays: 0 })
    expect(kept.value).toContain('rt.1.4')
  })

  it.each(['', 'null', '[]', '{"at":', '{"at":"x"}', '{"at":1,"id":"a","n":0}', 'rt.1.0'])(
    'holds nothing: %j',
    async (value) => {
      const world = createWorld()
      const storage = { read: () => value, write: () => undefined }
      const client = createTokenClient({ mode: 'token', issuer: ISSUER, storage, environment: world.environment(0) })
      expect((await world.finish(client.fetch(`${ISSUER}/api`))).status).toBe(401)
      expect(world.requestsTo('/auth/refresh')).toHaveLength(0)
    },
  )

  it('may fail without ending anything, and that is told', async () => {
    const cause = new Error('locked keychain')
    const storage = {
      read: () => Promise.reject(cause),
      write: () => Promise.reject(cause),
    }
    const { world, get, events } = await signedIn({ storage })
    await world.pass(301_000)
    expect((await get()).status).toBe(200)
    expect(events).toContainEqual({ type: 'storageFailed', cause })
    expect(events.filter(({ type }) => type !== 'storageFailed')).toEqual([])
  })

  it('in which a clock was ahead does not bring back an older login', async () => {
    const { kept, storage } = memory()
    kept.value = JSON.stringify({ at: 9e15, id: 'old', n: 3, tokens: { refreshToken: 'rt.0.9' } })
    const { get, server } = await signedIn({ storage })
    expect((await get()).status).toBe(200)
    expect(server.state.alive).toBe(true)
    expect(kept.value).toContain('rt.1.0')
  })

  it('that holds a newer login of another program is not overwritten by the end of an older one', async () => {
    const { kept, storage } = memory()
    const { world, client, server } = await signedIn({ storage, channel: false })
    const newer = JSON.stringify({ at: 9e15, id: 'theirs', n: 0, tokens: { refreshToken: 'rt.2.0' } })
    server.end()
    const call = client.fetch(`${ISSUER}/api`)
    await world.pass(3)
    kept.value = newer
    await world.finish(call)
    expect(kept.value).toContain('rt.2.0')
  })
})

describe('other tabs', () => {
  it('hand their login to a new one, which asks no server for it', async () => {
    const { world } = await signedIn()
    const fresh = createTokenClient({ mode: 'token', issuer: ISSUER, environment: world.environment(7) })
    expect((await world.finish(fresh.fetch(`${ISSUER}/api`))).status).toBe(200)
    expect(world.requestsTo('/auth/refresh')).toHaveLength(0)
  })

  it.each([null, 7, 'x', {}, { at: '1' }, { at: 1e99, id: 'x', n: 1, tokens: 'no' }, { ask: true }, { claims: {} }])(
    'cannot confuse it with %j',
    async (message) => {
      const { world, get, server } = await signedIn()
      const channel = world.environment(9).openChannel(`sojourn ${ISSUER} `, () => undefined)
      channel?.post(message)
      await world.pass(100)
      expect((await get()).status).toBe(200)
      expect(server.state.reuses).toBe(0)
    },
  )
})

describe('options', () => {
  it.each([
    'http://app.example',
    'https://app.example/path',
    'app.example',
    'ftp://app.example',
    'https://user:pass@app.example',
    'http://localhost.evil.example',
    '',
  ])('refuse %j as an origin', (origin) => {
    expect(() => createClient({ mode: 'token', issuer: origin })).toThrow(TypeError)
    expect(() => createClient({ mode: 'token', issuer: ISSUER, origins: [origin] })).toThrow(TypeError)
  })

  it.each(['http://localhost:3000', 'http://127.0.0.1:8080', 'http://[::1]:1', 'https://app.example/'])(
    'take %s',
    (origin) => {
      expect(createClient({ mode: 'token', issuer: origin }).state.status).toBe('unknown')
    },
  )

  it('need an issuer outside of pages', () => {
    expect(() => createClient({ mode: 'cookie' })).toThrow(TypeError)
  })
})
