/** Tabs, calls, lost answers and outages in every order: one refresh at a time, nobody signed out, never a loop. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTokenClient } from '../../../src/client/index.ts'
import { createWorld, type Fate, ISSUER } from '../../support/client-world.ts'

const SIGN_IN = { email: 'alice@app.example', password: 'correct horse battery' }

/** Draws from a list, over and over. */
const draws = <T>(values: readonly T[]) => {
  let i = 0
  return (): T => values[i++ % values.length] as T
}

async function tabsOf(world: ReturnType<typeof createWorld>, count: number) {
  const clients = Array.from({ length: count }, (_, tab) =>
    createTokenClient({ mode: 'token', issuer: ISSUER, environment: world.environment(tab) }),
  )
  const events: string[] = []
  for (const client of clients) {
    client.subscribe((event) => events.push(event.type === 'signedOut' ? `signedOut ${event.reason}` : event.type))
  }
  const first = clients[0]
  if (!first) throw new TypeError('no tab')
  const signedIn = await world.finish(first.signIn(SIGN_IN))
  expect(signedIn.ok).toBe(true)
  await world.pass(1000)
  events.length = 0
  return { clients, events }
}

const delays = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 40 })

describe('calls at once in several tabs, the access token spent', () => {
  it('make one rotation, with locks and a channel', async () => {
    await fc.assert(
      fc.asyncProperty(
        delays,
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 0, max: 300 })), { minLength: 1, maxLength: 30 }),
        async (hops, count, calls) => {
          const world = createWorld({ delay: draws(hops) })
          const { clients, events } = await tabsOf(world, count)
          await world.pass(301_000)
          const answers = calls.map(
            ([tab, atMs]) =>
              new Promise<Response>((resolve, reject) => {
                world.after(atMs, () => {
                  clients[tab % count]?.fetch(`${ISSUER}/api`).then(resolve, reject)
                })
              }),
          )
          const responses = await world.finish(Promise.all(answers))
          expect(responses.map(({ status }) => status)).toEqual(calls.map(() => 200))
          expect(world.server.state).toMatchObject({ rotations: 1, replays: 0, reuses: 0, alive: true })
          expect(world.requestsTo('/auth/refresh')).toHaveLength(1)
          expect(world.requestsTo('/api')).toHaveLength(calls.length)
          expect(events).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('make one rotation and replays of it, without locks, or without a channel', async () => {
    await fc.assert(
      fc.asyncProperty(delays, fc.integer({ min: 2, max: 5 }), fc.boolean(), async (hops, count, channel) => {
        const world = createWorld({ delay: draws(hops), locks: false, channel: true })
        const { clients, events } = await tabsOf(world, count)
        if (!channel) for (const client of clients) client.close()
        await world.pass(301_000)
        const responses = await world.finish(
          Promise.all(clients.flatMap((client) => [client.fetch(`${ISSUER}/api`), client.fetch(`${ISSUER}/api`)])),
        )
        expect(responses.every(({ status }) => status === 200)).toBe(true)
        // Never two different refresh tokens: all who asked presented the same one.
        expect(new Set(world.requestsTo('/auth/refresh').map(({ body }) => body)).size).toBe(1)
        expect(world.requestsTo('/auth/refresh').length).toBeLessThanOrEqual(count)
        expect(world.server.state).toMatchObject({ rotations: 1, reuses: 0, alive: true })
        expect(events).toEqual([])
      }),
      { numRuns: 40 },
    )
  })
})

describe('a life of many refreshes over a bad network', () => {
  it('spends each token once but for replays, one at a time, and signs nobody out', async () => {
    // Two bad ends in a row at most: a third attempt within the window is what the client has.
    const quick = fc.constantFrom<Fate>('answered', 'lost', 'unheard', 'garbled')
    const fates = fc
      .array(fc.tuple(fc.oneof(quick, fc.constant<Fate>('hung')), quick), { minLength: 1, maxLength: 12 })
      .map((list) => list.flatMap((pair): Fate[] => [...pair, 'answered']))
    await fc.assert(
      fc.asyncProperty(
        delays,
        fates,
        fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 0, max: 400_000 })), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        async (hops, list, steps, locks) => {
          const world = createWorld({ delay: draws(hops), locks, fate: draws(list) })
          const { clients, events } = await tabsOf(world, 3)
          for (const [tab, pauseMs] of steps) {
            await world.pass(pauseMs)
            const responses = await world.finish(
              Promise.all([clients[tab], clients[(tab + 1) % 3]].map((client) => client?.fetch(`${ISSUER}/api`))),
            )
            for (const response of responses) expect(response?.status).toBe(200)
          }
          await world.pass(30_000)
          expect(world.server.state).toMatchObject({ reuses: 0, alive: true })
          if (locks) expect(world.mostRefreshesAtOnce()).toBeLessThanOrEqual(1)
          // Each step may need two tabs to ask, each up to three times.
          expect(world.requestsTo('/auth/refresh').length).toBeLessThanOrEqual(steps.length * 6)
          expect(events.filter((event) => event.startsWith('signedOut'))).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  }, 60_000)

  it('an outage keeps the tokens, says when to come back and asks no more than that', async () => {
    await fc.assert(
      fc.asyncProperty(
        delays,
        fc.constantFrom<Fate>(503, 'unheard'),
        fc.integer({ min: 1, max: 40 }),
        async (hops, fate, calls) => {
          const world = createWorld({ delay: draws(hops) })
          const { clients, events } = await tabsOf(world, 2)
          await world.pass(301_000)
          world.setFate(() => fate)
          for (let i = 0; i < calls; i++) {
            const response = await world.finish(clients[i % 2]?.fetch(`${ISSUER}/api`) ?? Promise.reject(new Error()))
            expect(response.status).toBe(503)
            expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
          }
          // Each tab asks three times per pause and not at all within it.
          const elapsedMs = calls * 50
          const rounds = 2 * (1 + Math.ceil((calls * 8000 + elapsedMs) / 1000))
          expect(world.requestsTo('/auth/refresh').length).toBeLessThanOrEqual(Math.min(rounds, calls) * 3)
          expect(world.requestsTo('/api')).toHaveLength(0)
          expect(events.filter((event) => event !== 'unavailable')).toEqual([])
          world.setFate(() => 'answered')
          await world.pass(61_000)
          const back = await world.finish(Promise.all(clients.map((client) => client.fetch(`${ISSUER}/api`))))
          expect(back.map(({ status }) => status)).toEqual([200, 200])
          expect(world.server.state).toMatchObject({ rotations: 1, reuses: 0, alive: true })
        },
      ),
      { numRuns: 40 },
    )
  }, 60_000)
})

describe('a sign-out amid everything', () => {
  it('is never undone, whatever was under way', async () => {
    await fc.assert(
      fc.asyncProperty(delays, fc.integer({ min: 0, max: 400 }), fc.boolean(), async (hops, atMs, locks) => {
        const world = createWorld({ delay: draws(hops), locks })
        const { clients, events } = await tabsOf(world, 3)
        await world.pass(301_000)
        const under = clients.map((client) => client.fetch(`${ISSUER}/api`))
        const out = new Promise((resolve) => {
          world.after(atMs, () => resolve(clients[0]?.signOut()))
        })
        await world.finish(Promise.all([...under, out]))
        await world.pass(20_000)
        expect(clients.map(({ state }) => state.status)).toEqual(['signedOut', 'signedOut', 'signedOut'])
        // Each tab hears of it exactly once.
        expect(events.filter((event) => event.startsWith('signedOut'))).toHaveLength(3)
        const later = await world.finish(Promise.all(clients.map((client) => client.fetch(`${ISSUER}/api`))))
        expect(later.map(({ status }) => status)).toEqual([401, 401, 401])
      }),
      { numRuns: 60 },
    )
  })
})
