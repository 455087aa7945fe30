/**
 * Reads of sessions under way: once for all who ask for the same cookie, and taken again when an event touched what was being
 * read (docs/guarantee.md, the fill rule).
 */
import type { RevocationEvent } from '../revocation/engine.ts'
import type { Session } from './session.ts'

export interface Loads {
  /** @param keep called with what came, in the same step in which it was found untouched */
  load<Loaded extends { readonly session: Session }>(
    digest: string,
    sessionId: string,
    read: () => Promise<Loaded | null>,
    keep: (loaded: Loaded) => void,
  ): Promise<Session | null>
  /** Loads of this session will be taken again. */
  touch(sessionId: string): void
  touchAll(): void
  /** Loads that read the session at an older version will be taken again. */
  saved(sessionId: string, version: number): void
  applied(event: RevocationEvent): void
}

interface Load {
  readonly sessionId: string
  touched: boolean
  subjects: Set<string> | null
  minVersion: number
}

/** Loads are taken again this often when events keep touching them; then the value is used once and not kept. */
const ATTEMPTS = 4

export function createLoads(): Loads {
  const underWay = new Set<Load>()
  const flights = new Map<string, Promise<Session | null>>()

  const loadOnce = async <Loaded extends { readonly session: Session }>(
    sessionId: string,
    read: () => Promise<Loaded | null>,
    keep: (loaded: Loaded) => void,
  ): Promise<Session | null> => {
    for (let attempt = 1; ; attempt++) {
      const load: Load = { sessionId, touched: false, subjects: null, minVersion: 0 }
      underWay.add(load)
      try {
        const loaded = await read()
        if (loaded === null) return null
        const { session } = loaded
        const stale = load.touched || session.version < load.minVersion || isAmong(load.subjects, session.subject)
        if (!stale) keep(loaded)
        if (!stale || attempt === ATTEMPTS) return session
      } finally {
        underWay.delete(load)
      }
    }
  }

  return {
    load(digest, sessionId, read, keep) {
      const flying = flights.get(digest)
      if (flying) return flying
      const flight = loadOnce(sessionId, read, keep).finally(() => flights.delete(digest))
      flights.set(digest, flight)
      return flight
    },
    touch(sessionId) {
      for (const load of underWay) if (load.sessionId === sessionId) load.touched = true
    },
    touchAll() {
      for (const load of underWay) load.touched = true
    },
    saved(sessionId, version) {
      for (const load of underWay) {
        if (load.sessionId === sessionId) load.minVersion = Math.max(load.minVersion, version)
      }
    },
    applied(event) {
      for (const load of underWay) applyTo(load, event)
    },
  }
}

function isAmong(subjects: ReadonlySet<string> | null, subject: string | null): boolean {
  return subject !== null && subjects?.has(subject) === true
}

function applyTo(load: Load, event: RevocationEvent): void {
  if (event.kind === 'floor') load.touched = true
  else if (event.kind === 'session') load.touched ||= event.sessionId === load.sessionId
  else if (event.kind === 'subject' || event.kind === 'claims') {
    load.subjects ??= new Set()
    load.subjects.add(event.subject)
  }
}
