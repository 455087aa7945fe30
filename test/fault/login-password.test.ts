/** A password change or reset, with every call to the store in turn failing or losing its reply: no older session outlives it. */
import { describe, expect, it } from 'vitest'
import { createAccounts } from '../../src/accounts/accounts.ts'
import type { PasswordHasher } from '../../src/accounts/passwords.ts'
import { isAuthError } from '../../src/errors.ts'
import type { Store } from '../../src/login/store.ts'
import type { Fault } from '../../src/testing/index.ts'
import { createLoginKit, DEVICE } from '../support/login-kit.ts'
import { watchStore } from '../support/watched-store.ts'

const EMAIL = 'ada@example.org'
const [OLD, NEW] = ['plum-otter-cargo', 'seven-tall-herons']

const hasher: PasswordHasher = {
  hash: async (password) => `cheap$${password}`,
  verify: async (hash, password) => hash === `cheap$${password}`,
  verifyNothing: async () => undefined,
  needsRehash: () => false,
}

/** Accounts and logins over one store that `wrap` stands before, a session of its owner and one of a thief. */
async function signedIn(wrap: (store: Store) => Store) {
  let seen: Store | null = null
  const kit = await createLoginKit({
    wrap: (store) => {
      seen = wrap(store)
      return seen
    },
  })
  const store = seen ?? kit.store
  const { logins, clock } = kit
  const accounts = createAccounts({
    store: store.accounts,
    records: store.records,
    hasher,
    clock,
    logins: { endAll: (subject) => logins.revoke({ subject }), changeClaims: logins.changeClaims },
  })
  const { id: subject } = await accounts.signUp({ email: EMAIL, password: OLD })
  const own = await logins.logIn({ subject, mode: 'cookie', device: DEVICE })
  const thief = await logins.logIn({ subject, mode: 'cookie', device: DEVICE })
  const login = await logins.resume(own.cookie ?? '')
  if (!login) throw new Error('no login')
  const reset = (await accounts.requestReset(EMAIL))?.code ?? ''
  let kept: string | null = null
  return {
    ...kit,
    accounts,
    thief: thief.cookie ?? '',
    old: [own.session.id, thief.session.id],
    get kept() {
      return kept
    },
    change: () =>
      accounts.changePassword(subject, OLD, NEW, async () => {
        kept = (await logins.revokeOthers(login))?.cookie ?? null
        return kept !== null
      }),
    reset: () => accounts.resetPassword(reset, NEW),
    /** Whether the password is the new one; by the truth, with no part of ours in between. */
    isChanged: async () => (await kit.store.accounts.findByEmail(EMAIL))?.passwordHash === `cheap$${NEW}`,
  }
}

type World = Awaited<ReturnType<typeof signedIn>>

/** Once the store is well again: by a sign-in, or by a minute's time and the background job. */
const MENDS: readonly (readonly [string, (world: World) => Promise<unknown>])[] = [
  ['the next sign-in', ({ accounts }) => accounts.signIn({ email: EMAIL, password: NEW })],
  [
    'the background job',
    async (world) => {
      await world.advance(60)
      await world.accounts.finishPasswordChanges()
    },
  ],
]

describe.each<Fault>(['fails', 'loses its reply'])('a store of which one call %s', (fault) => {
  it.each(['change', 'reset'] as const)('during a %s of the password', async (what) => {
    for (const [by, mend] of MENDS) {
      for (let nth = 1; ; nth++) {
        const watched = watchStore()
        const world = await signedIn(watched.wrap)
        const { faulty } = watched
        faulty.arm({ fault, nth })
        const isDone = await world[what]().then(
          () => true,
          (error: unknown) => {
            if (!isAuthError(error, 'store.unavailable')) throw error
            return false
          },
        )
        faulty.disarm()
        if (isDone) expect(await world.isChanged()).toBe(true)
        else if (await world.isChanged()) await mend(world)
        if (await world.isChanged()) {
          await world.follow()
          const live = await Promise.all(world.old.map((id) => world.store.sessions.find(id, world.clock.now())))
          expect(live, `${faulty.hits[0]}, then ${by}`).toEqual([null, null])
          expect(await world.logins.resume(world.thief)).toBeNull()
        }
        if (isDone && what === 'change') expect(await world.logins.resume(world.kept ?? '')).not.toBeNull()
        await world.logins.close()
        if (faulty.hits.length === 0) {
          expect(nth).toBeGreaterThan(5)
          break
        }
      }
    }
  })
})

describe('a process that ends', () => {
  it.each(['change', 'reset'] as const)('right after the %s was saved leaves no session for long', async (what) => {
    for (const [by, mend] of MENDS) {
      const watched = watchStore()
      const world = await signedIn(watched.wrap)
      const error = () => new Error('the process has ended')
      watched.faulty.arm({ fault: 'fails', after: 'accounts.save', times: Infinity, error })
      await expect(world[what]()).rejects.toThrow('the process has ended')
      expect(await world.isChanged()).toBe(true)
      watched.faulty.disarm()
      await mend(world)
      const live = await Promise.all(world.old.map((id) => world.store.sessions.find(id, world.clock.now())))
      expect(live, by).toEqual([null, null])
    }
  })
})
