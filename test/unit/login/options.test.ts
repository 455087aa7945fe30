import { describe, expect, it } from 'vitest'
import { createLoginKit } from '../../support/login-kit.ts'

describe('the options of createLogins', () => {
  it.each([
    ['an access token over an hour', { accessTokenSeconds: 3601 }],
    ['an audience whose tokens live over an hour', { audiences: { api: { lifetimeSeconds: 3601 } } }],
    [
      'a browser audience whose tokens live over five minutes',
      { audiences: { spa: { browser: true, lifetimeSeconds: 301 } } },
    ],
    ['an idle timeout over the absolute lifetime', { lifetimes: { cookie: { idleSeconds: 11, absoluteSeconds: 10 } } }],
    ['a lifetime over 400 days', { lifetimes: { cookie: { idleSeconds: 10, absoluteSeconds: 401 * 86_400 } } }],
    ['a fraction', { accessTokenSeconds: 1.5 }],
    ['a text for a number', { accessTokenSeconds: '600' as unknown as number }],
    ['a window of minutes', { replayWindowSeconds: 61 }],
    ['no sessions at all', { maxSessionsPerSubject: 0 }],
    ['an unknown policy', { onLimit: 'shrug' as 'refuse' }],
    ['an unknown policy for stale verifiers', { onStale: 'accept' as 'deny' }],
    ['a claims loader that is none', { claims: {} as () => Promise<object> as never }],
    ['no issuer', { issuer: '' }],
  ])('refuse %s at the door', async (_name, over) => {
    await expect(createLoginKit(over)).rejects.toThrow(TypeError)
  })

  it('are not touched', async () => {
    const audiences = Object.freeze({ api: Object.freeze({ claims: Object.freeze(['roles']) }) })
    const lifetimes = Object.freeze({ cookie: Object.freeze({ idleSeconds: 10, absoluteSeconds: 10 }) })
    await createLoginKit({ audiences, lifetimes })
    expect(audiences).toEqual({ api: { claims: ['roles'] } })
  })
})
