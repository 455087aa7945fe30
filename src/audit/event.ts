/** What the audit log holds. */
import type { JsonObject } from '../json.ts'

export type AuditAction =
  | 'account.sign_up'
  | 'account.password_changed'
  | 'account.password_reset'
  | 'account.reset_requested'
  | 'session.sign_in'
  | 'session.sign_in_failed'
  | 'session.throttled'
  | 'session.sign_out'
  | 'session.rotated'
  | 'session.converted'
  | 'session.revoked'
  | 'subject.revoked'
  | 'token.minted'
  | 'token.revoked'
  | 'refresh.rotated'
  | 'refresh.replayed'
  | 'refresh.reused'
  | 'claims.changed'
  | 'modes.changed'
  | 'client.added'
  | 'client.removed'
  | 'oidc.consent'
  | 'oidc.authorized'
  | 'oidc.tokens'
  | 'oidc.replay'
  | 'oidc.logout_sent'
  | 'oidc.logout_failed'
  | 'keys.rotated'
  | 'floor.raised'

/** Who did it: the user, an operator (by subject or key), the command line, or the system itself. */
export type AuditActor =
  | { readonly kind: 'subject' | 'operator'; readonly id: string }
  | { readonly kind: 'operator_key' | 'cli' | 'system' | 'anonymous' }

/** Ids only: never a token, secret, cookie value or password. */
export interface AuditEvent {
  /** Seconds since 1970. */
  readonly at: number
  readonly action: AuditAction
  readonly actor: AuditActor
  readonly subject: string | null
  readonly sessionId: string | null
  readonly address: string | null
  /** Small facts: mode, reason, receipt. */
  readonly detail: JsonObject
}

export interface StoredAuditEvent extends AuditEvent {
  /** 1, 2, ...: the order of writing. */
  readonly sequence: number
}
