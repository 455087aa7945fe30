/** RECOVERY in memory: makes an event true that the log may lack. */
import type { RevocationEvent } from '../../revocation/engine.ts'
import { atGeneration, says } from '../../revocation/events.ts'
import { append, type MemoryState, removeSession, subjectState } from './state.ts'

export function restoreEvent(state: MemoryState, event: RevocationEvent, now: number): void {
  makeTrue(state, event)
  const isClaims = event.kind === 'claims'
  const wanted = isClaims ? atGeneration(event, subjectState(state, event.subject).generation) : event
  if (wanted.until > now && !state.log.some((entry) => says(entry.event, wanted))) append(state, wanted)
}

function makeTrue(state: MemoryState, event: RevocationEvent): void {
  switch (event.kind) {
    case 'session':
      removeSession(state, event.sessionId)
      break
    case 'token':
      // The log is the truth of tokens.
      break
    case 'subject': {
      const { subject } = event
      raise(state, subject, event.generation, event.generation, 0)
      for (const id of [...(state.sessionIdsBySubject.get(subject) ?? [])]) {
        const row = state.sessions.get(id)
        if (row && row.session.generation < event.generation) removeSession(state, id)
      }
      break
    }
    case 'claims':
      raise(state, event.subject, event.generation, 0, event.generation)
      break
    case 'floor':
      state.floor = Math.max(state.floor, event.floor)
      break
  }
}

function raise(state: MemoryState, subject: string, generation: number, deadBelow: number, staleBelow: number): void {
  const old = subjectState(state, subject)
  state.subjects.set(
    subject,
    Object.freeze({
      generation: Math.max(old.generation, generation),
      deadBelow: Math.max(old.deadBelow, deadBelow),
      staleBelow: Math.max(old.staleBelow, staleBelow),
    }),
  )
}
