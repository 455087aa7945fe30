/** Where each piece of state sits, leg by leg: the answer to the reference's last question. */
import { MEASURED } from './constants.ts'
import { costOf } from './costs.ts'
import type { Decision } from './decide.ts'
import { type Leg, type OptionId, optionOf } from './options.ts'

export type Place = 'client' | 'server' | 'store' | 'provider'
export const PLACES: readonly Place[] = ['client', 'server', 'store', 'provider']
export type Piece =
  | 'handle'
  | 'session'
  | 'copy'
  | 'sealed'
  | 'access'
  | 'refresh'
  | 'family'
  | 'revocations'
  | 'list'
  | 'keys'
  | 'public-keys'
  | 'device-key'
  | 'own-session'

export interface Held {
  readonly leg: Leg
  readonly piece: Piece
  readonly place: Place
  /** Of one; null where that depends on what is in it. */
  readonly bytes: number | null
}

export function stateMap(decision: Decision): readonly Held[] {
  return decision.legs.flatMap(({ leg, chosen }) => (chosen === null ? [] : heldFor(leg, chosen, decision)))
}

function heldFor(leg: Leg, id: OptionId, { facts }: Decision): readonly Held[] {
  const option = optionOf(id)
  const { bytes } = costOf(id, facts)
  const held = (piece: Piece, place: Place, size: number | null): Held => ({ leg, piece, place, bytes: size })
  const row = MEASURED.sessionRowBytes.value
  const entry = held('revocations', 'server', MEASURED.revocationBytes.value)
  const device = option.binding === 'none' ? [] : [held('device-key', 'client', null)]
  if (leg === 'hub' && id === 'own-session-each') {
    return [
      held('handle', 'client', bytes),
      held('session', 'store', row),
      held('own-session', 'provider', row),
      held('keys', 'provider', null),
    ]
  }
  switch (option.credential) {
    case 'session': {
      const memory = option.revocation === 'row' ? [] : [held('copy', 'server', facts.claimBytes + 200)]
      const log = option.revocation === 'log' ? [entry] : []
      return [held('handle', 'client', bytes), held('session', 'store', row), ...memory, ...log, ...device]
    }
    case 'sealed':
      return [held('sealed', 'client', bytes), held('keys', 'server', null)]
    case 'pair':
      return [
        held('access', 'client', bytes),
        held('refresh', 'client', null),
        held('family', 'store', MEASURED.familyRowBytes.value),
        ...(option.revocation === 'log' ? [entry] : []),
        ...device,
      ]
    default:
      return [
        held('access', 'server', bytes),
        held('public-keys', 'server', null),
        ...(option.revocation === 'log' ? [entry] : []),
        ...(option.revocation === 'list' ? [held('list', 'server', null)] : []),
        ...(option.revocation === 'question' ? [held('session', 'provider', row)] : []),
      ]
  }
}
