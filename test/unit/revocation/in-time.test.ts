import { describe, expect, it } from 'vitest'
import { inTime } from '../../../src/revocation/in-time.ts'
import { createSessions } from '../../../src/session/sessions.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createTestClock } from '../../../src/testing/clock.ts'
import { createLoginKit, DEVICE } from '../../support/login-kit.ts'

describe('an append that took longer than the margin of the log', () => {
  it('is made again, until one is in time', async () => {
    const clock = createTestClock()
    const pauses = [3600, 60, 1]
    let taken = 0
    const result = await inTime(clock, async () => {
      clock.advance(pauses[taken++] ?? 0)
      return taken
    })
    expect(result).toBe(3)
  })

  it('stands when it was in time', async () => {
    const clock = createTestClock()
    const again = () => Promise.reject(new Error('again'))
    expect(await inTime(clock, async () => clock.advance(30), again)).toBeUndefined()
  })

  it('leaves an entry that outlives what it covers', async () => {
    const clock = createTestClock()
    const store = createMemoryStore()
    const keepSeconds = 3600 + 180
    let paused = 0
    const sessions = createSessions({
      clock,
      keepSeconds,
      store: {
        ...store.sessions,
        // Paused between reading the clock and the append.
        async end(id, until, now) {
          if (paused++ === 0) clock.advance(2 * keepSeconds)
          return store.sessions.end(id, until, now)
        },
      },
    })
    await sessions.end('session-id')
    const entries = await store.revocations.readAfter(0, 10)
    expect(entries.at(-1)?.event).toMatchObject({ kind: 'session', until: clock.now() + keepSeconds })
    await store.revocations.prune(clock.now() + keepSeconds - 1)
    expect(await store.revocations.readAfter(0, 10)).toHaveLength(1)
  })

  it('is followed by one in time where a spent refresh token was the reason', async () => {
    let paused = 0
    const kit = await createLoginKit({
      accessTokenSeconds: 300,
      wrap: (store) => ({
        ...store,
        families: {
          ...store.families,
          async rotate(...given) {
            if (paused++ === 1) kit.clock.advance(7200)
            return store.families.rotate(...given)
          },
        },
      }),
    })
    const { tokens } = await kit.logins.logIn({ subject: 'ann', mode: 'token', device: DEVICE })
    await kit.logins.refresh(tokens?.refreshToken ?? '')
    await kit.advance(60)
    const second = await kit.logins.refresh(tokens?.refreshToken ?? '').catch((error: unknown) => error)
    expect(second).toMatchObject({ code: 'refresh.reused' })
    const last = (await kit.store.revocations.readAfter(0, 100)).at(-1)
    expect(last?.event).toMatchObject({ kind: 'session' })
    expect((last?.event.until ?? 0) - kit.clock.now()).toBeGreaterThan(300)
    await kit.logins.close()
  })
})
