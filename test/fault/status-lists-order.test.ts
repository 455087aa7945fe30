/**
 * What a receipt says of verifiers outside, while another server is in the middle of publishing: it stops at every step, the
 * session is revoked meanwhile, and it goes on. A list that lacks the revocation never outlives what the receipt says.
 */
import { expect, it } from 'vitest'
import type { Store } from '../../src/login/store.ts'
import type { Records } from '../../src/records.ts'
import { decodeStatusList, statusAt } from '../../src/revocation/status-list.ts'
import { createLoginKit, DEVICE, type LoginKit } from '../support/login-kit.ts'
import { claimsOf, referenceOf, statusOf } from '../support/status-lists.ts'

const AUDIENCES = { 'https://api.example': { external: true } }

/** A store whose call number `nth` on records waits for the test, before it is made or after. */
function gated(store: Store, gate: Gate): Store {
  const wait = async <T>(call: () => Promise<T>): Promise<T> => {
    if (gate.nth === null || --gate.nth !== 0) return call()
    gate.nth = null
    if (gate.when === 'before') await gate.stop()
    const answer = await call()
    if (gate.when === 'after') await gate.stop()
    return answer
  }
  return {
    ...store,
    records(kind) {
      const records = store.records(kind)
      const each = Object.entries(records).map(([name, method]) => [
        name,
        (...given: never[]) => wait(() => (method as (...given: never[]) => Promise<unknown>)(...given)),
      ])
      return Object.fromEntries(each) as Records
    },
  }
}

class Gate {
  nth: number | null = null
  when: 'before' | 'after' = 'before'
  readonly reached = Promise.withResolvers<void>()
  readonly opened = Promise.withResolvers<void>()
  async stop(): Promise<void> {
    this.reached.resolve()
    await this.opened.promise
  }
}

/** Both servers have published the list, 20 seconds ago; from now on the second one stops at a call. */
async function twoServers() {
  const gate = new Gate()
  const one = await createLoginKit({ audiences: AUDIENCES })
  const two = await createLoginKit({ audiences: AUDIENCES, shared: one, wrap: (store) => gated(store, gate) })
  const { session, tokens } = await one.logins.logIn({
    subject: 'ana',
    mode: 'token',
    device: DEVICE,
    audience: Object.keys(AUDIENCES),
  })
  const token = tokens?.accessToken ?? ''
  const reference = referenceOf(token)
  if (!reference) throw new Error('the token has no status')
  for (const kit of [one, two]) expect(await statusOf(kit.logins, token)).toBe(0)
  one.clock.advance(20)
  for (const kit of [one, two]) await kit.follow()
  return { gate, one, two, sessionId: session.id, token, reference }
}

/** The published list's `exp`, and whether it has the revocation. */
async function publish({ logins }: LoginKit, { list, idx }: { readonly list: string; readonly idx: number }) {
  const published = await logins.statusLists?.publish(list)
  const claims = claimsOf(published?.token ?? '')
  const status = statusAt(await decodeStatusList(claims.status_list), idx)
  return { exp: Number(claims.exp), isRevoked: status === 1 }
}

it.each([1, 2, 3, 4, 5].flatMap((nth) => (['before', 'after'] as const).map((when) => [nth, when] as const)))(
  'stopped at call %d, %s it was made',
  async (nth, when) => {
    const { gate, one, two, sessionId, reference } = await twoServers()
    // Something to look up, so that every step of publishing has to ask the store.
    const other = await two.logins.logIn({
      subject: 'bob',
      mode: 'token',
      device: DEVICE,
      audience: Object.keys(AUDIENCES),
    })
    await one.logins.logOut(other.session.id)
    await two.follow()
    one.clock.advance(1)
    gate.nth = nth
    gate.when = when
    const publishing = publish(two, reference)
    await Promise.race([gate.reached.promise, publishing])
    const receipt = await one.logins.revoke({ session: sessionId })
    // The second server has confirmed: so has the fleet, and the receipt may be read.
    await two.follow()
    const again = await one.logins.revoke({ session: sessionId })
    one.clock.advance(5)
    await two.follow()
    gate.opened.resolve()
    const list = await publishing
    expect(again.remoteEffectiveAt).toBeGreaterThanOrEqual(receipt.remoteEffectiveAt ?? Number.NaN)
    if (!list.isRevoked) expect(list.exp).toBeLessThanOrEqual(again.remoteEffectiveAt ?? Number.NaN)
  },
)

it('publishes nothing when its lease has run out meanwhile, for nobody waits for it then', async () => {
  const { gate, one, two, sessionId, reference } = await twoServers()
  gate.nth = 1
  const publishing = publish(two, reference)
  await gate.reached.promise
  two.cutOff()
  const receipt = await one.logins.revoke({ session: sessionId })
  // A lease later: the revocation has returned without it.
  one.clock.advance(13)
  await one.follow()
  gate.opened.resolve()
  await expect(publishing).rejects.toMatchObject({ code: 'revocation.stale' })
  expect(receipt.remoteEffectiveAt).not.toBeNull()
  expect((await publish(one, reference)).isRevoked).toBe(true)
})

it('keeps what it has said over a restart of the server that said it', async () => {
  const { one, two, sessionId, reference } = await twoServers()
  const { exp } = await publish(two, reference)
  await two.logins.close()
  const three = await createLoginKit({ audiences: AUDIENCES, shared: one })
  expect((await three.logins.revoke({ session: sessionId })).remoteEffectiveAt).toBe(exp)
})
