/** A follower's part in RECOVERY: outside the registry, until the incarnation is settled and nothing is left to be given back. */
import type { Renewal } from './engine.ts'
import type { FleetSide } from './follower-shape.ts'
import type { LogReader } from './log-reader.ts'

export interface RecoveryStepsOptions {
  readonly fleet: FleetSide | undefined
  readonly reader: Pick<LogReader, 'read' | 'hasReached' | 'head' | 'incarnation'>
  readonly isClosing: () => boolean
  /** Leaves the registry under the present id. */
  readonly leave: () => void
  readonly join: () => void
  readonly retrySoon: () => void
  readonly fail: (cause: unknown) => void
}

export interface RecoverySteps {
  /** Nobody joins meanwhile. */
  readonly isActive: boolean
  /** Whether the answer to a renewal asks for it; it is active from then on. */
  isAskedBy(reply: Renewal): boolean
  /** One at a time. Never rejects. */
  step(): Promise<void>
}

export function createRecoverySteps(options: RecoveryStepsOptions): RecoverySteps {
  const { fleet, reader } = options
  let isActive = false
  let underWay: Promise<void> | null = null

  /** Reads the log, gives back what it lacks, leaves, waits until the incarnation is settled; then joins anew. */
  async function take(): Promise<void> {
    await reader.read()
    if (options.isClosing() || !reader.hasReached(reader.head)) return options.retrySoon()
    await fleet?.recovery.restore()
    options.leave()
    const registry = await fleet?.look()
    if (registry && !registry.settled && registry.incarnation === reader.incarnation) return
    // Settled, another one again, or unknown here: the answer to a join will tell.
    isActive = false
    if (registry) options.join()
  }

  return {
    get isActive() {
      return isActive
    },
    isAskedBy(reply) {
      isActive = !reply.settled || fleet?.recovery.isPending === true
      return isActive
    },
    step() {
      underWay ??= take()
        .catch(options.fail)
        .finally(() => {
          underWay = null
        })
      return underWay
    },
  }
}
