import { describe, expect, it } from 'vitest'
import { randomId } from '../../../../src/crypto/random.ts'
import type { RevocationEvent } from '../../../../src/revocation/engine.ts'
import { createBlinding } from '../../../../src/revocation/remote/blinding.ts'

const KEY = 'follower-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'
const until = 2_000_000_000
const ours = createBlinding(KEY)
const other = createBlinding(`${KEY}2`)
const ref = { sessionId: 's', subject: 'ada', tokenId: 't', generation: 3 }

/** The sealed patch of an event about ada. */
function sealed(patch: Record<string, string>, by = ours) {
  const event = by.event({ kind: 'claims', subject: 'ada', generation: 1, patch, until })
  if (event.kind !== 'claims') throw new Error('another event')
  return event.patch
}

describe('blinding', () => {
  it('names ids by 22 characters, the same on both sides and under no other key', () => {
    const blind = ours.ref(ref)
    expect(createBlinding(KEY).ref(ref)).toEqual(blind)
    expect(blind.generation).toBe(3)
    for (const id of [blind.sessionId, blind.subject, blind.tokenId]) expect(id).toMatch(/^[\w-]{22}$/)
    const all = [blind, other.ref(ref)].flatMap(({ sessionId, subject, tokenId }) => [sessionId, subject, tokenId])
    expect(new Set(all).size).toBe(6)
    expect(ours.ref({ ...ref, tokenId: null }).tokenId).toBeNull()
  })

  it('keeps kinds apart: one text as session, subject and token', () => {
    const same = ours.ref({ sessionId: 'x', subject: 'x', tokenId: 'x', generation: 0 })
    expect(new Set([same.sessionId, same.subject, same.tokenId]).size).toBe(3)
  })

  it('takes from an event whatever a follower does not need', () => {
    const blind = ours.ref(ref)
    const events: readonly [RevocationEvent, RevocationEvent][] = [
      [
        { kind: 'session', sessionId: 's', subject: 'ada', until, drainSeconds: 3 },
        { kind: 'session', sessionId: blind.sessionId, subject: null, until },
      ],
      [
        { kind: 'token', tokenId: 't', until },
        { kind: 'token', tokenId: blind.tokenId ?? '', until },
      ],
      [
        { kind: 'subject', subject: 'ada', generation: 2, until, drainSeconds: 3 },
        { kind: 'subject', subject: blind.subject, generation: 2, until },
      ],
      [
        { kind: 'claims', subject: 'ada', generation: 2, patch: null, until },
        { kind: 'claims', subject: blind.subject, generation: 2, patch: null, until },
      ],
      [
        { kind: 'floor', floor: 1, keyIds: ['k'], until },
        { kind: 'floor', floor: 1, keyIds: ['k'], until },
      ],
    ]
    for (const [event, expected] of events) expect(ours.event(event)).toEqual(expected)
  })

  it('opens claims for who knows the subject, and for nobody else', () => {
    const patch = sealed({ roles: 'admin', name: 'Ada' })
    if (!patch) throw new Error('no patch')
    expect(JSON.stringify(patch)).not.toContain('admin')
    expect(ours.openPatch(patch, 'ada')).toEqual({ roles: 'admin', name: 'Ada' })
    expect(ours.openPatch(patch, 'bob')).toBeNull()
    expect(other.openPatch(patch, 'ada')).toBeNull()
    // The same claims never look the same.
    expect(sealed({ roles: 'admin', name: 'Ada' })).not.toEqual(patch)
  })

  it('does not open what was altered, cut or is none', () => {
    const text = String(sealed({ roles: 'admin' })?.sealed)
    for (let at = 0; at < text.length; at += 3) {
      const altered = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
      expect(ours.openPatch({ sealed: altered }, 'ada')).toBeNull()
    }
    for (const patch of [{}, { sealed: 1 }, { sealed: '' }, { sealed: '?' }, { sealed: text.slice(0, 40) }]) {
      expect(ours.openPatch(patch, 'ada')).toBeNull()
    }
  })

  it.each([0, 1, 31, 32, 33, 4000, 8100])('seals %i characters', (length) => {
    const claims = { name: 'x'.repeat(length) }
    expect(ours.openPatch(sealed(claims) ?? {}, 'ada')).toEqual(claims)
  })

  it('lets no claims travel that are larger', () => {
    expect(sealed({ name: 'x'.repeat(8200) })).toBeNull()
  })

  it('names a member by its secret id, and keeps the lease', () => {
    const id = `${randomId()}.3000`
    expect(ours.memberId(id)).toMatch(/^follower~[\w-]{22}\.3000$/)
    expect(ours.memberId(id)).toBe(createBlinding(KEY).memberId(id))
    expect(ours.memberId(id)).not.toContain(id.slice(0, 22))
    expect(other.memberId(id)).not.toBe(ours.memberId(id))
    expect(ours.memberId(ours.memberId(id))).not.toBe(ours.memberId(id))
  })
})
