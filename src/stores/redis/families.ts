/** Refresh families in Redis. */
import type { Family } from '../../refresh/family.ts'
import type { FamilyStore } from '../../refresh/store.ts'
import { parseAppended } from './answers.ts'
import type { Reply } from './connection.ts'
import { asCount, asList, asText, toJson } from './fields.ts'
import { type Places, refOf, shardOf } from './places.ts'
import { isAlive, parseFamily, parseNumbers, parseSession } from './rows.ts'
import type { Steps } from './steps.ts'
import type { Sweeps } from './sweeps.ts'

export function createFamilies(steps: Steps, places: Places, sweeps: Sweeps): FamilyStore {
  return {
    newId: places.newIdBeside,

    async create(family, now) {
      const ref = refOf(family.id)
      const outcome = await steps.row('createFamily', shardOf(ref), now, ref, ...familyArgs(family))
      return outcome as 'created' | 'exists' | 'missing'
    },

    async find(id, now) {
      const ref = refOf(id)
      return judged(await steps.row('findFamily', shardOf(ref), now, ref), now)
    },

    async findBySession(sessionId, now) {
      const ref = refOf(sessionId)
      return judged(await steps.row('findFamilyOf', shardOf(ref), now, ref), now)
    },

    async rotate(id, presented, next, windowSeconds, until, now) {
      const ref = refOf(id)
      const step = Number.isSafeInteger(presented.step) ? presented.step : -1
      const hashes = [toJson(presented.hash), toJson(next.secretHash), toJson(next.sealedSuccessor)]
      const args = [ref, String(step), ...hashes, String(windowSeconds), String(until)]
      const reply = asList(await steps.row('rotateFamily', shardOf(ref), now, ...args), 'families')
      const [outcome, text, , appended] = reply
      switch (outcome) {
        case 'rotated':
        case 'replayed':
          return { outcome, family: parseFamily(ref, text) }
        case 'reused':
          return { outcome, family: parseFamily(ref, text), appended: parseAppended(appended) }
        default:
          return { outcome: outcome as 'missing' | 'unknown' }
      }
    },

    async revoke(id) {
      const ref = refOf(id)
      return (await steps.row('revokeFamily', shardOf(ref), 0, ref)) === 1
    },

    deleteExpired: (now, limit) => sweeps.remove('sweepFamilies', now, limit),
  }
}

function familyArgs(family: Family): readonly string[] {
  return [
    refOf(family.sessionId),
    String(family.floor),
    String(family.createdAt),
    toJson(family.secretHash),
    toJson([family.subject, family.clientId, family.audience, family.scope]),
    String(family.step),
    family.rotatedAt === null ? '-' : String(family.rotatedAt),
    toJson(family.previousHash),
    toJson(family.sealedSuccessor),
  ]
}

/** The family while its session is alive. */
function judged(reply: Reply, now: number): Family | null {
  if (reply === null) return null
  const [ref, text, row, floorText, numbers] = asList(reply, 'families')
  const family = parseFamily(asText(ref, 'families'), text)
  const floor = asCount(floorText, 'meta')
  if (family.floor < floor) return null
  return isAlive(parseSession(refOf(family.sessionId), row), floor, parseNumbers(numbers), now) ? family : null
}
