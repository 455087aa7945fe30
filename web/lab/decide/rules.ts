/** The hard rules: each can only take options away, and names the lines that it stands on. */
import type { LineId } from '../claims/lines.ts'
import { ASSUMED } from './constants.ts'
import type { Facts } from './facts.ts'
import { bytesOf } from './header-bytes.ts'
import { type OptionId, optionOf } from './options.ts'

export type RuleId = 'H1' | 'H2' | 'H3' | 'H4' | 'H5' | 'H6' | 'H7' | 'H8' | 'H9' | 'H10'

export const RULE_LINES: Readonly<Record<RuleId, readonly LineId[]>> = {
  H1: ['J-6', 'V-3'],
  H2: ['J-1', 'J-3'],
  H3: ['J-4'],
  H4: ['C+2'],
  H5: ['C-4'],
  H6: ['C-6'],
  H7: ['J-5'],
  H8: ['C-1', 'C-2'],
  H9: ['J-2'],
  H10: ['C-5', 'J-5'],
}

/** The first rule that takes this option away, or null. */
export function ruledOut(id: OptionId, facts: Facts): RuleId | null {
  const option = optionOf(id)
  const { known, hasStore, hasFeed, reachesStore, revokeSeconds, roleSeconds } = facts
  const has = { store: option.parts.includes('store'), issuer: option.credential !== 'session' }
  if (option.credential === 'long') return 'H1'
  if (id === 'native-cookie') return 'H6'
  if (id === 'one-host' && (known.q2 === 'unrelated' || known.q2 === 'one')) return 'H5'
  if (option.carrier === 'script' && known.q11.includes('xss') && known.q11.includes('personal')) return 'H4'
  // Whoever may not mint may not hold the store, the key or the feed of those who do.
  if (id === 'same-session' && (known.q8 === 'check' || known.q8 === 'foreign')) return 'H7'
  if (id === 'edge-feed' && known.q8 === 'foreign') return 'H7'
  if (has.store && !hasStore && !isFromOutside(id, facts)) return 'H8'
  if (!has.issuer && !reachesStore && option.leg !== 'hub') return 'H8'
  if (id === 'pair-lookup' && !reachesStore) return 'H8'
  // Copies in memory are only as true as what keeps them so.
  if (option.revocation === 'log' && !hasFeed) return option.credential === 'session' ? 'H8' : 'H2'
  if ((option.delaySeconds ?? facts.absoluteSeconds) > revokeSeconds) return 'H2'
  if ((option.staleSeconds ?? facts.absoluteSeconds) > roleSeconds) return 'H3'
  if (id === 'sealed' && bytesOf(id, facts) > ASSUMED.cookieLimitBytes.value) return 'H9'
  return null
}

/** Tokens of an outside issuer need no store of ours. */
function isFromOutside(id: OptionId, { known }: Facts): boolean {
  const { credential, revocation } = optionOf(id)
  const isToken = credential === 'access' || credential === 'pair'
  return isToken && known.q10 !== 'own' && (revocation === 'expiry' || revocation === 'question')
}

/** Shared keys are for a single party that signs and checks; H7 takes them away from everybody else. */
export function mayShareKey({ known }: Facts): boolean {
  const several = known.q8 === 'check' || known.q8 === 'foreign'
  return !several && !known.q1.includes('partner') && !(known.q8 === 'mint' && known.q11.includes('insider'))
}
