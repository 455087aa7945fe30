/** Renewals that are under way. One that the store carries out after a LEAVE is a JOIN: such a member leaves again. */
import type { Renewal } from './engine.ts'
import type { FollowedLog } from './follower-shape.ts'
import type { Timers } from './timers.ts'

export interface Sending {
  /** @returns null when the reply is not wanted any more: then the member has left again */
  send(member: string): Promise<Renewal | null>
  /** When nothing is under way any more, or a store says nothing for a second. Never rejects. */
  idle(): Promise<void>
}

const PATIENCE_MS = 1_000

export function createSending(
  engine: Pick<FollowedLog, 'renew' | 'leave'>,
  timers: Timers,
  isWanted: (member: string) => boolean,
): Sending {
  const underWay = new Set<Promise<unknown>>()

  const renewed = async (member: string): Promise<Renewal | null> => {
    const reply = await engine.renew(member)
    if (isWanted(member)) return reply
    await engine.leave(member)
    return null
  }
  return {
    async send(member) {
      const answered = renewed(member)
      underWay.add(answered)
      try {
        return await answered
      } finally {
        underWay.delete(answered)
      }
    },
    async idle() {
      const enough = Promise.withResolvers<void>()
      const cancel = timers.after(PATIENCE_MS, enough.resolve, true)
      await Promise.race([Promise.allSettled(underWay), enough.promise])
      cancel()
    },
  }
}
