/** The contract of generations, claims and the floor: what ends or ages many sessions at once. */

import type { ContractSuite } from './contract-suite.ts'
import { expect, there } from './expect.ts'
import { T0, tally, together, UNTIL } from './store-fixtures.ts'

export function subjectContract({ it, current, aSession, aFamily }: ContractSuite): void {
  const sessions = () => current().sessions
  const revocations = () => current().revocations

  it('starts with nothing revoked', async () => {
    expect(await revocations().subject('subject-1')).toEqual({ generation: 0, deadBelow: 0, staleBelow: 0 })
    expect(await revocations().floor()).toBe(0)
  })

  it('ends every session and family of a subject at one generation', async () => {
    const [one, two] = [aSession(), aSession()]
    const own = [one, two]
    const other = aSession({ subject: 'subject-2' })
    for (const session of [...own, other]) await sessions().create(session, null, T0)
    const family = aFamily(one.id)
    await current().families.create(family, T0)
    const ended = await sessions().endSubject('subject-1', null, UNTIL, T0)
    expect(ended).toMatchObject({ generation: 1, ended: 2, replacement: null, offset: 1 })
    for (const { id } of own) expect(await sessions().find(id, T0)).toBeNull()
    expect(await current().families.find(family.id, T0)).toBeNull()
    expect(await sessions().find(other.id, T0)).toEqual(other)
    expect(await revocations().subject('subject-1')).toEqual({ generation: 1, deadBelow: 1, staleBelow: 0 })
    expect(await revocations().readAfter(0, 9)).toEqual([
      { offset: 1, event: { kind: 'subject', subject: 'subject-1', generation: 1, until: UNTIL } },
    ])
  })

  it('is read together with a live session, in one step', async () => {
    const [session, anonymous] = [aSession({ generation: 3 }), aSession({ subject: null })]
    for (const one of [session, anonymous]) await sessions().create(one, null, T0)
    const untouched = { generation: 0, deadBelow: 0, staleBelow: 0 }
    expect(await sessions().findWithSubject(session.id, T0)).toEqual({ session, subject: untouched })
    await revocations().bumpClaims('subject-1', UNTIL, T0)
    expect(await sessions().findWithSubject(session.id, T0)).toEqual({
      session,
      subject: { generation: 1, deadBelow: 0, staleBelow: 1 },
    })
    const next = aSession()
    await sessions().endSubject('subject-1', { session: next, onlyIfAlive: session.id }, UNTIL, T0)
    expect(await sessions().findWithSubject(session.id, T0)).toBeNull()
    expect(await sessions().findWithSubject(next.id, T0)).toMatchObject({
      session: { id: next.id, generation: 2 },
      subject: { generation: 2, deadBelow: 2, staleBelow: 1 },
    })
    expect(await sessions().findWithSubject(next.id, T0 + 100)).toBeNull()
    expect(await sessions().findWithSubject(anonymous.id, T0)).toEqual({ session: anonymous, subject: untouched })
    expect(await sessions().findWithSubject('nobody', T0)).toBeNull()
    await revocations().raiseFloor([], UNTIL, T0)
    expect(await sessions().findWithSubject(anonymous.id, T0)).toBeNull()
  })

  it('logs the end of a subject that has no session', async () => {
    expect(await sessions().endSubject('nobody', null, UNTIL, T0)).toMatchObject({ generation: 1, ended: 0, offset: 1 })
  })

  it('creates the replacement in the same step, at the new generation', async () => {
    const [mine, other, next] = [aSession(), aSession(), aSession({ data: 'kept' })]
    await sessions().create(mine, null, T0)
    await sessions().create(other, null, T0)
    const ended = await sessions().endSubject('subject-1', { session: next, onlyIfAlive: mine.id }, UNTIL, T0)
    expect(ended).toMatchObject({ generation: 1, ended: 2, replacement: { ...next, generation: 1 } })
    expect(await sessions().find(next.id, T0)).toEqual({ ...next, generation: 1 })
    expect((await sessions().listBySubject('subject-1', null, 9, T0)).sessions).toHaveLength(1)
  })

  it('changes nothing when the session that must be alive is not', async () => {
    const [mine, other, stranger] = [aSession({ idleTimeoutSeconds: 5 }), aSession(), aSession({ subject: 'stranger' })]
    for (const session of [mine, other, stranger]) await sessions().create(session, null, T0)
    for (const onlyIfAlive of [mine.id, stranger.id, 'nobody']) {
      expect(await sessions().endSubject('subject-1', { session: aSession(), onlyIfAlive }, UNTIL, T0 + 5)).toBeNull()
    }
    expect(await revocations().subject('subject-1')).toMatchObject({ generation: 0 })
    expect(await revocations().readAfter(0, 9)).toEqual([])
    expect(await sessions().find(other.id, T0 + 5)).toEqual(other)
  })

  it('changes nothing when the session that must be alive has moved on from the version that was read', async () => {
    const mine = aSession()
    await sessions().create(mine, null, T0)
    await sessions().save({ ...mine, version: 2, data: 'newer' }, T0)
    const end = (version: number) =>
      sessions().endSubject('subject-1', { session: aSession(), onlyIfAlive: mine.id, version }, UNTIL, T0)
    expect(await end(1)).toBeNull()
    expect(await sessions().find(mine.id, T0)).toMatchObject({ version: 2, data: 'newer' })
    expect(await end(2)).toMatchObject({ generation: 1, ended: 1 })
  })

  it('refuses a replacement of another subject or with an id in use', async () => {
    const mine = aSession()
    await sessions().create(mine, null, T0)
    const foreign = aSession({ subject: 'other' })
    const same = aSession({ id: mine.id })
    for (const session of [foreign, same]) {
      const ending = sessions().endSubject('subject-1', { session, onlyIfAlive: mine.id }, UNTIL, T0)
      await expect(ending).rejects.toThrow(TypeError)
    }
    expect(await sessions().find(mine.id, T0)).toEqual(mine)
  })

  it('refuses a sign-in that has read an older generation', async () => {
    await sessions().endSubject('subject-1', null, UNTIL, T0)
    expect(await sessions().create(aSession(), null, T0)).toBe('superseded')
    expect(await sessions().create(aSession({ generation: 1 }), null, T0)).toBe('created')
    await revocations().bumpClaims('subject-1', UNTIL, T0)
    expect(await sessions().create(aSession({ generation: 1 }), null, T0)).toBe('superseded')
    const old = there((await sessions().listBySubject('subject-1', null, 1, T0)).sessions[0])
    expect(await sessions().rotate(old.id, 1, aSession({ generation: 1 }), UNTIL, T0)).toEqual({
      outcome: 'superseded',
    })
    expect(await sessions().rotate(old.id, 1, aSession({ generation: 2 }), UNTIL, T0)).toMatchObject({
      outcome: 'rotated',
    })
  })

  it('ages claims without ending anybody', async () => {
    const session = aSession()
    await sessions().create(session, null, T0)
    const bumped = await revocations().bumpClaims('subject-1', UNTIL, T0)
    expect(bumped).toMatchObject({ generation: 1, offset: 1 })
    expect(await revocations().subject('subject-1')).toEqual({ generation: 1, deadBelow: 0, staleBelow: 1 })
    expect(await sessions().find(session.id, T0)).toEqual(session)
    expect(await revocations().readAfter(0, 9)).toEqual([
      { offset: 1, event: { kind: 'claims', subject: 'subject-1', generation: 1, patch: null, until: UNTIL } },
    ])
  })

  it('publishes a patch only for the newest generation', async () => {
    await revocations().bumpClaims('subject-1', UNTIL, T0)
    await revocations().bumpClaims('subject-1', UNTIL, T0)
    const patch = { roles: ['writer'], nested: { a: [null, 1] } }
    expect(await revocations().publishPatch('subject-1', 1, patch, UNTIL, T0)).toBeNull()
    expect(await revocations().publishPatch('subject-1', 3, patch, UNTIL, T0)).toBeNull()
    expect(await revocations().publishPatch('subject-1', 2, patch, UNTIL, T0)).toMatchObject({ offset: 3 })
    expect((await revocations().readAfter(2, 9))[0]?.event).toEqual({
      kind: 'claims',
      subject: 'subject-1',
      generation: 2,
      patch,
      until: UNTIL,
    })
    await sessions().endSubject('subject-1', null, UNTIL, T0)
    expect(await revocations().publishPatch('subject-1', 2, patch, UNTIL, T0)).toBeNull()
  })

  it('kills every session and family under an older floor', async () => {
    const old = aSession()
    const family = aFamily(old.id)
    await sessions().create(old, null, T0)
    await current().families.create(family, T0)
    const raised = await revocations().raiseFloor(['key-1', 'key-2'], UNTIL, T0)
    expect(raised).toMatchObject({ floor: 1, offset: 1 })
    expect(await revocations().floor()).toBe(1)
    expect(await revocations().readAfter(0, 9)).toEqual([
      { offset: 1, event: { kind: 'floor', floor: 1, keyIds: ['key-1', 'key-2'], until: UNTIL } },
    ])
    expect(await sessions().find(old.id, T0)).toBeNull()
    expect(await sessions().touch(old.id, T0 + 1, T0)).toBe(false)
    expect(await sessions().save({ ...old, version: 2 }, T0)).toBe('missing')
    expect((await sessions().listBySubject('subject-1', null, 9, T0)).sessions).toEqual([])
    expect((await sessions().list(null, 9, T0)).sessions).toEqual([])
    expect(await sessions().count(T0 + 61)).toBe(0)
    expect(await current().families.find(family.id, T0)).toBeNull()
    expect(await sessions().create(aSession(), null, T0)).toBe('superseded')
    const fresh = aSession({ floor: 1 })
    expect(await sessions().create(fresh, null, T0)).toBe('created')
    expect(await current().families.create(aFamily(fresh.id), T0)).toBe('missing')
    expect(await current().families.create(aFamily(fresh.id, { floor: 1 }), T0)).toBe('created')
    await sessions().deleteExpired(T0, 100)
    expect(await sessions().find(fresh.id, T0)).toEqual(fresh)
  })

  it('judges a credential by the truth', async () => {
    const session = aSession()
    await sessions().create(session, null, T0)
    const cookie = { sessionId: session.id, subject: 'subject-1', tokenId: null, generation: 0 }
    const token = { ...cookie, tokenId: 'token-1' }
    const judge = (ref: typeof cookie | typeof token, now = T0) => revocations().judge(ref, now)
    expect(await judge(cookie)).toBe('alive')
    expect(await judge(token)).toBe('alive')
    expect(await judge({ ...cookie, subject: 'other' })).toBe('dead')
    expect(await judge({ ...cookie, sessionId: 'other' })).toBe('dead')
    expect(await judge({ ...cookie, generation: Number.NaN })).toBe('dead')
    expect(await judge({ ...cookie, generation: undefined as unknown as number })).toBe('dead')
    expect(await judge(cookie, T0 + 99)).toBe('alive')
    expect(await judge(cookie, T0 + 100)).toBe('dead')

    await revocations().revokeToken('token-1', UNTIL, T0)
    expect(await judge(token)).toBe('dead')
    expect(await judge({ ...token, tokenId: 'token-2' })).toBe('alive')
    expect(await judge(cookie)).toBe('alive')

    await revocations().bumpClaims('subject-1', UNTIL, T0)
    expect(await judge(cookie)).toBe('stale')
    expect(await judge({ ...cookie, generation: 1 })).toBe('alive')

    await sessions().end(session.id, UNTIL, T0)
    expect(await judge({ ...cookie, generation: 1 })).toBe('dead')
  })

  it('judges a token of an older generation dead, also beside a living session', async () => {
    const [mine, next] = [aSession(), aSession()]
    await sessions().create(mine, null, T0)
    await sessions().endSubject('subject-1', { session: next, onlyIfAlive: mine.id }, UNTIL, T0)
    const ref = { sessionId: next.id, subject: 'subject-1', tokenId: 't', generation: 1 }
    expect(await revocations().judge(ref, T0)).toBe('alive')
    expect(await revocations().judge({ ...ref, generation: 0 }, T0)).toBe('dead')
  })

  it('lets one of twenty callers publish, each having raised the generation', async () => {
    const bumps = await together(20, () => revocations().bumpClaims('subject-1', UNTIL, T0))
    expect(bumps.map(({ generation }) => generation).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    )
    const published = await Promise.all(
      bumps.map(({ generation }, i) => revocations().publishPatch('subject-1', generation, { by: i }, UNTIL, T0)),
    )
    expect(tally(published.map((answer) => (answer ? 'published' : 'late')))).toEqual({ published: 1, late: 19 })
  })

  it('leaves no session behind when a subject is ended among sign-ins', async () => {
    const answers = await together(20, async (i) => {
      if (i === 10) return `ended ${(await sessions().endSubject('subject-1', null, UNTIL, T0))?.generation}`
      return sessions().create(aSession({ generation: 0 }), null, T0)
    })
    expect(answers).toContain('ended 1')
    expect((await sessions().listBySubject('subject-1', null, 99, T0)).sessions).toEqual([])
  })
}
