/** From when on verifiers outside the fleet, which read status lists, refuse what was revoked: put into the receipt, waited for. */
import { isAuthError } from '../errors.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { LIST_LIFE_SECONDS } from '../revocation/status-list-names.ts'
import type { Covered } from '../revocation/status-lists.ts'
import { MAX_LIFETIME_SECONDS } from '../token/lifetime.ts'
import type { Parts } from './parts.ts'

export interface RemoteEffect {
  /** The receipt with `remoteEffectiveAt`. To be called when the fleet has confirmed: lists know from then on. */
  of<R extends Receipt>(receipt: R, covered: Covered): Promise<R>
  /** The same for a change of claims: outside they are those of the token until it expires. */
  ofClaims<R extends Receipt>(receipt: R, subject: string): Promise<R>
  /** Resolves at that moment, by this machine's wall clock. */
  reached(receipt: Receipt): Promise<void>
}

/** The clock may be set meanwhile: it is looked at again after so long. */
const LOOK_MS = 1000

export function createRemoteEffect({ options, statusLists, background }: Parts): RemoteEffect {
  const { clock } = options

  const at = async <R extends Receipt>(receipt: R, ask: () => Promise<number | null>, atMost: number): Promise<R> => {
    if (statusLists === null) return receipt
    try {
      return { ...receipt, remoteEffectiveAt: await ask() }
    } catch (error) {
      // It has been revoked and every verifier of the fleet knows: not the moment to fail. The bound holds whatever was published.
      if (!isAuthError(error, 'store.unavailable')) throw error
      background.failed(error, 'asking for published status lists')
      return { ...receipt, remoteEffectiveAt: clock.now() + atMost }
    }
  }

  return {
    of: (receipt, covered) => at(receipt, async () => statusLists?.effectiveAt(covered) ?? null, LIST_LIFE_SECONDS),
    ofClaims: (receipt, subject) =>
      at(receipt, async () => statusLists?.expiredAt(subject) ?? null, MAX_LIFETIME_SECONDS),
    async reached({ remoteEffectiveAt }) {
      for (;;) {
        const leftMs = ((remoteEffectiveAt ?? 0) - clock.now()) * 1000
        if (leftMs <= 0) return
        await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, LOOK_MS)))
      }
    },
  }
}
