/** Bytes that a credential adds to every request. */
import { ASSUMED, MEASURED } from './constants.ts'
import type { Facts } from './facts.ts'
import { type OptionId, optionOf } from './options.ts'

const tokenBytes = (claimBytes: number): number =>
  ASSUMED.tokenBaseBytes.value +
  MEASURED.leanTokenBytes.value +
  Math.ceil(claimBytes * ASSUMED.sealedBytesPerByte.value)

/** H9: a token over a quarter of the header budget leaves its claims at the server. */
export function claimsMoved(id: OptionId, { claimBytes }: Facts): boolean {
  const { credential } = optionOf(id)
  const isToken = credential === 'access' || credential === 'pair' || credential === 'long'
  return isToken && tokenBytes(claimBytes) > ASSUMED.headerBudgetBytes.value / 4
}

export function bytesOf(id: OptionId, facts: Facts): number {
  const { credential, carrier } = optionOf(id)
  if (credential === 'sealed') {
    return Math.ceil(MEASURED.sealedHeaderBytes.value + facts.claimBytes * ASSUMED.sealedBytesPerByte.value)
  }
  if (credential === 'session' || carrier === 'redirect') return MEASURED.cookieHeaderBytes.value
  return tokenBytes(claimsMoved(id, facts) ? 0 : facts.claimBytes)
}
