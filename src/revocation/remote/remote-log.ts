/** A follower's engine over HTTP: every request is at once renewal, acknowledgement and read (`messages.ts`). */
import { randomId } from '../../crypto/random.ts'
import { AuthError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import type { LogEntry } from '../engine.ts'
import type { FollowedLog } from '../follower-shape.ts'
import {
  type FollowerNote,
  MAX_HOLD_MS,
  type RenewAnswer,
  type RenewRequest,
  readAnswer,
  writeRequest,
} from './messages.ts'

/** Sends a body to `/revocations/<path>` and answers the body that came back. @throws AuthError `store.*` */
export type Post = (path: 'renew' | 'leave', body: JsonObject, options: PostOptions) => Promise<JsonObject>

export interface PostOptions {
  /** Fires when the answer is of no use any more. */
  readonly signal: AbortSignal | null
  /** How long the server may hold the request, in ms. */
  readonly holdMs: number
}

export interface RemoteLogOptions {
  readonly post: Post
  /** How long a renewal may be held; at most `MAX_HOLD_MS`. */
  readonly holdMs?: number
  /** Listens for what may have happened, beside the renewals. Latency only. Returns how to stop. */
  readonly listen?: (wake: () => void) => () => void
  /** What goes along with each renewal, for operators. */
  readonly told?: () => FollowerNote
}

export interface RemoteLog extends FollowedLog {
  /** The end of the log of this history, by one linearizable look. @throws AuthError `store.unavailable` for another history */
  head(): Promise<number>
  /** As receipts name this follower; null before the first answer. */
  readonly member: string | null
}

/** What a renewal brought along, for the read that follows it. */
interface Brought {
  readonly after: number
  readonly entries: readonly LogEntry[]
}

export function createRemoteLog(options: RemoteLogOptions): RemoteLog {
  const { post, holdMs = MAX_HOLD_MS, listen, told } = options
  let id: string | null = null
  let member: string | null = null
  let incarnation: string | null = null
  /** How far this history has been handed out: nothing beyond it can have been applied, whatever the follower says. */
  let handedOut = 0
  let acked = 0
  let brought: Brought | null = null
  let requests = new AbortController()
  const underWay = new Set<Promise<unknown>>()

  async function ask(request: Omit<RenewRequest, 'nonce' | 'told'>): Promise<RenewAnswer> {
    const nonce = randomId()
    const { waitMs } = request
    const body = writeRequest({ ...request, nonce, ...(told ? { told: told() } : {}) })
    const answer = post('renew', body, { signal: requests.signal, holdMs: waitMs })
    underWay.add(answer)
    try {
      return readAnswer(await answer, nonce)
    } finally {
      underWay.delete(answer)
    }
  }

  /**
   * Asks under the present id for what comes after `applied`, which acknowledges that.
   * @throws AuthError `store.unavailable` when this is not the history any more in which it was applied
   */
  async function acknowledge(applied: number): Promise<RenewAnswer> {
    const asked = { id, incarnation }
    if (id === null || incarnation === null || applied > handedOut) throw otherHistory()
    const answer = await ask({ id, incarnation, applied, waitMs: 0 })
    if (asked.id !== id || asked.incarnation !== incarnation || answer.incarnation !== incarnation) throw otherHistory()
    acked = Math.max(acked, applied)
    return answer
  }

  return {
    async renew(asId) {
      const isJoin = asId !== id
      if (isJoin) {
        id = asId
        acked = 0
        brought = null
      }
      const after = acked
      const answer = await ask(
        isJoin
          ? { id, incarnation: null, applied: 0, waitMs: 0 }
          : { id, incarnation, applied: after, waitMs: incarnation === null ? 0 : holdMs },
      )
      if (asId !== id) return answer
      member = answer.member
      if (answer.incarnation !== incarnation) {
        incarnation = answer.incarnation
        handedOut = 0
        acked = 0
        brought = null
      } else if (!isJoin) brought = { after, entries: answer.entries }
      return answer
    },
    async readAfter(offset) {
      const held = brought
      brought = null
      if (held?.after === offset) {
        handedOut = Math.max(handedOut, held.entries.at(-1)?.offset ?? offset)
        return held.entries
      }
      const { entries, head } = await acknowledge(offset)
      handedOut = Math.max(handedOut, entries.at(-1)?.offset ?? head)
      return entries
    },
    async ack(asId, offset) {
      if (asId !== id) throw otherHistory()
      await acknowledge(offset)
    },
    async leave(asId) {
      if (asId === id) {
        id = null
        // What is still on its way under this id would register it again.
        requests.abort()
        requests = new AbortController()
        await Promise.allSettled([...underWay])
      }
      await post('leave', { id: asId }, { signal: null, holdMs: 0 })
    },
    async head() {
      if (incarnation === null) throw otherHistory()
      const asked = incarnation
      const answer = await ask({ id: null, incarnation: asked, applied: handedOut, waitMs: 0 })
      if (answer.incarnation !== asked || incarnation !== asked || !answer.settled) throw otherHistory()
      brought = null
      return answer.head
    },
    watch(wake) {
      if (!listen) return () => undefined
      return listen(() => {
        // Older than the news.
        brought = null
        wake()
      })
    },
    get member() {
      return member
    },
    // The floor is for cookies and refresh families, which never come here; keys that are retired are in the log.
    floor: async () => 0,
  }
}

function otherHistory(): AuthError {
  return new AuthError('store.unavailable', 'the revocation log has become another one')
}
