/** The comparison tells the truth: every number here came out of the product's own code, on a virtual clock. */
import { describe, expect, it } from 'vitest'
import { MODES, type ModeName } from '../../../../web/lab/sim/modes.ts'
import type { ColumnResult, Setup } from '../../../../web/lab/sim/result.ts'
import { runCompare } from '../../../../web/lab/sim/run.ts'
import { SCENARIOS } from '../../../../web/lab/sim/scenarios.ts'

const SETUP: Setup = {
  scenario: 'revoke-one',
  instances: 3,
  users: 20,
  requestsPerSecond: 10,
  rttMs: 2,
  seed: 42,
  tokenMinutes: 3,
  failOpen: false,
}
const context = { signal: new AbortController().signal, progress: () => undefined }
const run = (change: Partial<Setup>, modes: readonly ModeName[] = MODES) =>
  runCompare({ setup: { ...SETUP, ...change }, modes }, context)

async function columns(change: Partial<Setup>, modes?: readonly ModeName[]) {
  const result = await run(change, modes)
  return Object.fromEntries(result.columns.map((column) => [column.mode, column])) as Record<ModeName, ColumnResult>
}
const ASK_THE_STORE = ['cookie', 'denylist'] as const
const OURS = ['sojourn-cookie', 'sojourn-token'] as const

describe('a seed', () => {
  it('gives the same run again: counts, times, lanes; but not the bytes of signatures', async () => {
    for (const scenario of ['revoke-one', 'partition', 'store-outage'] as const) {
      expect(await run({ scenario })).toEqual(await run({ scenario }))
    }
  })
  it('is one of many', async () => {
    const [one, other] = [await run({}), await run({ seed: 43 })]
    expect(one.columns[0]?.counters).not.toEqual(other.columns[0]?.counters)
  })
  it('sends the same requests to every column', async () => {
    const { columns } = await run({}, ['cookie', 'cached', 'sojourn-cookie'])
    expect(new Set(columns.map(({ counters }) => counters.requests)).size).toBe(1)
  })
})

describe('after a revocation', () => {
  it.each(['revoke-one', 'revoke-user'] as const)('%s: who accepts what, and for how long', async (scenario) => {
    const all = await columns({ scenario })
    for (const mode of [...ASK_THE_STORE, ...OURS]) expect(all[mode].counters.acceptedAfter, mode).toBe(0)
    // The token was 20 s old at the start and lives for 180 s; it is revoked at 60 s.
    const { acceptedAfter, acceptedAfterMs } = all.jwt.counters
    expect(acceptedAfterMs).toBeGreaterThan(98_000)
    expect(acceptedAfterMs).toBeLessThanOrEqual(100_000)
    expect(acceptedAfter).toBeGreaterThan(290)
    expect(all.cached.counters.acceptedAfterMs).toBeLessThan(5000)
    // At the edge nothing; what was taken from behind it lives on.
    for (const lane of all.bff.lanes) {
      const last = lane.segments.findLast(({ standing }) => standing === 'accepted')
      expect((last?.to ?? 0) > 61_000, lane.name).toBe(lane.name === 'taken from behind')
    }
  })

  it('the fleet has confirmed it within a few round trips', async () => {
    const all = await columns({})
    for (const mode of OURS) {
      const { calledAtMs, resolvedAtMs, confirmedBy } = all[mode]
      expect(confirmedBy).toBe('acks')
      expect((resolvedAtMs ?? 0) - (calledAtMs ?? 0)).toBeLessThan(20)
    }
  })

  it('a changed role takes effect at the next request, or with the next token', async () => {
    const all = await columns({ scenario: 'role-removed' })
    for (const mode of [...ASK_THE_STORE, ...OURS]) expect(all[mode].counters.acceptedAfter, mode).toBe(0)
    expect(all.jwt.counters.acceptedAfterMs).toBeGreaterThan(85_000)
    // She is still logged in: not one of her requests ended her login.
    expect(all['sojourn-token'].counters.signIns).toBe(0)
  })

  it('a new password ends the others, and keeps her own', async () => {
    const all = await columns({ scenario: 'password-reset' })
    for (const mode of MODES) expect(all[mode].figures, mode).toEqual({ ended: 3, ownKept: 1 })
    for (const mode of OURS) expect(all[mode].counters.acceptedAfter, mode).toBe(0)
    expect(all.jwt.counters.acceptedAfter).toBeGreaterThan(0)
  })
})

describe('in the quiet', () => {
  it('a look-up costs a read for each request; a token, and a near-cache under a lease, none', async () => {
    const all = await columns({ scenario: 'new-instance' })
    const { cookie, jwt } = all
    expect(cookie.counters.steadyReads).toBe(cookie.counters.steadyRequests)
    expect(cookie.counters.lookups).toBe(cookie.counters.requests)
    expect(cookie.counters.lookupP50Ms).toBeGreaterThanOrEqual(2)
    expect(all['sojourn-cookie'].counters.steadyReads).toBe(0)
    // Reads of tokens are those of refreshes, one each, in the background of the clients.
    expect(jwt.counters.lookups).toBe(0)
    expect(jwt.counters.reads).toBe(jwt.counters.refreshes)
    expect(all['sojourn-token'].counters.reads).toBe(all['sojourn-token'].counters.refreshes)
  })

  it('a cookie is 71 bytes, a token hundreds', async () => {
    const all = await columns({ scenario: 'new-instance' }, ['cookie', 'jwt'])
    expect(all.cookie.counters.headerBytes).toBe(71)
    expect(all.jwt.counters.headerBytes).toBeGreaterThan(400)
  })
})

describe('without a store', () => {
  it('look-ups refuse at once; a lease holds for a while, then refuses; nobody is logged out', async () => {
    const all = await columns({ scenario: 'store-outage', tokenMinutes: 10 })
    const outage = (mode: ModeName) => all[mode].counters
    expect(outage('cookie').unavailable).toBeGreaterThan(600)
    // Only clients whose token runs out in these sixty seconds: they get no other.
    expect(outage('jwt').unavailable).toBeLessThan(40)
    for (const { segments } of all.jwt.lanes) expect(segments.map(({ standing }) => standing)).toEqual(['accepted'])
    for (const mode of OURS) {
      expect(outage(mode).unavailable).toBeGreaterThan(0)
      expect(outage(mode).unavailable).toBeLessThan(outage('cookie').unavailable)
      expect(outage(mode).rejected).toBe(0)
      const first = all[mode].lanes[0]?.segments.find(({ standing }) => standing === 'unavailable')
      // The lease of 12 s was renewed a moment before 60 s.
      expect(first?.from).toBeGreaterThan(68_000)
      expect(first?.from).toBeLessThan(74_500)
      expect(all[mode].lanes[0]?.segments.at(-1)?.standing).toBe('accepted')
    }
  })

  it('fail open: whoever is known stays in, knowingly stale', async () => {
    const all = await columns({ scenario: 'store-outage', tokenMinutes: 10, failOpen: true }, ['denylist', ...OURS])
    for (const mode of ['denylist', ...OURS] as const) {
      expect(all[mode].counters.unavailable, mode).toBeLessThan(40)
      for (const { segments } of all[mode].lanes) {
        expect(
          segments.map(({ standing }) => standing),
          mode,
        ).toEqual(['accepted'])
      }
    }
    expect(all['sojourn-cookie'].counters.unavailable).toBe(0)
  })

  it('a partition: the cut-off instance refuses once its lease has run out, and revoke() waits for that', async () => {
    const all = await columns({ scenario: 'partition' }, ['jwt', ...OURS])
    expect(all.jwt.counters.acceptedAfter).toBeGreaterThan(0)
    for (const mode of OURS) {
      const { counters, lanes, confirmedBy, calledAtMs, resolvedAtMs } = all[mode]
      expect(counters.acceptedAfter).toBe(0)
      expect(confirmedBy).toBe('lease')
      expect((resolvedAtMs ?? 0) - (calledAtMs ?? 0)).toBeGreaterThan(3000)
      const standings = lanes.at(-1)?.segments.map(({ standing }) => standing) ?? []
      expect(standings.slice(0, 2)).toEqual(['accepted', 'unavailable'])
      expect(standings.at(-1)).toBe('rejected')
    }
  })
})

describe('the other scenarios', () => {
  it('a planned rotation refuses nobody; the emergency brake stops all that was signed before', async () => {
    const all = await columns({ scenario: 'key-rotation', tokenMinutes: 10 })
    for (const mode of OURS) {
      const first = all[mode].lanes.map(
        ({ segments }) => segments.find(({ standing }) => standing !== 'accepted')?.from,
      )
      for (const from of first) expect(from).toBeGreaterThanOrEqual(180_000)
      expect(all[mode].counters.acceptedAfter).toBe(0)
    }
    // Its verifiers read the key set again within a minute.
    expect(all.jwt.counters.acceptedAfter).toBeGreaterThan(0)
    expect(all.jwt.counters.acceptedAfterMs).toBeLessThan(62_000)
  })

  it('a clock that is behind lets a plain token live longer, by as much', async () => {
    const all = await columns({ scenario: 'clock-skew', tokenMinutes: 5 }, ['jwt', ...OURS])
    const lastOf = (lane: number) =>
      all.jwt.lanes[lane]?.segments.findLast(({ standing }) => standing === 'accepted')?.to ?? 0
    expect((lastOf(2) - lastOf(0)) / 1000).toBeCloseTo(90, -1)
    for (const mode of OURS) expect(all[mode].counters.acceptedAfter).toBe(0)
  })

  it('a storm: one sign-in for each user', async () => {
    const all = await columns({ scenario: 'login-storm' }, ['cookie', 'sojourn-token'])
    for (const { counters } of Object.values(all)) expect(counters.signIns).toBe(SETUP.users)
    expect(all['sojourn-token'].counters.signed).toBeGreaterThanOrEqual(SETUP.users)
  })

  it('thirty days: a long JWT is stolen for the rest of them, a short one for minutes', async () => {
    const all = await columns({ scenario: 'thirty-days' })
    const DAY = 86_400_000
    expect(all.jwt.figures.exposureMs).toBeGreaterThan(27 * DAY)
    expect(all['sojourn-token'].figures.exposureMs).toBeLessThanOrEqual(SETUP.tokenMinutes * 60_000)
    expect(all['sojourn-token'].figures.exposureMs).toBeGreaterThan(60_000)
    for (const mode of ['cookie', 'sojourn-cookie'] as const) {
      expect(all[mode].figures.exposureMs).toBeLessThan(8 * DAY)
      expect(all[mode].counters.acceptedAfter).toBe(0)
    }
  })

  it('header budget: a handle stays as it is, a token grows until none holds its claims', async () => {
    const {
      columns: [cookie, token],
    } = await run({ scenario: 'header-budget' }, ['cookie', 'sojourn-token'])
    expect(new Set(cookie?.series.map(({ bytes }) => bytes))).toEqual(new Set([71]))
    const bytes = token?.series.map((point) => point.bytes) ?? []
    expect(bytes.at(-1) ?? 0).toBeGreaterThan((bytes[0] ?? 0) + 5000)
    expect(token?.figures.cookieAt).toBeGreaterThan(100)
  })

  it.each(SCENARIOS)('%s ends in one sentence with numbers', async (scenario) => {
    const { sentence } = await run({ scenario, users: 5 }, ['cookie', 'sojourn-token'])
    expect(sentence).toMatch(/^[A-Z].*\d.*\.$/)
    expect(sentence).not.toMatch(/undefined|NaN|null/)
  })
})

describe('a long run', () => {
  it('tells how far it is, and stops when it is told to', async () => {
    const abort = new AbortController()
    const seen: number[] = []
    const progress = (done: number): void => {
      seen.push(done)
      if (done > 0.2) abort.abort(new Error('enough'))
    }
    await expect(
      runCompare({ setup: { ...SETUP, requestsPerSecond: 200 }, modes: MODES }, { signal: abort.signal, progress }),
    ).rejects.toThrow('enough')
    expect(seen.at(-1)).toBeLessThan(0.5)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  })

  it('refuses what is out of bounds', async () => {
    await expect(run({ users: 1e6 })).rejects.toThrow('users is a whole number from 1 to 2000')
    await expect(run({ scenario: 'nothing' as never })).rejects.toThrow(TypeError)
    await expect(run({}, [])).rejects.toThrow(TypeError)
  })
})
