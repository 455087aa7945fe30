import { describe, expect, it } from 'vitest'
import { sha256Base64url } from '../../../src/crypto/digest.ts'
import type { Login } from '../../../src/login/login.ts'
import { decodeStatusList } from '../../../src/revocation/status-list.ts'
import { createFaultyStore, type FaultyStore } from '../../../src/testing/faulty-store.ts'
import { createLoginKit, DEVICE, ISSUER, type KitOptions, type LoginKit } from '../../support/login-kit.ts'
import { claimsOf, referenceOf, statusOf } from '../../support/status-lists.ts'

const API = 'https://api.example'
const INSIDE = 'inside'
const AUDIENCES = { [API]: { external: true }, [INSIDE]: {} }

const kitOf = (over: KitOptions = {}): Promise<LoginKit> => createLoginKit({ audiences: AUDIENCES, ...over })
const signIn = async ({ logins }: LoginKit, subject: string, audience: readonly string[] = [API]) => {
  const { session, tokens } = await logins.logIn({ subject, mode: 'token', device: DEVICE, audience })
  return { id: session.id, token: tokens?.accessToken ?? '', refresh: tokens?.refreshToken ?? '' }
}
/** The array of a list, as it is published now. */
const arrayOf = async ({ logins }: LoginKit, list: string): Promise<Uint8Array> => {
  const published = await logins.statusLists?.publish(list)
  if (!published) throw new Error(`there is no list ${list}`)
  return (await decodeStatusList(claimsOf(published.token).status_list)).bytes
}
/** Lists are made anew after a second. */
const later = (kit: LoginKit) => kit.advance(1)

describe('a token', () => {
  it('for an audience outside has a place of its own on a list', async () => {
    const kit = await kitOf()
    const ana = await signIn(kit, 'ana')
    const again = await kit.logins.refresh(ana.refresh)
    const reference = referenceOf(ana.token)
    expect(reference?.uri).toMatch(/^https:\/\/app\.example\/status\/\d+-0-0$/)
    expect(reference?.idx).toBeGreaterThanOrEqual(0)
    expect(reference?.idx).toBeLessThan(2 ** 20)
    expect(referenceOf(again.accessToken)?.idx).not.toBe(reference?.idx)
    expect(await statusOf(kit.logins, ana.token)).toBe(0)
  })

  it('for both has one too, and for the fleet alone none', async () => {
    const kit = await kitOf()
    expect(referenceOf((await signIn(kit, 'ana', [INSIDE, API])).token)).not.toBeNull()
    expect(referenceOf((await signIn(kit, 'ana', [INSIDE])).token)).toBeNull()
    expect(referenceOf((await signIn(kit, 'ana', [ISSUER])).token)).toBeNull()
  })

  it('lies on the list of the quarter of an hour in which it expires', async () => {
    const kit = await kitOf()
    const { token } = await signIn(kit, 'ana')
    expect(referenceOf(token)?.list).toBe(`${Math.floor(Number(claimsOf(token).exp) / 900)}-0-0`)
  })

  it('is not minted for a session that ends while its place is being found', async () => {
    let armed: (() => Promise<unknown>) | null = null
    const kit = await kitOf({
      wrap: (store) => ({
        ...store,
        records: (kind) => {
          const records = store.records(kind)
          if (kind !== 'status-token') return records
          return {
            ...records,
            async put(...given) {
              await armed?.()
              return records.put(...given)
            },
          }
        },
      }),
    })
    const { id, refresh } = await signIn(kit, 'ana')
    armed = () => kit.store.sessions.end(id, kit.clock.now() + 4000, kit.clock.now())
    await expect(kit.logins.refresh(refresh)).rejects.toMatchObject({ code: 'refresh.expired' })
  })
})

it('a session that refreshes without end comes to its limit of places, and all of them are revoked with it', async () => {
  const kit = await kitOf()
  const ana = await signIn(kit, 'ana')
  const tokens = [ana.token]
  let { refresh } = ana
  for (let i = 0; i < 70; i++) {
    const next = await kit.logins.refresh(refresh)
    refresh = next.refreshToken
    tokens.push(next.accessToken)
  }
  const places = new Set(tokens.map((token) => referenceOf(token)?.idx))
  expect(places.size).toBe(64)
  await kit.logins.logOut(ana.id)
  await later(kit)
  for (const token of tokens) expect(await statusOf(kit.logins, token)).toBe(1)
})

describe('without an audience outside', () => {
  it('there are no lists, and nothing is asked of the store for them', async () => {
    let store: FaultyStore | null = null
    const kit = await kitOf({
      audiences: { [INSIDE]: {} },
      wrap: (real) => {
        store = createFaultyStore(real)
        return store
      },
    })
    const { id } = await signIn(kit, 'ana', [INSIDE])
    expect(kit.logins.statusLists).toBeNull()
    expect((await kit.logins.revoke({ session: id })).remoteEffectiveAt).toBeNull()
    expect((store as FaultyStore | null)?.calls.filter((call) => call.includes('status'))).toEqual([])
  })
})

describe('revoked on the list is', () => {
  it('every token of a session that ends, and none of another', async () => {
    const kit = await kitOf()
    const [ana, bob] = [await signIn(kit, 'ana'), await signIn(kit, 'bob')]
    const other = await signIn(kit, 'ana')
    const second = await kit.logins.refresh(ana.refresh)
    await kit.logins.logOut(ana.id)
    await later(kit)
    const tokens = [ana.token, second.accessToken, other.token, bob.token]
    expect(await Promise.all(tokens.map((token) => statusOf(kit.logins, token)))).toEqual([1, 1, 0, 0])
  })

  it('everything of a subject that is logged out everywhere, but for what comes after', async () => {
    const kit = await kitOf()
    const [ana, bob, also] = [await signIn(kit, 'ana'), await signIn(kit, 'bob'), await signIn(kit, 'ana')]
    await kit.logins.revoke({ subject: 'ana' })
    const after = await signIn(kit, 'ana')
    await later(kit)
    const tokens = [ana.token, also.token, bob.token, after.token]
    expect(await Promise.all(tokens.map((token) => statusOf(kit.logins, token)))).toEqual([1, 1, 0, 0])
  })

  it('the one token that was revoked, by itself or by its id', async () => {
    const kit = await kitOf()
    const ana = await signIn(kit, 'ana')
    const second = (await kit.logins.refresh(ana.refresh)).accessToken
    const third = (await kit.logins.refresh((await signIn(kit, 'ana')).refresh)).accessToken
    await kit.logins.revoke({ token: ana.token })
    await kit.logins.revoke({ token: String(claimsOf(third).jti) })
    await later(kit)
    expect(await Promise.all([ana.token, second, third].map((token) => statusOf(kit.logins, token)))).toEqual([1, 0, 1])
  })

  it('everything that was issued before the floor was raised, and nothing after', async () => {
    const kit = await kitOf()
    const [ana, bob] = [await signIn(kit, 'ana'), await signIn(kit, 'bob')]
    expect(await statusOf(kit.logins, ana.token)).toBe(0)
    const receipt = await kit.logins.raiseFloor([])
    expect(receipt.remoteEffectiveAt).toBe(kit.clock.now() + 60)
    await later(kit)
    const after = await signIn(kit, 'ana')
    expect(referenceOf(after.token)?.list).toMatch(/-1-0$/)
    const tokens = [ana.token, bob.token, after.token]
    expect(await Promise.all(tokens.map((token) => statusOf(kit.logins, token)))).toEqual([1, 1, 0])
    // Nobody can tell how many there were.
    expect(new Set(await arrayOf(kit, referenceOf(ana.token)?.list ?? ''))).toEqual(new Set([0b01010101]))
  })

  it('a session whose row is not there any more, by its tokens alone', async () => {
    const kit = await kitOf({ lifetimes: { token: { idleSeconds: 60, absoluteSeconds: 7200 } } })
    const ana = await signIn(kit, 'ana')
    const bob = await signIn(kit, 'bob')
    await kit.advance(61)
    expect(await kit.store.sessions.deleteExpired(kit.clock.now(), 10)).toBe(2)
    expect(await statusOf(kit.logins, ana.token)).toBe(0)
    const receipt = await kit.logins.revoke({ session: ana.id })
    expect(receipt.remoteEffectiveAt).toBe(kit.clock.now() + 60)
    await later(kit)
    expect(await Promise.all([ana.token, bob.token].map((token) => statusOf(kit.logins, token)))).toEqual([1, 0])
  })

  it('nothing by a change of claims', async () => {
    const kit = await kitOf()
    const ana = await signIn(kit, 'ana')
    const { remoteEffectiveAt } = await kit.logins.changeClaims('ana')
    // Outside, the token's own claims count as long as it lives.
    expect(remoteEffectiveAt).toBeGreaterThanOrEqual(Number(claimsOf(ana.token).exp))
    await later(kit)
    expect(await statusOf(kit.logins, ana.token)).toBe(0)
  })

  it('the same in every process, and after a restart', async () => {
    const one = await kitOf()
    const two = await kitOf({ shared: one })
    const logins: { id: string; token: string }[] = []
    for (let i = 0; i < 40; i++) logins.push(await signIn(i % 2 === 0 ? one : two, `subject-${i % 7}`))
    // Both have their lists in memory before anything ends, the third has not.
    const list = referenceOf(logins[0]?.token ?? '')?.list ?? ''
    await arrayOf(one, list)
    await arrayOf(two, list)
    for (const [i, { id, token }] of logins.entries()) {
      if (i % 5 === 1) await one.logins.revoke({ session: id })
      if (i % 5 === 2) await two.logins.revoke({ token })
    }
    await two.logins.revoke({ subject: 'subject-3' })
    one.clock.advance(1)
    await Promise.all([one.follow(), two.follow()])
    const three = await kitOf({ shared: one })
    const array = await arrayOf(one, list)
    expect(array.some((byte) => byte !== 0)).toBe(true)
    const digest = sha256Base64url(array)
    expect(sha256Base64url(await arrayOf(two, list))).toBe(digest)
    expect(sha256Base64url(await arrayOf(three, list))).toBe(digest)
    for (const [i, { token }] of logins.entries()) {
      const isRevoked = i % 5 === 1 || i % 5 === 2 || i % 7 === 3
      expect(await statusOf(three.logins, token), String(i)).toBe(isRevoked ? 1 : 0)
    }
  })

  it('whatever happened while nobody asked, however much', async () => {
    const kit = await kitOf()
    const ana = await signIn(kit, 'ana')
    expect(await statusOf(kit.logins, ana.token)).toBe(0)
    const until = kit.clock.now() + 4000
    for (let i = 0; i < 1500; i++) await kit.store.revocations.revokeToken(`token-${i}`, until, kit.clock.now())
    await kit.logins.logOut(ana.id)
    await later(kit)
    expect(await statusOf(kit.logins, ana.token)).toBe(1)
  })
})

describe('a list', () => {
  it('is signed anew when it says something else, at most once a second, and when its time has come', async () => {
    const kit = await kitOf()
    const [ana, bob] = [await signIn(kit, 'ana'), await signIn(kit, 'bob')]
    const list = referenceOf(ana.token)?.list ?? ''
    const publish = async () => (await kit.logins.statusLists?.publish(list))?.token ?? ''
    const first = await publish()
    expect(claimsOf(first)).toMatchObject({ iat: kit.clock.now(), exp: kit.clock.now() + 60, ttl: 15 })
    expect(claimsOf(first).sub).toBe(`${ISSUER}/status/${list}`)
    await kit.advance(14)
    expect(await publish()).toBe(first)
    await kit.advance(1)
    const second = await publish()
    expect(second).not.toBe(first)
    await kit.logins.logOut(ana.id)
    expect(await publish()).toBe(second)
    await later(kit)
    const third = await publish()
    expect(third).not.toBe(second)
    await kit.logins.logOut(bob.id)
    expect(await publish()).toBe(third)
    await later(kit)
    expect(await publish()).not.toBe(third)
  })

  it('goes when all of its tokens are dead', async () => {
    const kit = await kitOf()
    const ana = await signIn(kit, 'ana')
    const { list, uri } = referenceOf(ana.token) ?? { list: '', uri: '' }
    const end = (Math.floor(Number(claimsOf(ana.token).exp) / 900) + 1) * 900 + 60
    await kit.advance(end - 1 - kit.clock.now())
    expect((await kit.logins.statusLists?.publish(list))?.token).toBeDefined()
    expect(await kit.logins.statusLists?.aggregate()).toEqual([uri])
    await kit.advance(1)
    expect(await kit.logins.statusLists?.publish(list)).toBeNull()
    expect(await kit.logins.statusLists?.aggregate()).toEqual([])
    expect(await kit.logins.revoke({ session: ana.id })).toMatchObject({ remoteEffectiveAt: null })
  })

  it('is of no other name', async () => {
    const kit = await kitOf()
    const { list } = referenceOf((await signIn(kit, 'ana')).token) ?? { list: '' }
    const names = [
      '',
      '1',
      `${list}0`,
      `0${list}`,
      list.replace('-0-0', '-1-0'),
      list.replace('-0-0', '-0-1'),
      '../x',
      '%00',
    ]
    for (const name of names) expect(await kit.logins.statusLists?.publish(name), name).toBeNull()
  })

  it('is not signed by a process that cannot be sure of the log', async () => {
    const kit = await kitOf()
    const ana = await signIn(kit, 'ana')
    const list = referenceOf(ana.token)?.list ?? ''
    kit.loseLease()
    await expect(kit.logins.statusLists?.publish(list)).rejects.toMatchObject({ code: 'revocation.stale' })
    await kit.follow()
    expect(await statusOf(kit.logins, ana.token)).toBe(0)
  })

  it('loses nothing when the store fails, wherever it fails', async () => {
    for (const nth of [1, 2, 3, 4]) {
      let store: FaultyStore | null = null
      const kit = await kitOf({
        wrap: (real) => {
          store = createFaultyStore(real)
          return store
        },
      })
      const faulty = store as FaultyStore | null
      const [ana, bob] = [await signIn(kit, 'ana'), await signIn(kit, 'bob')]
      const list = referenceOf(ana.token)?.list ?? ''
      await kit.logins.statusLists?.publish(list)
      await kit.logins.logOut(ana.id)
      await kit.logins.revoke({ token: bob.token })
      await later(kit)
      faulty?.arm({ fault: 'fails', nth })
      const failed = await kit.logins.statusLists?.publish(list).catch((error: { code: string }) => error.code)
      expect([faulty?.hits.length, failed], String(nth)).toEqual([1, 'store.unavailable'])
      faulty?.disarm()
      await later(kit)
      expect(await Promise.all([ana.token, bob.token].map((token) => statusOf(kit.logins, token)))).toEqual([1, 1])
    }
  })
})

describe('a receipt', () => {
  it('names the end of the last list that was published without it', async () => {
    const kit = await kitOf()
    const ana = await signIn(kit, 'ana')
    await statusOf(kit.logins, ana.token)
    const publishedUntil = kit.clock.now() + 60
    await kit.advance(10)
    const receipt = await kit.logins.revoke({ session: ana.id })
    expect(receipt.remoteEffectiveAt).toBe(publishedUntil)
  })

  it('says now when no list has been published, and nothing when there is no such token', async () => {
    const kit = await kitOf()
    const [ana, bob] = [await signIn(kit, 'ana'), await signIn(kit, 'bob', [INSIDE])]
    expect((await kit.logins.revoke({ session: bob.id })).remoteEffectiveAt).toBeNull()
    expect((await kit.logins.revoke({ subject: 'bob' })).remoteEffectiveAt).toBeNull()
    expect((await kit.logins.revoke({ token: bob.token })).remoteEffectiveAt).toBeNull()
    expect((await kit.logins.changeClaims('bob')).remoteEffectiveAt).toBeNull()
    expect((await kit.logins.revoke({ session: ana.id })).remoteEffectiveAt).toBe(kit.clock.now())
  })

  it('comes when that moment has, if it is asked to', async () => {
    const kit = await kitOf()
    const ana = await signIn(kit, 'ana')
    await statusOf(kit.logins, ana.token)
    await kit.advance(59)
    const at = kit.clock.now() + 1
    const revoked = kit.logins.revoke({ session: ana.id }, { scope: 'remote' })
    await expect(Promise.race([revoked, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))])).resolves.toBe(
      'waits',
    )
    kit.clock.advance(1)
    expect((await revoked).remoteEffectiveAt).toBe(at)
    await expect(kit.logins.revoke({ session: ana.id }, { scope: 'all' as 'remote' })).rejects.toThrow(TypeError)
  })

  it('gives the bound that always holds when the store does not answer', async () => {
    let store: FaultyStore | null = null
    const kit = await kitOf({
      wrap: (real) => {
        store = createFaultyStore(real)
        return store
      },
    })
    const ana = await signIn(kit, 'ana')
    const faulty = store as FaultyStore | null
    faulty?.arm({ fault: 'fails', times: Number.POSITIVE_INFINITY, method: 'records(status-list).find' })
    expect((await kit.logins.revoke({ session: ana.id })).remoteEffectiveAt).toBe(kit.clock.now() + 60)
    expect(faulty?.hits).toEqual(['records(status-list).find'])
    expect(kit.errors).toHaveLength(1)
  })

  it('of revokeOthers covers the tokens of the others', async () => {
    const kit = await kitOf()
    const [ana, other] = [await signIn(kit, 'ana', [API, ISSUER]), await signIn(kit, 'ana')]
    await statusOf(kit.logins, other.token)
    const login: Login = await kit.logins.verify(ana.token)
    const result = await kit.logins.revokeOthers(login)
    expect(result?.receipt.remoteEffectiveAt).toBe(kit.clock.now() + 60)
    await later(kit)
    const kept = result?.tokens?.accessToken ?? ''
    expect(await Promise.all([ana.token, other.token, kept].map((token) => statusOf(kit.logins, token)))).toEqual([
      1, 1, 0,
    ])
  })
})
