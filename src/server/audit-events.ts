/** What logins report, written to the audit log with who did it and from where. */
import type { Audit } from '../audit/audit.ts'
import type { AuditActor } from '../audit/event.ts'
import type { LoginEvent } from '../login/options.ts'
import { currentRequest } from './request-context.ts'

/** @param role `cli`: whatever happens is the command line's doing */
export function auditEvents(audit: Audit, role: 'server' | 'cli'): (event: LoginEvent) => Promise<void> {
  return (event) =>
    audit.record({
      action: event.action,
      subject: event.subject,
      sessionId: event.sessionId,
      detail: event.detail,
      actor: actorOf(event, role),
      address: currentRequest()?.address ?? null,
    })
}

function actorOf({ subject }: LoginEvent, role: 'server' | 'cli'): AuditActor {
  if (role === 'cli') return { kind: 'cli' }
  const request = currentRequest()
  if (!request) return { kind: 'system' }
  if (request.actor) return request.actor
  return subject === null ? { kind: 'anonymous' } : { kind: 'subject', id: subject }
}
