import { describe, expect, it } from 'vitest'
import { isAuthError } from '../../../src/errors.ts'
import type { CredentialRef, LogEntry, RevocationEvent } from '../../../src/revocation/engine.ts'
import { createRevocationView, type FollowedView } from '../../../src/revocation/view.ts'
import { createTestClock } from '../../../src/testing/clock.ts'

const clock = createTestClock()
const until = clock.now() + 3720
const SID = 'AAECAwQFBgcICQoLDA0ODw'
const JTI = 'EBESExQVFhcYGRobHB0eHw'

function newView(): FollowedView {
  return createRevocationView({ clock, judge: async () => 'alive' })
}

let offset = 0
function entry(event: RevocationEvent): LogEntry {
  return { offset: ++offset, event }
}

function ref(change: Partial<CredentialRef> = {}): CredentialRef {
  return { sessionId: SID, subject: 'user-1', tokenId: JTI, generation: 4, ...change }
}

const session = entry({ kind: 'session', sessionId: SID, subject: 'user-1', until })
const token = entry({ kind: 'token', tokenId: JTI, until })
const subject = entry({ kind: 'subject', subject: 'user-1', generation: 5, until })
const claims = entry({ kind: 'claims', subject: 'user-1', generation: 5, patch: null, until })
const patch = entry({ kind: 'claims', subject: 'user-1', generation: 5, patch: { roles: ['new'] }, until })
const floor = entry({ kind: 'floor', floor: 2, keyIds: ['k1', 'k2'], until })

describe('the view', () => {
  it.each([
    ['session', session, 'dead'],
    ['token', token, 'dead'],
    ['subject', subject, 'dead'],
    ['claims', claims, 'stale'],
    ['patch', patch, 'stale'],
    ['floor', floor, 'alive'],
  ] as const)('shows a %s entry at the next look, however often it comes', (_kind, one, verdict) => {
    const view = newView()
    const key = view.prepare(ref())
    expect(view.look(key)).toBe('alive')
    view.apply(one)
    expect(view.look(key)).toBe(verdict)
    view.apply(one)
    expect(view.look(key)).toBe(verdict)
    // A key that is prepared later sees the same.
    expect(view.look(view.prepare(ref()))).toBe(verdict)
  })

  it('judges only what an entry covers', () => {
    const view = newView()
    view.apply(session)
    view.apply(token)
    view.apply(subject)
    const other = 'ICEiIyQlJicoKSorLC0uLw'
    expect(view.look(view.prepare(ref({ sessionId: other, subject: 'user-2', tokenId: other })))).toBe('alive')
    expect(view.look(view.prepare(ref({ sessionId: other, tokenId: null, generation: 5 })))).toBe('alive')
    expect(view.look(view.prepare(ref({ sessionId: other, subject: 'user-2' })))).toBe('dead')
    // The ids of sessions and of tokens are two things.
    expect(view.look(view.prepare(ref({ sessionId: JTI, subject: 'user-2', tokenId: SID })))).toBe('alive')
  })

  it('lays current claims at hand for stale credentials', () => {
    const view = newView()
    const key = view.prepare(ref())
    expect(view.patchFor(key)).toBeNull()
    view.apply(claims)
    expect(view.patchFor(key)).toBeNull()
    view.apply(patch)
    expect(view.patchFor(key)).toEqual({ roles: ['new'] })
    expect(view.patchFor(view.prepare(ref({ generation: 5 })))).toBeNull()
    view.apply(entry({ kind: 'claims', subject: 'user-1', generation: 6, patch: null, until }))
    expect(view.patchFor(key)).toBeNull()
    expect(view.look(view.prepare(ref({ generation: 5 })))).toBe('stale')
  })

  it('knows retired keys and the floor', () => {
    const view = newView()
    view.apply(floor)
    view.apply(entry({ kind: 'floor', floor: 1, keyIds: ['k0'], until }))
    expect(view.floor).toBe(2)
    expect(['k0', 'k1', 'k2', 'k3'].map((keyId) => view.isKeyRetired(keyId))).toEqual([true, true, true, false])
    view.raiseFloor(7)
    view.raiseFloor(3)
    expect(view.floor).toBe(7)
  })

  it.each([
    ['no session id', { sessionId: undefined }],
    ['an empty session id', { sessionId: '' }],
    ['a number as session id', { sessionId: 5 }],
    ['an array as session id', { sessionId: [SID] }],
    ['a session id that is no text', { sessionId: '\ud800' }],
    ['no subject', { subject: undefined }],
    ['null as subject', { subject: null }],
    ['no token id', { tokenId: undefined }],
    ['an empty token id', { tokenId: '' }],
    ['no generation', { generation: undefined }],
    ['a generation as text', { generation: '9' }],
    ['a negative generation', { generation: -1 }],
    ['half a generation', { generation: 0.5 }],
    ['no number as generation', { generation: Number.NaN }],
    ['an endless generation', { generation: Number.POSITIVE_INFINITY }],
    ['a generation beyond what counts exactly', { generation: 2 ** 53 }],
  ])('refuses %s', async (_what, change) => {
    const view = newView()
    const bad = { ...ref(), ...change } as unknown as CredentialRef
    expect(() => view.prepare(bad)).toThrow(expect.objectContaining({ code: 'token.claim_invalid' }))
    await expect(view.strict(bad)).rejects.toMatchObject({ code: 'token.claim_invalid' })
  })

  it('takes no key of another making', () => {
    const view = newView()
    expect(() => view.look({ ref: ref() })).toThrow(TypeError)
    expect(() => view.patchFor({ ref: ref() })).toThrow(TypeError)
  })

  it('does not take another view’s verdict for its own', () => {
    const [one, two] = [newView(), newView()]
    const key = one.prepare(ref())
    one.apply(session)
    expect(one.look(key)).toBe('dead')
    expect(two.look(key)).toBe('alive')
    expect(one.look(key)).toBe('dead')
  })

  it('changes its epoch with every entry and never repeats one', () => {
    const view = newView()
    const epochs = [view.epoch]
    for (const one of [session, session, floor]) {
      view.apply(one)
      epochs.push(view.epoch)
    }
    view.reset()
    epochs.push(view.epoch, newView().epoch)
    expect(new Set(epochs).size).toBe(6)
  })

  it.each([
    ['an unknown kind', { kind: 'later', until }],
    ['no end', { kind: 'token', tokenId: JTI }],
    ['a generation that is none', { kind: 'subject', subject: 'user-1', generation: '5', until }],
    ['a negative generation', { kind: 'claims', subject: 'user-1', generation: -1, patch: null, until }],
    ['a generation too large to hold', { kind: 'subject', subject: 'user-1', generation: 2 ** 32, until }],
    ['a floor that is none', { kind: 'floor', floor: null, keyIds: ['k'], until }],
  ])('does not go past an entry that it does not understand: %s', (_what, event) => {
    const view = newView()
    const { epoch } = view
    let thrown: unknown
    try {
      view.apply({ offset: 1, event: event as unknown as RevocationEvent })
    } catch (error) {
      thrown = error
    }
    expect(isAuthError(thrown, 'store.corrupt')).toBe(true)
    expect(view.epoch).toBe(epoch)
  })

  it('keeps dead ids over a reset, not what another history could contradict', () => {
    const view = newView()
    for (const one of [session, token, floor]) view.apply(one)
    view.apply(entry({ kind: 'subject', subject: 'user-2', generation: 9, until }))
    view.lease.extend(clock.monoMs(), clock.wallMs(), 12_000)
    expect(view.leaseHolds()).toBe(true)
    view.reset()
    expect(view.leaseHolds()).toBe(false)
    expect(view.look(view.prepare(ref()))).toBe('dead')
    expect(view.look(view.prepare(ref({ sessionId: 'x', tokenId: null, subject: 'user-2' })))).toBe('alive')
    expect(view.floor).toBe(0)
    expect(view.isKeyRetired('k1')).toBe(true)
  })

  it('does not forget by a clock that jumps to and fro', () => {
    const time = createTestClock()
    const view = createRevocationView({ clock: time, judge: async () => 'alive' })
    view.lease.extend(time.monoMs(), time.wallMs(), 12_000)
    view.apply({ offset: 1, event: { kind: 'session', sessionId: SID, subject: null, until: time.now() + 3720 } })
    // Two hours on: the lease ends before anything can be dropped.
    time.stepWall(7200)
    for (let i = 0; i < 64; i++) view.sweep()
    expect(view.leaseHolds()).toBe(false)
    time.stepWall(-7200)
    view.apply({ offset: 2, event: { kind: 'token', tokenId: 'other', until: time.now() + 3720 } })
    expect(view.look(view.prepare(ref()))).toBe('dead')
    expect(view.hasForgotten()).toBe(false)
    // A renewal by the wrong time lets it drop the entry; when the clock comes back it knows that it must read again.
    time.stepWall(7200)
    view.lease.extend(time.monoMs() + 1, time.wallMs(), 12_000)
    for (let i = 0; i < 64; i++) view.sweep()
    expect(view.hasForgotten()).toBe(false)
    time.stepWall(-7200)
    expect(view.leaseHolds()).toBe(false)
    expect(view.hasForgotten()).toBe(true)
    view.reset()
    expect(view.hasForgotten()).toBe(false)
  })

  it('asks nobody about what it knows to be dead', async () => {
    const view = newView()
    expect(await view.strict(ref())).toBe('alive')
    view.apply(session)
    expect(await view.strict(ref())).toBe('dead')
  })

  it('asks the store for the strict answer, with the present second', async () => {
    const asked: unknown[] = []
    const view = createRevocationView({
      clock,
      async judge(credential, now) {
        asked.push(credential, now)
        return 'stale'
      },
    })
    expect(await view.strict(ref())).toBe('stale')
    expect(asked).toEqual([ref(), clock.now()])
  })
})
