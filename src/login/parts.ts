/** What the parts of `createLogins` share. */
import type { AuditAction } from '../audit/event.ts'
import type { Patience } from '../insist.ts'
import type { JsonObject } from '../json.ts'
import type { Appended } from '../revocation/engine.ts'
import type { Receipt } from '../revocation/revoke.ts'
import type { StatusLists } from '../revocation/status-lists.ts'
import type { Background } from '../session/background.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import type { ClaimsSource } from './claims.ts'
import type { Modes } from './modes.ts'
import type { CheckedOptions } from './options.ts'

export interface Parts {
  readonly options: CheckedOptions
  readonly sessions: Sessions
  readonly claims: ClaimsSource
  readonly modes: Modes
  readonly background: Background
  /** undefined: the machine's. */
  readonly patience: Patience | undefined
  /** null: no token leaves the fleet. */
  readonly statusLists: StatusLists | null
  /**
   * Resolves when no verifier accepts what the entry ended.
   * @param again appends the same once more, should the log turn out to be another one (a fail-over may have lost the entry)
   */
  settle(appended: Appended, again?: () => Promise<Appended>): Promise<Receipt>
  /**
   * The same where something has to be answered whatever becomes of the wait, for the old credential is dead in the store:
   * a failure is reported and not thrown, and there is no receipt then.
   */
  settled(appended: Appended | null, again?: () => Promise<Appended>): Promise<Receipt | null>
  /** Tells `onEvent`; never throws. */
  emit(
    action: AuditAction,
    about: { readonly subject: string | null; readonly sessionId: string | null },
    detail?: JsonObject,
  ): Promise<void>
}

/** What an event says of the wait. */
export function receiptDetail(receipt: Receipt | null): JsonObject {
  return receipt ? { offset: receipt.offset, confirmedBy: receipt.confirmedBy, ms: receipt.ms } : {}
}

/** Ids of an event. */
export function idsOf(session: Session): { readonly subject: string | null; readonly sessionId: string } {
  return { subject: session.subject, sessionId: session.id }
}
