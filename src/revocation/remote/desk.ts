/** The server's side of remote followers: each is a member of the same registry as the fleet, and is waited for like any other. */
import { AuthError } from '../../errors.ts'
import type { RevocationEngine } from '../engine.ts'
import { systemTimers, type Timers } from '../timers.ts'
import { type Blinding, FOLLOWER_PREFIX } from './blinding.ts'
import { PAGE_SIZE, type RenewAnswer, type RenewRequest } from './messages.ts'
import type { News } from './news.ts'

export interface FollowerDeskOptions {
  readonly engine: Pick<RevocationEngine, 'renew' | 'ack' | 'readAfter' | 'members' | 'leave'>
  /** Ends the wait of a request that has nothing to answer yet. */
  readonly news: News
  readonly timers?: Timers
  /** Remote followers that may be registered at once. Default 1000. */
  readonly maxFollowers?: number
}

/** Whoever asks has shown the key that `blinding` was made from. No state is kept here: the next request may go to another server. */
export interface FollowerDesk {
  /**
   * JOIN and RENEW; ACK of what the request says to be applied, if that is of this very history; the entries after it.
   * @throws AuthError `follower.limit`, `store.unavailable`
   */
  renew(blinding: Blinding, request: RenewRequest): Promise<RenewAnswer>
  /** LEAVE. @throws AuthError `store.unavailable` */
  leave(blinding: Blinding, id: string): Promise<void>
}

export function createFollowerDesk(options: FollowerDeskOptions): FollowerDesk {
  const { engine, news, timers = systemTimers, maxFollowers = 1000 } = options
  /** Members that have been let in lately, so that not every renewal has to count. */
  const admitted = new Set<string>()

  /** @throws AuthError `follower.limit` */
  async function admit(member: string): Promise<void> {
    if (admitted.has(member)) return
    const { members } = await engine.members()
    const followers = members.filter(({ id }) => id.startsWith(FOLLOWER_PREFIX))
    if (followers.length >= maxFollowers && !followers.some(({ id }) => id === member)) {
      throw new AuthError('follower.limit', 'as many followers as are allowed are registered', {
        retryAfterSeconds: 10,
      })
    }
    if (admitted.size >= maxFollowers) admitted.clear()
    admitted.add(member)
  }

  /** Nobody is registered, so nobody will wait: an answer for one look only. */
  async function peek(blinding: Blinding, { applied, incarnation, nonce }: RenewRequest): Promise<RenewAnswer> {
    const read = await engine.readAfter(applied, PAGE_SIZE)
    // Asked for afterwards: what was read before is of this history, too.
    const registry = await engine.members()
    const entries = incarnation === registry.incarnation ? read : []
    const head = entries.at(-1)?.offset ?? applied
    return {
      nonce,
      member: null,
      incarnation: registry.incarnation,
      settled: registry.settled,
      head,
      firstRetained: entries[0]?.offset ?? head + 1,
      entries: entries.map(({ offset, event }) => ({ offset, event: blinding.event(event) })),
    }
  }

  return {
    async renew(blinding, request) {
      const { id, incarnation, applied, nonce, waitMs } = request
      if (id === null) return peek(blinding, request)
      const member = blinding.memberId(id)
      await admit(member)
      const seen = news.count
      const { head, ...renewal } = await engine.renew(member)
      // What was applied of another history says nothing of this one, and nobody has applied what is not there yet.
      if (incarnation !== renewal.incarnation || applied > head) {
        return { nonce, member, ...renewal, head, entries: [] }
      }
      if (applied > 0) await engine.ack(member, applied)
      let entries = await engine.readAfter(applied, PAGE_SIZE)
      if (entries.length === 0 && waitMs > 0) {
        await news.after(seen, waitMs, timers)
        entries = await engine.readAfter(applied, PAGE_SIZE)
      }
      return {
        nonce,
        member,
        ...renewal,
        head: Math.max(head, entries.at(-1)?.offset ?? 0),
        entries: entries.map(({ offset, event }) => ({ offset, event: blinding.event(event) })),
      }
    },
    async leave(blinding, id) {
      const member = blinding.memberId(id)
      admitted.delete(member)
      await engine.leave(member)
    },
  }
}
