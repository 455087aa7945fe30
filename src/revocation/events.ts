/** Log entries compared: which one makes another superfluous. */
import type { RevocationEvent } from './engine.ts'

type ClaimsEvent = Extract<RevocationEvent, { readonly kind: 'claims' }>

/** Whether whoever has applied `held` knows all that `event` says, for at least as long. */
export function says(held: RevocationEvent, event: RevocationEvent): boolean {
  if (held.until < event.until) return false
  switch (event.kind) {
    case 'session':
      return held.kind === 'session' && held.sessionId === event.sessionId
    case 'token':
      return held.kind === 'token' && held.tokenId === event.tokenId
    case 'subject':
      return held.kind === 'subject' && held.subject === event.subject && held.generation >= event.generation
    case 'claims':
      if (held.kind !== 'claims' || held.subject !== event.subject) return false
      if (event.patch === null) return held.generation >= event.generation
      return held.generation === event.generation && held.patch !== null
    case 'floor':
      return held.kind === 'floor' && held.floor >= event.floor && event.keyIds.every((id) => held.keyIds.includes(id))
  }
}

/** The event as it may be appended when its subject has come to `generation`: an older patch is worth nothing. */
export function atGeneration(event: ClaimsEvent, generation: number): ClaimsEvent {
  return event.generation < generation ? { ...event, patch: null } : event
}

/** The event, with how long requests under way may take, where that is given. */
export function withDrain<Event extends Extract<RevocationEvent, { readonly kind: 'session' | 'subject' }>>(
  event: Event,
  drainSeconds: number | undefined,
): Event {
  return drainSeconds === undefined ? event : { ...event, drainSeconds }
}

/** The id that an event is about; null for the floor. */
export function keyOf(event: RevocationEvent): string | null {
  switch (event.kind) {
    case 'session':
      return event.sessionId
    case 'token':
      return event.tokenId
    case 'subject':
    case 'claims':
      return event.subject
    case 'floor':
      return null
  }
}
