/**
 * RECOVERY: what one verifier does for a log that may have lost its end. It keeps the newest entries as they were; when
 * the log turns out to be another one, it reads that, and gives back what is missing there.
 */
import type { Clock } from '../clock.ts'
import type { LogEntry, Renewal, RevocationEngine, RevocationEvent } from './engine.ts'
import { keyOf, says } from './events.ts'
import { createRecentEvents } from './recent-events.ts'

export interface RecoveryOptions {
  readonly engine: Pick<RevocationEngine, 'restore' | 'raiseFloor' | 'floor'>
  readonly clock: Clock
  /** How long an entry must be kept from the moment it is appended. */
  readonly keepSeconds: number
  /** How many of the newest entries are kept, at most. Default 50 000. */
  readonly recentEvents?: number
  /** For how long after they were applied, at most, while the log answers. Default 600. */
  readonly recentSeconds?: number
  /**
   * Called when the log that is there now cannot be shown to be the former one but for an end that this process still
   * knows, and nobody has raised the floor since: it is raised, which ends every session and refresh family.
   * @returns ids of the signing keys that are to be retired with it; without this none is, and tokens live until they expire
   */
  readonly onHistoryLost?: () => Promise<readonly string[]>
}

export interface Recovery {
  /** An entry has been applied. */
  take(entry: LogEntry): void
  /** The log has answered: what is too old may go. */
  onContact(): void
  /** The log is another one than the entries came from. */
  begin(now: {
    /** Its first answer. */
    readonly reply: Renewal
    /** Up to where the former one had been applied, and the floor that it had come to. */
    readonly applied: number
    readonly floor: number
  }): void
  /** Something may be missing that only this process knows. */
  readonly isPending: boolean
  /** Gives back what has not been seen since `begin`, once the whole log has been read. @throws what the engine throws */
  restore(): Promise<void>
}

/** Events a call. */
const CHUNK = 200

export function createRecovery(options: RecoveryOptions): Recovery {
  const { engine, clock, keepSeconds, recentEvents = 50_000, recentSeconds = 600 } = options
  const recent = createRecentEvents(recentEvents, recentSeconds * 1000)
  /** What the log has not shown yet, by what it is about; null: nothing is to be done. */
  let missing: Map<string, RevocationEvent[]> | null = null
  /** Entries of former logs by their offset: one that is there again shows that all before it is. */
  let witnesses = new Map<number, RevocationEvent>()
  let isContinued = false
  let formerFloor = 0

  function miss(event: RevocationEvent): void {
    const name = nameOf(event)
    const same = missing?.get(name)
    if (same) same.push(event)
    else missing?.set(name, [event])
  }

  function cross(event: RevocationEvent): void {
    const name = nameOf(event)
    const left = missing?.get(name)?.filter((one) => !says(event, one))
    if (left?.length === 0) missing?.delete(name)
    else if (left) missing?.set(name, left)
  }

  /** From now on for the full time: tokens may have been minted since for what was alive again. */
  function renewed(event: RevocationEvent): RevocationEvent {
    return { ...event, until: Math.max(event.until, clock.now() + keepSeconds) }
  }

  async function makeSure(): Promise<void> {
    if (isContinued || (await engine.floor()) > formerFloor) return
    const keyIds = (await options.onHistoryLost?.()) ?? []
    await engine.raiseFloor(keyIds, clock.now() + keepSeconds, clock.now())
    isContinued = true
  }

  return {
    take(entry) {
      if (missing) {
        const witness = witnesses.get(entry.offset)
        if (witness && says(witness, entry.event) && says(entry.event, witness)) isContinued = true
        cross(entry.event)
      }
      recent.add(entry, clock.monoMs())
    },
    onContact: () => recent.trim(clock.monoMs()),
    begin({ reply, applied, floor }) {
      missing ??= new Map()
      for (const { offset, event } of recent.takeAll()) {
        witnesses.set(offset, event)
        // Offsets go on where the log survived: what was pruned was there.
        if (offset >= reply.firstRetained) miss(event)
      }
      const oldest = witnesses.keys().next().value ?? applied + 1
      isContinued = reply.firstRetained >= oldest
      formerFloor = Math.max(formerFloor, floor)
    },
    get isPending() {
      return missing !== null
    },
    async restore() {
      if (!missing) return
      await makeSure()
      while (missing.size > 0) {
        const events = [...missing.values()].flat().slice(0, CHUNK)
        await engine.restore(events.map(renewed), clock.now())
        for (const event of events) cross(event)
      }
      missing = null
      witnesses = new Map()
    },
  }
}

function nameOf(event: RevocationEvent): string {
  return `${event.kind}:${keyOf(event)}`
}
