/** The contract of the port of refresh families. */

import type { Session } from '../session/session.ts'
import type { ContractSuite } from './contract-suite.ts'
import { expect } from './expect.ts'
import { hashOf, T0, tally, together, UNTIL } from './store-fixtures.ts'

const WINDOW = 10

export function familyContract({ it, current, aSession, aFamily }: ContractSuite): void {
  const families = () => current().families
  /** A live session with a family of its own. */
  const signedIn = async (change: Partial<Session> = {}) => {
    const session = aSession({ mode: 'token', secretHash: null, ...change })
    const family = aFamily(session.id)
    await current().sessions.create(session, null, T0)
    expect(await families().create(family, T0)).toBe('created')
    return { session, family }
  }
  const next = (step: number) => ({ secretHash: hashOf(step), sealedSuccessor: `sealed ${step}` })
  const rotate = (id: string, step: number, now: number, hash = hashOf(step)) =>
    families().rotate(id, { step, hash }, next(step + 1), WINDOW, UNTIL, now)

  it('gives back what was created', async () => {
    const { session, family } = await signedIn()
    expect(await families().find(family.id, T0)).toEqual(family)
    expect(await families().findBySession(session.id, T0)).toEqual(family)
    expect(await families().find('nobody', T0)).toBeNull()
    expect(await families().findBySession('nobody', T0)).toBeNull()
    const bare = aSession()
    await current().sessions.create(bare, null, T0)
    const anonymousClient = aFamily(bare.id, { clientId: null, scope: null, audience: [] })
    await families().create(anonymousClient, T0)
    expect(await families().find(anonymousClient.id, T0)).toEqual(anonymousClient)
  })

  it('needs a live session, and is the only family of it', async () => {
    const { session, family } = await signedIn()
    expect(await families().create(aFamily('nobody'), T0)).toBe('missing')
    expect(await families().create(aFamily(session.id), T0 + 100)).toBe('missing')
    expect(await families().create(aFamily(session.id), T0)).toBe('exists')
    const other = aSession()
    await current().sessions.create(other, null, T0)
    expect(await families().create(aFamily(other.id, { id: family.id }), T0)).toBe('exists')
    expect(await families().find(family.id, T0)).toEqual(family)
  })

  it('lives exactly as long as its session', async () => {
    const { family } = await signedIn()
    expect(await families().find(family.id, T0 + 99)).toEqual(family)
    expect(await families().find(family.id, T0 + 100)).toBeNull()
    expect(await rotate(family.id, 0, T0 + 100)).toEqual({ outcome: 'missing' })
  })

  it('spends the current token and sees the session', async () => {
    const { session, family } = await signedIn()
    const rotated = {
      ...family,
      step: 1,
      secretHash: hashOf(1),
      previousHash: hashOf(0),
      rotatedAt: T0 + 40,
      sealedSuccessor: 'sealed 1',
    }
    expect(await rotate(family.id, 0, T0 + 40)).toEqual({ outcome: 'rotated', family: rotated })
    expect(await families().find(family.id, T0 + 40)).toEqual(rotated)
    const seen = await current().sessions.find(session.id, T0 + 139)
    expect(seen).toEqual({ ...session, lastSeenAt: T0 + 40 })
    expect(await rotate(family.id, 1, T0 + 30)).toMatchObject({ outcome: 'rotated' })
    expect((await current().sessions.find(session.id, T0 + 139))?.lastSeenAt).toBe(T0 + 40)
  })

  it('replays the previous token up to the last second of the window, which does not slide', async () => {
    const { family } = await signedIn()
    await rotate(family.id, 0, T0)
    const stored = await families().find(family.id, T0)
    for (const now of [T0, T0 + 5, T0 + WINDOW - 1]) {
      expect(await rotate(family.id, 0, now)).toEqual({ outcome: 'replayed', family: stored })
    }
    expect(await families().find(family.id, T0)).toEqual(stored)
    expect(await rotate(family.id, 0, T0 + WINDOW)).toMatchObject({ outcome: 'reused', family: stored })
  })

  it('ends family and session in one step, and logs it, when the previous token returns after the window', async () => {
    const { session, family } = await signedIn()
    const other = await signedIn()
    await current().revocations.renew('verifier')
    await rotate(family.id, 0, T0)
    expect(await rotate(family.id, 0, T0 + WINDOW)).toMatchObject({
      outcome: 'reused',
      family: { id: family.id, sessionId: session.id },
      appended: { offset: 1, members: [{ id: 'verifier', acked: 0 }] },
    })
    expect(await families().find(family.id, T0)).toBeNull()
    expect(await current().sessions.find(session.id, T0)).toBeNull()
    expect(await rotate(family.id, 1, T0)).toEqual({ outcome: 'missing' })
    expect(await current().revocations.readAfter(0, 9)).toEqual([
      { offset: 1, event: { kind: 'session', sessionId: session.id, subject: 'subject-1', until: UNTIL } },
    ])
    expect(await families().find(other.family.id, T0)).toEqual(other.family)
  })

  it('is found to be reused by one of twenty callers, and logged once', async () => {
    const { family } = await signedIn()
    await rotate(family.id, 0, T0)
    const answers = await together(20, () => rotate(family.id, 0, T0 + WINDOW))
    expect(tally(answers.map(({ outcome }) => outcome))).toEqual({ reused: 1, missing: 19 })
    expect(await current().revocations.readAfter(0, 99)).toHaveLength(1)
  })

  it('ends both when a token two steps old returns, also inside the window', async () => {
    const { session, family } = await signedIn()
    await rotate(family.id, 0, T0)
    await rotate(family.id, 1, T0)
    expect(await rotate(family.id, 0, T0)).toMatchObject({ outcome: 'reused', family: { step: 2 } })
    expect(await families().find(family.id, T0)).toBeNull()
    expect(await current().sessions.find(session.id, T0)).toBeNull()
  })

  it('changes nothing for a step or a hash that it never had', async () => {
    const { family } = await signedIn()
    await rotate(family.id, 0, T0)
    const stored = await families().find(family.id, T0)
    const wrong: readonly (readonly [number, string])[] = [
      [1, hashOf('wrong')],
      [0, hashOf('wrong')],
      [1, hashOf(0)],
      [0, hashOf(1)],
      [1, ''],
      [2, hashOf(2)],
      [-1, hashOf(0)],
      [0.5, hashOf(0)],
      [Number.NaN, hashOf(0)],
    ]
    for (const [step, hash] of wrong) expect(await rotate(family.id, step, T0, hash)).toEqual({ outcome: 'unknown' })
    expect(await families().find(family.id, T0)).toEqual(stored)
  })

  it('is revoked alone', async () => {
    const { session, family } = await signedIn()
    expect(await families().revoke(family.id)).toBe(true)
    expect(await families().revoke(family.id)).toBe(false)
    expect(await families().find(family.id, T0)).toBeNull()
    expect(await current().sessions.find(session.id, T0)).toEqual(session)
    expect(await families().create(aFamily(session.id), T0)).toBe('created')
  })

  it('is deleted when its session is over', async () => {
    await signedIn()
    const { family } = await signedIn({ idleTimeoutSeconds: 500 })
    expect(await families().deleteExpired(T0 + 99, 10)).toBe(0)
    await families().deleteExpired(T0 + 100, 10)
    expect(await families().deleteExpired(T0 + 100, 10)).toBe(0)
    expect(await families().find(family.id, T0 + 100)).toEqual(family)
  })

  it('is deleted when its session is below the floor, whatever its own', async () => {
    const session = aSession({ mode: 'token', secretHash: null })
    const family = aFamily(session.id, { floor: 2 })
    await current().sessions.create(session, null, T0)
    expect(await families().create(family, T0)).toBe('created')
    const { floor } = await current().revocations.raiseFloor([], UNTIL, T0)
    await families().deleteExpired(T0, 10)
    const later = aSession({ mode: 'token', secretHash: null, floor })
    await current().sessions.create(later, null, T0)
    expect(await families().create(aFamily(later.id, { id: family.id, floor }), T0)).toBe('created')
  })

  it('lets one of twenty callers rotate; the others get the same successor', async () => {
    const { family } = await signedIn()
    const answers = await together(20, (i) =>
      families().rotate(
        family.id,
        { step: 0, hash: hashOf(0) },
        { secretHash: hashOf(`by ${i}`), sealedSuccessor: `by ${i}` },
        WINDOW,
        UNTIL,
        T0,
      ),
    )
    expect(tally(answers.map(({ outcome }) => outcome))).toEqual({ rotated: 1, replayed: 19 })
    const winner = answers.findIndex(({ outcome }) => outcome === 'rotated')
    const successors = answers.map((answer) => ('family' in answer ? answer.family.sealedSuccessor : null))
    expect(new Set(successors)).toEqual(new Set([`by ${winner}`]))
  })

  it('rotates nothing for a session that was ended meanwhile', async () => {
    const { session, family } = await signedIn()
    const answers = await together(20, async (i) => {
      if (i === 0) return current().sessions.end(session.id, UNTIL, T0)
      return rotate(family.id, 0, T0)
    })
    expect(answers).toHaveLength(20)
    expect(await families().find(family.id, T0)).toBeNull()
    expect(await rotate(family.id, 1, T0)).toEqual({ outcome: 'missing' })
  })
}
