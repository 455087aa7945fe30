/** Acknowledgements that wait: an entry is applied, and what it ends is still at work here (`drainSeconds`). */
import type { LogEntry, RevocationEngine } from './engine.ts'
import type { Follower } from './follower-shape.ts'

export interface HeldAcks {
  /** The engine for the follower: what is held is not acknowledged, nor is anything after it. */
  readonly engine: RevocationEngine
  /** As the follower's, for listeners that may answer a promise: the entry is held until it has settled. */
  onApplied(follower: Follower, listener: (entry: LogEntry) => void | Promise<void>): () => void
  /** Resolves when the entry is not held. */
  released(offset: number): Promise<void>
}

/** @param onFailure told of an acknowledgement that failed; the next renewal sends it again */
export function createHeldAcks(real: RevocationEngine, onFailure: (cause: unknown) => void): HeldAcks {
  const held = new Map<number, Promise<unknown>>()
  /** What the follower has applied, as which member. */
  let wanted: { readonly member: string; readonly offset: number } | null = null
  let told = 0

  /** Acknowledgements are in order: as far as nothing is held. */
  const allowed = (offset: number): number => Math.min(offset, ...[...held.keys()].map((one) => one - 1))

  const tell = async (): Promise<void> => {
    if (wanted === null) return
    const { member, offset } = wanted
    const upTo = allowed(offset)
    if (upTo <= told) return
    await real.ack(member, upTo)
    if (wanted.member === member) told = Math.max(told, upTo)
  }

  const tellAgain = (): void => {
    tell().catch(onFailure)
  }

  const hold = (offset: number, until: Promise<unknown>): void => {
    const all = Promise.all([held.get(offset), until])
    held.set(offset, all)
    const release = (): void => {
      if (held.get(offset) !== all) return
      held.delete(offset)
      tellAgain()
    }
    all.then(release, (cause: unknown) => {
      onFailure(cause)
      release()
    })
  }

  const own: Pick<RevocationEngine, 'ack' | 'renew'> = {
    ack(member, offset) {
      if (wanted?.member !== member) told = 0
      wanted = { member, offset }
      return tell()
    },
    async renew(id) {
      const renewal = await real.renew(id)
      if (id === wanted?.member) tellAgain()
      return renewal
    },
  }
  const engine = new Proxy(real, {
    get: (target, property) => (property in own ? Reflect.get(own, property) : Reflect.get(target, property, target)),
  })

  return {
    engine,
    onApplied: (follower, listener) =>
      follower.onApplied((entry) => {
        const until = listener(entry)
        if (until) hold(entry.offset, until)
      }),
    async released(offset) {
      await held.get(offset)?.catch(() => undefined)
    },
  }
}
