/** The contract of the session port. */

import type { Session } from '../session/session.ts'
import type { SessionPage } from '../session/store.ts'
import type { ContractSuite } from './contract-suite.ts'
import { expect, there } from './expect.ts'
import { T0, tally, together, UNTIL } from './store-fixtures.ts'

export function sessionContract({ it, current, aSession, aFamily }: ContractSuite): void {
  const sessions = () => current().sessions

  it('makes ids of 22 characters, never the same one', async () => {
    const session = aSession({ id: sessions().newId('subject-1') })
    expect(await sessions().create(session, null, T0)).toBe('created')
    const ids = [
      session.id,
      ...Array.from({ length: 20 }, (_, i) => sessions().newId(i % 2 ? null : 'subject-1')),
      ...Array.from({ length: 20 }, () => current().families.newId(session.id)),
    ]
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/)
    expect(new Set(ids).size).toBe(41)
  })

  it('gives back what was created, whole', async () => {
    const full = aSession({ acr: 'mfa', clientId: 'app', browserId: 'browser-1', mode: 'hybrid', version: 3 })
    const bare = aSession({
      secretHash: null,
      subject: null,
      mode: 'token',
      amr: [],
      device: { userAgent: null, address: null },
      claims: {},
      data: null,
    })
    expect(await sessions().create(full, null, T0)).toBe('created')
    expect(await sessions().create(bare, null, T0)).toBe('created')
    expect(await sessions().find(full.id, T0)).toEqual(full)
    expect(await sessions().find(bare.id, T0)).toEqual(bare)
    expect(await sessions().find('nobody', T0)).toBeNull()
  })

  it('keeps awkward values: quotes, control characters, half surrogates, __proto__', async () => {
    const data = JSON.parse(`{"__proto__": {"a": 1}, "\\u0000": "'\\";--", "half": "\\ud83d", "n": 1e300, "": []}`)
    const session = aSession({ data })
    await sessions().create(session, null, T0)
    expect(JSON.stringify((await sessions().find(session.id, T0))?.data)).toBe(JSON.stringify(data))
    expect(await sessions().find("' OR 1=1 --", T0)).toBeNull()
    expect(await sessions().find('\ud800', T0)).toBeNull()
    expect(await sessions().find('', T0)).toBeNull()
  })

  it('is out of reach of whoever holds a value', async () => {
    const data = { list: [1] }
    const session = aSession({ data })
    await sessions().create(session, null, T0)
    data.list.push(2)
    const found = there(await sessions().find(session.id, T0))
    try {
      ;(found.data as { list: number[] }).list.push(3)
    } catch (error) {
      // Frozen is as good as copied.
      expect(error).toBeInstanceOf(TypeError)
    }
    expect((await sessions().find(session.id, T0))?.data).toEqual({ list: [1] })
  })

  it('never overwrites an id in use', async () => {
    const session = aSession()
    await sessions().create(session, null, T0)
    expect(await sessions().create(aSession({ id: session.id, subject: 'other' }), null, T0)).toBe('exists')
    expect((await sessions().find(session.id, T0))?.subject).toBe('subject-1')
  })

  it('is gone from the very second of its idle timeout', async () => {
    const session = aSession({ idleTimeoutSeconds: 10, absoluteExpiresAt: T0 + 1000 })
    await sessions().create(session, null, T0)
    expect(await sessions().find(session.id, T0 + 9)).not.toBeNull()
    expect(await sessions().find(session.id, T0 + 10)).toBeNull()
    expect(await sessions().touch(session.id, T0 + 10, T0 + 10)).toBe(false)
    expect(await sessions().save({ ...session, version: 2 }, T0 + 10)).toBe('missing')
    expect(await sessions().rotate(session.id, 1, aSession(), UNTIL, T0 + 10)).toEqual({ outcome: 'missing' })
  })

  it('is gone from the very second of its absolute end, however lately seen', async () => {
    const session = aSession({ idleTimeoutSeconds: 10, absoluteExpiresAt: T0 + 15 })
    await sessions().create(session, null, T0)
    expect(await sessions().touch(session.id, T0 + 9, T0 + 9)).toBe(true)
    expect(await sessions().find(session.id, T0 + 14)).not.toBeNull()
    expect(await sessions().find(session.id, T0 + 15)).toBeNull()
  })

  it('is seen later by a touch, never earlier, at the same version', async () => {
    const session = aSession()
    await sessions().create(session, null, T0)
    expect(await sessions().touch(session.id, T0 + 50, T0 + 50)).toBe(true)
    expect(await sessions().touch(session.id, T0 + 20, T0 + 51)).toBe(true)
    expect(await sessions().find(session.id, T0 + 149)).toEqual({ ...session, lastSeenAt: T0 + 50 })
    expect(await sessions().find(session.id, T0 + 150)).toBeNull()
    expect(await sessions().touch('nobody', T0, T0)).toBe(false)
  })

  it('saves at the next version only, and leaves what identifies it', async () => {
    const session = aSession()
    await sessions().create(session, null, T0)
    await sessions().touch(session.id, T0 + 30, T0 + 30)
    const change: Session = {
      ...session,
      version: 2,
      data: 'new',
      claims: { roles: ['writer'] },
      claimsGeneration: 4,
      lastSeenAt: T0 + 10,
      mode: 'token',
      secretHash: null,
      subject: 'other',
      generation: 7,
      floor: 7,
    }
    expect(await sessions().save({ ...change, version: 3 }, T0 + 30)).toBe('conflict')
    expect(await sessions().save({ ...change, version: 1 }, T0 + 30)).toBe('conflict')
    expect(await sessions().save(change, T0 + 30)).toBe('saved')
    expect(await sessions().save(change, T0 + 30)).toBe('conflict')
    expect(await sessions().find(session.id, T0 + 30)).toEqual({
      ...session,
      mode: 'token',
      secretHash: null,
      version: 2,
      data: 'new',
      claims: { roles: ['writer'] },
      claimsGeneration: 4,
      lastSeenAt: T0 + 30,
    })
    expect(await sessions().save(aSession(), T0)).toBe('missing')
  })

  it('rotates into a new id, with its family, and logs the end of the old one', async () => {
    const old = aSession()
    const next = aSession({ data: 'carried' })
    const family = aFamily(old.id)
    await sessions().create(old, null, T0)
    await current().families.create(family, T0)
    expect(await sessions().rotate(old.id, 2, next, UNTIL, T0)).toEqual({ outcome: 'conflict' })
    expect(await sessions().rotate('nobody', 1, next, UNTIL, T0)).toEqual({ outcome: 'missing' })
    expect(await current().revocations.readAfter(0, 9)).toEqual([])

    const rotated = await sessions().rotate(old.id, 1, next, UNTIL, T0)
    expect(rotated).toMatchObject({ outcome: 'rotated', appended: { offset: 1, members: [] } })
    expect(await sessions().find(old.id, T0)).toBeNull()
    expect(await sessions().find(next.id, T0)).toEqual(next)
    expect(await current().families.find(family.id, T0)).toEqual({ ...family, sessionId: next.id })
    expect(await current().families.findBySession(old.id, T0)).toBeNull()
    expect(await current().revocations.readAfter(0, 9)).toEqual([
      { offset: 1, event: { kind: 'session', sessionId: old.id, subject: 'subject-1', until: UNTIL } },
    ])
  })

  it('rotates into no id that is in use, its own included', async () => {
    const [one, two] = [aSession(), aSession()]
    await sessions().create(one, null, T0)
    await sessions().create(two, null, T0)
    expect(await sessions().rotate(one.id, 1, aSession({ id: two.id }), UNTIL, T0)).toEqual({ outcome: 'exists' })
    expect(await sessions().rotate(one.id, 1, aSession({ id: one.id }), UNTIL, T0)).toEqual({ outcome: 'exists' })
    expect(await sessions().find(one.id, T0)).toEqual(one)
    expect(await sessions().find(two.id, T0)).toEqual(two)
  })

  it('ends a session with its family, and logs even an id that it does not know', async () => {
    const session = aSession()
    const family = aFamily(session.id)
    await sessions().create(session, null, T0)
    await current().families.create(family, T0)
    const ended = await sessions().end(session.id, UNTIL, T0)
    expect(ended).toMatchObject({ offset: 1, ended: session })
    expect(await sessions().find(session.id, T0)).toBeNull()
    expect(await current().families.find(family.id, T0)).toBeNull()
    expect(await sessions().end(session.id, UNTIL, T0)).toMatchObject({ offset: 2, ended: null })
    expect(await sessions().end('unknown', UNTIL, T0)).toMatchObject({ offset: 3, ended: null })
    expect((await current().revocations.readAfter(0, 9)).map(({ event }) => event)).toEqual([
      { kind: 'session', sessionId: session.id, subject: 'subject-1', until: UNTIL },
      { kind: 'session', sessionId: session.id, subject: null, until: UNTIL },
      { kind: 'session', sessionId: 'unknown', subject: null, until: UNTIL },
    ])
  })

  it('tells the log how long requests under way may take, where that is given', async () => {
    const [one, two] = [aSession(), aSession({ subject: 'subject-2' })]
    for (const session of [one, two]) await sessions().create(session, null, T0)
    await sessions().end(one.id, UNTIL, T0, 7)
    await sessions().endSubject('subject-2', null, UNTIL, T0, 0)
    await sessions().endSubject('subject-2', null, UNTIL, T0)
    expect((await current().revocations.readAfter(0, 9)).map(({ event }) => event)).toEqual([
      { kind: 'session', sessionId: one.id, subject: 'subject-1', until: UNTIL, drainSeconds: 7 },
      { kind: 'subject', subject: 'subject-2', generation: 1, until: UNTIL, drainSeconds: 0 },
      { kind: 'subject', subject: 'subject-2', generation: 2, until: UNTIL },
    ])
  })

  it('lists a subject newest first, in pages, live rows only', async () => {
    const own = Array.from({ length: 7 }, (_, i) => aSession({ createdAt: T0 + (i >> 1) }))
    for (const session of own) await sessions().create(session, null, T0)
    await sessions().create(aSession({ subject: 'other' }), null, T0)
    await sessions().create(aSession({ subject: null }), null, T0)
    await sessions().create(aSession({ idleTimeoutSeconds: 5 }), null, T0)
    const pages = await allPages((cursor) => sessions().listBySubject('subject-1', cursor, 3, T0 + 5))
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1])
    const listed = pages.flat()
    expect(listed.map(({ id }) => id).toSorted()).toEqual(own.map(({ id }) => id).toSorted())
    expect(listed.map(({ createdAt }) => createdAt)).toEqual([3, 2, 2, 1, 1, 0, 0].map((plus) => T0 + plus))
    expect(await sessions().listBySubject('subject-1', null, 7, T0 + 5)).toMatchObject({ cursor: null })
    expect(await sessions().listBySubject('nobody', null, 3, T0)).toEqual({ sessions: [], cursor: null })
    await expect(sessions().listBySubject('subject-1', 'no cursor', 3, T0)).rejects.toMatchObject({
      code: 'request.malformed',
    })
  })

  it('lists everybody in pages, each live row once', async () => {
    const all = Array.from({ length: 25 }, (_, i) => aSession({ subject: i % 3 === 0 ? null : `subject-${i % 4}` }))
    for (const session of all) await sessions().create(session, null, T0)
    await sessions().create(aSession({ idleTimeoutSeconds: 5 }), null, T0)
    const pages = await allPages((cursor) => sessions().list(cursor, 10, T0 + 5))
    expect(
      pages
        .flat()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(all.map(({ id }) => id).toSorted())
    expect(pages.slice(0, -1).every((page) => page.length > 0 && page.length <= 10)).toBe(true)
  })

  it('counts live rows, at most a minute late', async () => {
    for (let i = 0; i < 5; i++) await sessions().create(aSession({ idleTimeoutSeconds: 200 }), null, T0)
    await sessions().create(aSession({ idleTimeoutSeconds: 100 }), null, T0)
    expect(await sessions().count(T0 + 61)).toBe(6)
    expect(await sessions().count(T0 + 61 + 61)).toBe(5)
    expect(await sessions().count(T0 + 261)).toBe(0)
  })

  it('deletes what is dead, a batch at a time, and nothing else', async () => {
    const live = aSession({ idleTimeoutSeconds: 500 })
    await sessions().create(live, null, T0)
    for (let i = 0; i < 5; i++) await sessions().create(aSession(), null, T0)
    expect(await sessions().deleteExpired(T0 + 99, 100)).toBe(0)
    const removed = []
    for (let i = 0; i < 3; i++) removed.push(await sessions().deleteExpired(T0 + 100, 2))
    expect(removed).toEqual([2, 2, 1])
    expect(await sessions().deleteExpired(T0 + 100, 2)).toBe(0)
    expect(await sessions().find(live.id, T0 + 100)).toEqual(live)
  })

  it('lets one of twenty callers create an id', async () => {
    const session = aSession()
    const answers = await together(20, (i) => sessions().create({ ...session, data: i }, null, T0))
    expect(tally(answers)).toEqual({ created: 1, exists: 19 })
    expect((await sessions().find(session.id, T0))?.data).toBe(answers.indexOf('created'))
  })

  it('lets one of twenty callers save a version', async () => {
    const session = aSession()
    await sessions().create(session, null, T0)
    const answers = await together(20, (i) => sessions().save({ ...session, version: 2, data: i }, T0))
    expect(tally(answers)).toEqual({ saved: 1, conflict: 19 })
    expect((await sessions().find(session.id, T0))?.data).toBe(answers.indexOf('saved'))
  })

  it('lets one of twenty callers rotate, and logs it once', async () => {
    const session = aSession()
    await sessions().create(session, null, T0)
    const answers = await together(20, () => sessions().rotate(session.id, 1, aSession(), UNTIL, T0))
    expect(tally(answers.map(({ outcome }) => outcome))).toEqual({ rotated: 1, missing: 19 })
    expect(await current().revocations.readAfter(0, 99)).toHaveLength(1)
    expect((await sessions().listBySubject('subject-1', null, 99, T0)).sessions).toHaveLength(1)
  })

  it('lets no more callers in than the limit allows', async () => {
    const answers = await together(20, () => sessions().create(aSession(), 3, T0))
    expect(tally(answers)).toEqual({ created: 3, limit: 17 })
    expect(await sessions().create(aSession({ subject: 'other' }), 3, T0)).toBe('created')
    expect(await sessions().create(aSession({ subject: null }), 1, T0)).toBe('created')
    expect(await sessions().create(aSession({ subject: null }), 1, T0)).toBe('created')
    // The dead do not count.
    expect(await sessions().create(aSession({ lastSeenAt: T0 + 100 }), 3, T0 + 100)).toBe('created')
  })
}

async function allPages(read: (cursor: string | null) => Promise<SessionPage>): Promise<(readonly Session[])[]> {
  const pages: (readonly Session[])[] = []
  let cursor: string | null = null
  do {
    const page: SessionPage = await read(cursor)
    pages.push(page.sessions)
    cursor = page.cursor
  } while (cursor !== null && pages.length < 100)
  return pages
}
