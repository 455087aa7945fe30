/** The real `Logins` on the memory store, as an application has it; made to fail on demand. Closed when the test file ends. */
import { afterAll } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createSecretRing } from '../../src/crypto/secret-ring.ts'
import { AuthError } from '../../src/errors.ts'
import type { Logins } from '../../src/login/login.ts'
import { createLogins } from '../../src/login/logins.ts'
import type { LoginsOptions } from '../../src/login/options.ts'
import { createFollower } from '../../src/revocation/follower.ts'
import { createSpread } from '../../src/revocation/spread.ts'
import { createRevocationView } from '../../src/revocation/view.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { createIssuerKeys } from '../../src/token/issuer-keys.ts'

const closers: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closers.splice(0)) await close()
})

export async function memoryLogins(issuer: string, more: Partial<LoginsOptions> = {}) {
  const clock = more.clock ?? systemClock
  const store = createMemoryStore()
  const secrets = createSecretRing(['a secret of tests, 0123456789 abcdefghijk'])
  const keys = createIssuerKeys({ records: store.records('signing-keys'), secrets, clock })
  const view = createRevocationView({ clock, judge: (credential, now) => store.revocations.judge(credential, now) })
  const follower = createFollower({ engine: store.revocations, view, clock })
  const { settle } = createSpread({ engine: store.revocations, clock, local: follower })
  const { onApplied, onReset, close } = follower
  const real = createLogins({
    issuer,
    claims: async () => ({ roles: ['reader'] }),
    ...more,
    store,
    keys,
    secrets,
    clock,
    revocations: { view, onApplied, onReset, settle, close },
  })
  follower.start()
  await follower.ready()
  await keys.signing()
  closers.push(async () => {
    await real.close()
    keys.close()
    await store.close()
  })
  const state = { failing: false }
  // Every method that may ask the store fails, as it would without one.
  const logins = new Proxy(real, {
    get(target, name: keyof Logins) {
      if (!state.failing || name === 'resumeNow' || name === 'verifyNow') return target[name]
      return async () => {
        throw new AuthError('store.unavailable', 'the store does not answer')
      }
    },
  })
  /** Ids of the live sessions. */
  const live = async (): Promise<readonly string[]> =>
    (await store.sessions.list(null, 100, clock.now())).sessions.map(({ id }) => id)
  return { logins, store, keys, clock, view, state, live }
}
