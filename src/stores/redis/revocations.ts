/** The revocation log, the registry and the truth in Redis. */
import type { Durability, RevocationEngine, RevocationEvent } from '../../revocation/engine.ts'
import { parseAppended, parseLog } from './answers.ts'
import type { Truth } from './cluster-truth.ts'
import { unavailable } from './errors.ts'
import { asCount, asList, asText, asTexts, checkLimit, toJson } from './fields.ts'
import { type Places, refOf, shardOf } from './places.ts'
import { isAlive, parseNumbers, parseSession } from './rows.ts'
import type { Steps } from './steps.ts'
import type { Watch } from './watch.ts'

export interface RevocationsOptions {
  readonly steps: Steps
  readonly places: Places
  readonly watch: Watch
  readonly durability: Durability
  readonly overlapMs: number
  /** In a Cluster. */
  readonly truth: Truth | null
  /** A strict look-up counts only when replicas confirm that the primary still is one. */
  readonly isReadConfirmed: boolean
}

/** Longer than any session lives, and any copy of its row. */
const LONGEST_SESSION_SECONDS = 400 * 86_400

export function createRevocations(options: RevocationsOptions): RevocationEngine {
  const { steps, places, watch, durability, overlapMs, isReadConfirmed, truth } = options

  const restoreOne = (event: RevocationEvent, now: number) => {
    const [shard, ...args] = restoreArgs(event, places)
    return steps.row('restore', shard, now, event.kind, String(event.until), ...args)
  }
  /** The log first; rows that it has ended follow. */
  const restoreInCluster = async (event: RevocationEvent, now: number) => {
    const [shard, ...args] = restoreArgs(event, places)
    const rest = [event.kind, String(event.until), ...args]
    if (event.kind === 'session') {
      // Its row may live as long as a session can: a tombstone outlasts it.
      const goneAt = String(Math.max(event.until, now + LONGEST_SESSION_SECONDS))
      await steps.log('restoreTruth', now, ...rest, goneAt)
      await steps.row('drop', shard, now, refOf(event.sessionId))
    } else if (event.kind === 'subject') {
      await steps.log('restoreTruth', now, ...rest)
      const place = places.ofSubject(event.subject)
      await steps.row('dropSubject', shard, now, toJson(event.subject), place, String(event.generation), '0', '0')
    } else await steps.log('restore', now, ...rest)
  }

  /** A tombstone goes when its row has gone, whatever has kept the row until now. */
  const pruneEndings = async (now: number): Promise<void> => {
    for (;;) {
      const due = asTexts(await steps.log('dueEndings', now), 'ended')
      if (due.length === 0) return
      await Promise.all(due.map((ref) => steps.row('drop', shardOf(ref), now, ref)))
      await steps.log('forgetEndings', now, ...due)
    }
  }

  return {
    durability,
    overlapMs,

    async renew(id) {
      const [incarnation, head, firstRetained, settled] = asList(await steps.log('renew', 0, id), 'meta')
      watch.sees(asText(incarnation, 'meta'), asCount(head, 'meta'))
      return {
        incarnation: asText(incarnation, 'meta'),
        head: asCount(head, 'meta'),
        firstRetained: asCount(firstRetained, 'meta'),
        settled: settled === 1,
      }
    },

    async readAfter(offset, limit, incarnation = '') {
      checkLimit(limit)
      const reply = await steps.log('readAfter', 0, String(offset), String(limit), incarnation)
      if (reply === null) throw unavailable('the revocation log has become another one')
      return parseLog(reply)
    },

    async ack(id, offset) {
      await steps.log('ack', 0, id, String(offset))
    },

    async members() {
      return parseAppended(await steps.log('members', 0))
    },

    async leave(id) {
      await steps.log('leave', 0, id)
    },

    async reap(id, renewals) {
      return (await steps.log('reap', 0, id, String(renewals))) === 1
    },

    async revokeToken(tokenId, until, now) {
      return parseAppended(await steps.log('revokeToken', now, toJson(tokenId), String(until)))
    },

    async bumpClaims(subject, until, now) {
      const reply = await steps.log('bumpClaims', now, toJson(subject), String(until))
      const [appended, generation] = asList(reply, 'subjects')
      return { ...parseAppended(appended), generation: asCount(generation, 'subjects') }
    },

    async publishPatch(subject, generation, patch, until, now) {
      const args = [toJson(subject), String(generation), toJson(patch), String(until)]
      const reply = await steps.log('publishPatch', now, ...args)
      return reply === null ? null : parseAppended(reply)
    },

    async raiseFloor(keyIds, until, now) {
      const [appended, floor] = asList(await steps.log('raiseFloor', now, toJson(keyIds), String(until)), 'meta')
      return { ...parseAppended(appended), floor: asCount(floor, 'meta') }
    },

    async restore(events, now) {
      for (const event of events) await (truth ? restoreInCluster : restoreOne)(event, now)
      return parseAppended(await steps.log('members', now))
    },

    async settle(incarnation) {
      await steps.log('settle', 0, incarnation)
    },

    async floor() {
      return asCount(await steps.log('floor', 0), 'meta')
    },

    async subject(subject) {
      return parseNumbers(await steps.log('subject', 0, toJson(subject)))
    },

    async judge({ sessionId, subject, tokenId, generation }, now) {
      const ref = refOf(sessionId)
      const args = [ref, toJson(subject), tokenId === null ? '' : toJson(tokenId), isReadConfirmed ? '1' : '']
      const found = truth && (await truth.find(sessionId, now))
      if (truth && !found) return 'dead'
      const reply = truth
        ? ['', ...asList(await steps.log('judgeTruth', now, ...args), 'sessions')]
        : asList(await steps.row('judge', shardOf(ref), now, ...args), 'sessions')
      const [text, floor, numbers, isDenied, tombstone = ''] = reply
      if (isDenied !== 0 || tombstone !== '' || (!found && text === '')) return 'dead'
      const session = found?.session ?? parseSession(ref, text)
      const state = parseNumbers(numbers)
      if (session.subject !== subject || !isAlive(session, asCount(floor, 'meta'), state, now)) return 'dead'
      // Compared so that an absent or ill-typed generation is dead, not alive.
      if (!(generation >= state.deadBelow)) return 'dead'
      return generation >= state.staleBelow ? 'alive' : 'stale'
    },

    async prune(now) {
      let pruned = 0
      for (;;) {
        const passed = asCount(await steps.log('prune', now), 'log')
        pruned += passed
        if (passed < 1000) break
      }
      if (truth) await pruneEndings(now)
      return pruned
    },

    watch: watch.add,
  }
}

/** Where the event's rows are, and what the step wants to know of it. */
function restoreArgs(event: RevocationEvent, places: Places): readonly [string, ...string[]] {
  const tail = 'drainSeconds' in event ? `,"drainSeconds":${event.drainSeconds}` : ''
  switch (event.kind) {
    case 'session': {
      const ref = refOf(event.sessionId)
      return [shardOf(ref), ref, toJson(event.subject), tail]
    }
    case 'token':
      return ['', toJson(event.tokenId)]
    case 'floor':
      return ['', String(event.floor), toJson(event.keyIds)]
    case 'subject': {
      const place = places.ofSubject(event.subject)
      return [place.slice(0, 2), toJson(event.subject), String(event.generation), tail, place]
    }
    case 'claims':
      return ['', toJson(event.subject), String(event.generation), toJson(event.patch)]
  }
}
