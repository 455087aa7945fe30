/** Throttling: growing delays, known devices apart from the rest, bursts, bounded memory. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDeviceTokens } from '../../../src/accounts/device-token.ts'
import {
  ATTEMPT_LIMITS,
  type AttemptCounter,
  type AttemptLimit,
  createThrottle,
  networkOf,
} from '../../../src/accounts/throttle.ts'
import type { Clock } from '../../../src/clock.ts'
import { createSecretRing } from '../../../src/crypto/secret-ring.ts'
import { AuthError, isAuthError } from '../../../src/errors.ts'
import { createAttemptCounter } from '../../../src/server/attempt-counter.ts'
import { createSharedAttemptCounter } from '../../../src/server/shared-attempt-counter.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createTestClock } from '../../../src/testing/clock.ts'
import { createMemoryRecords } from '../../support/memory-records.ts'

const secrets = createSecretRing(['k3y-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'])
const LIMIT = { free: 3, windowSeconds: 600, firstDelaySeconds: 2, longestDelaySeconds: 30 }

function setUp() {
  const clock = createTestClock()
  const counters = {
    device: createAttemptCounter(ATTEMPT_LIMITS.device, clock),
    address: createAttemptCounter(ATTEMPT_LIMITS.address, clock),
    account: createAttemptCounter(ATTEMPT_LIMITS.account, clock),
    signUp: createAttemptCounter(ATTEMPT_LIMITS.signUp, clock),
    passwordCheck: createAttemptCounter(ATTEMPT_LIMITS.passwordCheck, clock),
    deviceCode: createAttemptCounter(ATTEMPT_LIMITS.deviceCode, clock),
  }
  const devices = createDeviceTokens(secrets)
  return { clock, counters, devices, throttle: createThrottle({ counters, devices, secrets }) }
}

async function outcome(attempt: Promise<unknown>): Promise<number> {
  try {
    await attempt
    return 0
  } catch (error) {
    if (isAuthError(error, 'account.throttled')) return error.retryAfterSeconds ?? -1
    throw error
  }
}

/** Both kinds; the second one on two servers, asked in turns. */
const COUNTERS = [
  ['in memory', createAttemptCounter],
  [
    'shared by two servers',
    (limit: AttemptLimit, clock: Clock): AttemptCounter => {
      const records = createMemoryStore().records('attempts')
      const servers = [1, 2].map(() => createSharedAttemptCounter(limit, records, clock))
      let turn = 0
      const next = () => servers[turn++ % 2] as AttemptCounter
      return {
        take: (key) => next().take(key),
        giveBack: (key) => next().giveBack(key),
        clear: (key) => next().clear(key),
      }
    },
  ],
] as const

describe.each(COUNTERS)('a counter %s', (_, createCounter) => {
  it('lets some through, then one after each delay, and the delays double up to a limit', async () => {
    const clock = createTestClock()
    const counter = createCounter(LIMIT, clock)
    for (let i = 0; i < 3; i++) expect(await counter.take('a')).toBe(0)
    for (const delay of [2, 4, 8, 16, 30, 30]) {
      expect(await counter.take('a')).toBe(delay)
      clock.advance(delay - 1)
      expect(await counter.take('a')).toBe(1)
      clock.advance(1)
      expect(await counter.take('a')).toBe(0)
    }
    expect(await counter.take('b')).toBe(0)
  })

  it('does not let a burst through', async () => {
    const counter = createCounter(LIMIT, createTestClock())
    const results = await Promise.all(Array.from({ length: 1000 }, () => counter.take('a')))
    expect(results.filter((wait) => wait === 0)).toHaveLength(3)
  })

  it('forgets after its window', async () => {
    const clock = createTestClock()
    const counter = createCounter(LIMIT, clock)
    for (let i = 0; i < 3; i++) await counter.take('a')
    clock.advance(600)
    expect(await counter.take('a')).toBe(0)
    expect(await counter.take('a')).toBe(0)
  })

  it('gives an attempt back, never below nothing', async () => {
    const counter = createCounter(LIMIT, createTestClock())
    for (let i = 0; i < 5; i++) await counter.giveBack('a')
    for (let i = 0; i < 3; i++) expect(await counter.take('a')).toBe(0)
    await counter.giveBack('a')
    expect(await counter.take('a')).toBe(0)
    expect(await counter.take('a')).toBeGreaterThan(0)
    await counter.clear('a')
    expect(await counter.take('a')).toBe(0)
  })
})

describe('a counter in memory', () => {
  it('holds a bounded number of keys and forgets none of them in a flood', async () => {
    const counter = createAttemptCounter(LIMIT, createTestClock())
    for (let i = 0; i < 3; i++) await counter.take('victim')
    for (let i = 0; i < 110_000; i++) await counter.take(`flood-${i}`)
    expect(counter.size).toBeLessThanOrEqual(101_024 + 1)
    expect(await counter.take('victim')).toBeGreaterThan(0)
  })

  it('keeps over a restart who has to wait', async () => {
    const clock = createTestClock()
    const counter = createAttemptCounter(LIMIT, clock)
    for (let i = 0; i < 3; i++) await counter.take('a')
    await counter.take('one attempt is not worth keeping')
    const dump = JSON.parse(JSON.stringify(counter.dump()))
    expect(dump).toHaveLength(1)
    clock.advance(1)
    const next = createAttemptCounter(LIMIT, clock)
    next.restore(dump)
    expect(await next.take('a')).toBe(1)
    clock.advance(1)
    expect(await next.take('a')).toBe(0)
    expect(await next.take('a')).toBe(4)
  })

  it('takes back no nonsense', () => {
    const counter = createAttemptCounter(LIMIT, createTestClock())
    fc.assert(fc.property(fc.jsonValue(), (value) => counter.restore(value as never)))
    counter.restore([['a', Number.NaN, 1e15, 0], ['b', '3', 1e15, 0], [3, 3, 1e15, 0], null])
    expect(counter.size).toBe(0)
  })
})

describe('a shared counter', () => {
  it('lets through what one would, with eight servers and every step a race', async () => {
    const records = createMemoryRecords()
    const servers = Array.from({ length: 8 }, () => createSharedAttemptCounter(LIMIT, records, createTestClock()))
    const taken = await Promise.all(Array.from({ length: 200 }, (_, i) => servers[i % 8]?.take('a')))
    expect(taken.filter((wait) => wait === 0)).toHaveLength(3)
    await Promise.all([servers[0]?.giveBack('a'), servers[1]?.giveBack('a')])
    const again = await Promise.all(servers.map((server) => server.take('a')))
    expect(again.filter((wait) => wait === 0)).toHaveLength(2)
  })

  it('writes nothing for an attempt that has to wait, and keeps a bounded number of rows', async () => {
    const records = createMemoryRecords()
    const counter = createSharedAttemptCounter(LIMIT, records, createTestClock())
    for (let i = 0; i < 20; i++) await counter.take('a')
    expect(records.calls.writes).toBe(3)
    for (let i = 0; i < 500; i++) await counter.take(secrets.tag('test', `flood-${i}`))
    for (const key of records.raw.keys()) expect(Number.parseInt(key, 36)).toBeLessThan(2 ** 20)
  })

  it('says so when the store does not answer, and goes on afterwards', async () => {
    const records = createMemoryRecords()
    const counter = createSharedAttemptCounter(LIMIT, records, createTestClock())
    records.fail = new AuthError('store.unavailable', 'away')
    await expect(counter.take('a')).rejects.toThrow('away')
    records.fail = null
    expect(await counter.take('a')).toBe(0)
  })
})

describe('a device token', () => {
  const devices = createDeviceTokens(secrets)

  it('knows the accounts that signed in on it, and no others', () => {
    const first = devices.remember(null, 'ada@example.org')
    const both = devices.remember(first, 'bob@example.org')
    expect(devices.deviceOf(first, 'ada@example.org')).not.toBeNull()
    expect(devices.deviceOf(first, 'bob@example.org')).toBeNull()
    expect(devices.deviceOf(both, 'ada@example.org')).toBe(devices.deviceOf(first, 'ada@example.org'))
    expect(devices.deviceOf(both, 'bob@example.org')).not.toBeNull()
    expect(both).not.toContain('ada')
  })

  it('cannot be put together from parts of others', () => {
    const mine = devices.remember(null, 'mallory@example.org').split('.')
    const adas = devices.remember(null, 'ada@example.org').split('.')
    expect(devices.deviceOf(`${mine[0]}.${adas[1]}`, 'ada@example.org')).toBeNull()
  })

  it('stays small', () => {
    let token: string | null = null
    for (let i = 0; i < 20; i++) token = devices.remember(token, `user${i}@example.org`)
    expect(token?.split('.')).toHaveLength(9)
    expect(devices.deviceOf(token, 'user19@example.org')).not.toBeNull()
    expect(devices.deviceOf(token, 'user0@example.org')).toBeNull()
  })

  it('is nothing when it is garbage', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(devices.deviceOf(text, 'ada@example.org')).toBeNull()
        expect(devices.deviceOf(devices.remember(text, 'ada@example.org'), 'ada@example.org')).not.toBeNull()
      }),
    )
  })
})

describe('signing in', () => {
  it('lets the owner in on a known device through 10 000 guesses from 100 addresses', async () => {
    const { clock, devices, throttle } = setUp()
    const token = devices.remember(null, 'ada@example.org')
    let through = 0
    for (let i = 0; i < 10_000; i++) {
      if ((await outcome(throttle.signIn('ada@example.org', `198.51.100.${i % 100}`, null))) === 0) through++
      if (i % 100 === 0) clock.advance(1)
      if (i % 1000 === 0) await (await throttle.signIn('ada@example.org', '198.51.100.1', token)).succeeded()
    }
    expect(through).toBeGreaterThanOrEqual(10)
    expect(through).toBeLessThan(20)
    const mine = await throttle.signIn('ada@example.org', '198.51.100.1', token)
    expect(mine.knownDevice).toBe(true)
  })

  it('throttles a known device by itself, and that device only', async () => {
    const { devices, throttle } = setUp()
    const [laptop, phone] = [devices.remember(null, 'ada@example.org'), devices.remember(null, 'ada@example.org')]
    for (let i = 0; i < 10; i++) expect(await outcome(throttle.signIn('ada@example.org', '1.2.3.4', laptop))).toBe(0)
    expect(await outcome(throttle.signIn('ada@example.org', '1.2.3.4', laptop))).toBe(2)
    expect(await outcome(throttle.signIn('ada@example.org', '1.2.3.4', phone))).toBe(0)
    expect(await outcome(throttle.signIn('ada@example.org', '1.2.3.4', null))).toBe(0)
  })

  it('throttles one address that tries many accounts', async () => {
    const { throttle } = setUp()
    let through = 0
    for (let i = 0; i < 200; i++)
      if ((await outcome(throttle.signIn(`user${i}@example.org`, '1.2.3.4', null))) === 0) through++
    expect(through).toBe(50)
    expect(await outcome(throttle.signIn('other@example.org', '1.2.3.5', null))).toBe(0)
  })

  it('takes the addresses of one IPv6 network for one', async () => {
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2')
    expect(networkOf('2001:db8::1')).toBe('2001:db8:0:0')
    expect(networkOf('2001:0db8::1')).toBe('2001:db8:0:0')
    expect(networkOf('::1')).toBe('0:0:0:0')
    expect(networkOf('203.0.113.9')).toBe('203.0.113.9')
    expect(networkOf(null)).toBe('unknown')
  })

  it('does not count what succeeded', async () => {
    const { throttle } = setUp()
    for (let i = 0; i < 100; i++) await (await throttle.signIn('ada@example.org', '1.2.3.4', null)).succeeded()
    expect(await outcome(throttle.signIn('ada@example.org', '1.2.3.4', null))).toBe(0)
  })

  it('throttles sign-up by address and password checks by subject', async () => {
    const { throttle } = setUp()
    for (let i = 0; i < 20; i++) await throttle.signUp('1.2.3.4')
    expect(await outcome(throttle.signUp('1.2.3.4'))).toBe(15)
    expect(await outcome(throttle.signUp('1.2.3.5'))).toBe(0)
    for (let i = 0; i < 10; i++) await throttle.passwordCheck('subject')
    expect(await outcome(throttle.passwordCheck('subject'))).toBe(2)
  })
})
