/** Who the verifiers of this fleet are: the registry knows ids and numbers, and each server leaves a note beside it. */
import { hostname } from 'node:os'
import type { Json, JsonObject } from '../json.ts'
import type { Instance } from './instance.ts'

/** The kind of record that holds them, under the verifier's id. */
export const VERIFIER_NOTES = 'verifier-notes'

/** How often a note is written at most; what it tells is so old. */
export const NOTE_SECONDS = 5
/** A verifier that tells nothing for so long has no note any more. */
const KEEP_SECONDS = 60

/** What a verifier tells of itself. Instants are seconds since 1970. */
export interface VerifierNote {
  readonly kind: 'server' | 'remote'
  /** `<host>:<port> (<process id>)`; null for a remote follower, which has only its id. */
  readonly name: string | null
  readonly notedAt: number
  /** When it last took an entry of the log into account; null: never. */
  readonly confirmedAt: number | null
  /** When it last recognised a login; null: never. */
  readonly lastAcceptedAt: number | null
}

/** A registered verifier, with its note where there is one (a command beside a running server leaves none). */
export interface KnownVerifier {
  readonly id: string
  /** The last entry of the log that it has confirmed. */
  readonly confirmedOffset: number
  readonly note: VerifierNote | null
}

export interface VerifierNotes {
  /** Writes this process's own note. @throws AuthError `store.unavailable` */
  write(): Promise<void>
  /** Writes what a remote follower tells with a renewal, unless its note is new. @throws AuthError `store.unavailable` */
  writeRemote(id: string, told: Pick<VerifierNote, 'confirmedAt' | 'lastAcceptedAt'>): Promise<void>
  /** Everybody whom a revocation waits for now. @throws AuthError `store.unavailable` */
  list(): Promise<{ readonly head: number; readonly verifiers: readonly KnownVerifier[] }>
}

export function createVerifierNotes(instance: Instance): VerifierNotes {
  const { clock, config, metrics, store, revocations } = instance
  const records = store.records(VERIFIER_NOTES)
  const name = `${hostname()}:${config.port} (${process.pid})`
  const remoteNotedAt = new Map<string, number>()
  let confirmedAt: number | null = null
  revocations.onApplied(() => {
    confirmedAt = clock.now()
  })

  const put = (id: string, note: Omit<VerifierNote, 'notedAt'>): Promise<void> => {
    const now = clock.now()
    return records.put(id, { ...note, notedAt: now }, now + KEEP_SECONDS, now)
  }

  return {
    write: () =>
      put(revocations.follower.id, { kind: 'server', name, confirmedAt, lastAcceptedAt: metrics.lastAcceptedAt() }),

    async writeRemote(id, told) {
      const now = clock.now()
      if (now < (remoteNotedAt.get(id) ?? 0) + NOTE_SECONDS) return
      for (const [known, at] of remoteNotedAt) if (now >= at + KEEP_SECONDS) remoteNotedAt.delete(known)
      remoteNotedAt.set(id, now)
      await put(id, { kind: 'remote', name: null, ...told })
    },

    async list() {
      const [{ members }, notes] = await Promise.all([store.revocations.members(), allNotes()])
      const verifiers = members.map(({ id, acked }) => ({ id, confirmedOffset: acked, note: notes.get(id) ?? null }))
      return { head: revocations.follower.metrics.head, verifiers }
    },
  }

  async function allNotes(): Promise<ReadonlyMap<string, VerifierNote>> {
    const notes = new Map<string, VerifierNote>()
    let cursor: string | null = null
    do {
      const page = await records.list(cursor, 200, clock.now())
      for (const { key, value } of page) {
        const note = readNote(value)
        if (note) notes.set(key, note)
      }
      cursor = page.length === 200 ? (page.at(-1)?.key ?? null) : null
    } while (cursor !== null)
    return notes
  }
}

/** null for what a future version may have written. */
function readNote(value: Json): VerifierNote | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { kind, name, notedAt, confirmedAt, lastAcceptedAt } = value as JsonObject
  if (kind !== 'server' && kind !== 'remote') return null
  if (!(name === null || typeof name === 'string') || typeof notedAt !== 'number') return null
  return { kind, name, notedAt, confirmedAt: instant(confirmedAt), lastAcceptedAt: instant(lastAcceptedAt) }
}

function instant(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null
}
