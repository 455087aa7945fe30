/**
 * The promise for verifiers that follow over HTTP, under the adversary of `revocation-guards.test.ts`: the follower's engine, its
 * messages and the server's desk are the real ones, and each step of the desk travels to the store on its own. With any one
 * guard taken out, the same search finds a revoked credential accepted.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/json.ts'
import type { RevocationEngine } from '../../src/revocation/engine.ts'
import { type Blinding, createBlinding } from '../../src/revocation/remote/blinding.ts'
import { createFollowerDesk } from '../../src/revocation/remote/desk.ts'
import { readRequest, writeAnswer } from '../../src/revocation/remote/messages.ts'
import { createNews } from '../../src/revocation/remote/news.ts'
import { createRemoteLog, type Post } from '../../src/revocation/remote/remote-log.ts'
import type { Call, Mutant } from '../support/fleet-simulation.ts'
import { simulateFleet } from '../support/fleet-simulation.ts'

interface Change {
  /** What the desk sees of the store. */
  readonly store?: (store: RevocationEngine) => RevocationEngine
  readonly blinding?: (blinding: Blinding) => Blinding
  /** What lies between follower and server. */
  readonly between?: (post: Post) => Post
}

const KEY = 'follower-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'

/** Verifiers that follow over HTTP. */
function followers({ store = (it) => it, blinding: blind = (it) => it, between = (it) => it }: Change = {}): Mutant {
  const blinding = blind(createBlinding(KEY))
  return {
    verifierEngine(network, raw, call) {
      const desk = createFollowerDesk({ engine: store(slowly(raw, call)), news: createNews() })
      const post: Post = async (path, body) =>
        call(async () => {
          if (path === 'renew') return writeAnswer(await desk.renew(blinding, readRequest(body)))
          await desk.leave(blinding, String(body.id))
          return {}
        })
      const log = createRemoteLog({ post: between(post), listen: (wake) => network.watch(wake), holdMs: 0 })
      return { ...network, ...log, watch: log.watch }
    },
    view(view) {
      const { prepare } = view
      view.prepare = (ref) => prepare(blinding.ref(ref))
      return view
    },
  }
}

/** Between the server and its store anything may happen, too. */
function slowly(raw: RevocationEngine, call: Call): RevocationEngine {
  return {
    ...raw,
    renew: (id) => call(() => raw.renew(id)),
    ack: (id, offset) => call(() => raw.ack(id, offset)),
    readAfter: (offset, limit) => call(() => raw.readAfter(offset, limit)),
    leave: (id) => call(() => raw.leave(id)),
  }
}

/** A proxy that mixes up answers: while one is awaited, others get the same. */
function mixedUp(post: Post): Post {
  let pending: Promise<JsonObject> | null = null
  return (path, body, options) => {
    const own = post(path, body, options)
    if (path !== 'renew') return own
    own.catch(() => undefined)
    const answer = pending ?? own
    pending = answer
    const done = (): void => {
      if (pending === answer) pending = null
    }
    answer.then(done, done)
    return answer
  }
}

const choices = fc.array(fc.nat({ max: 0xffff }), { minLength: 3000, maxLength: 3000, size: 'max' })
const history = fc.record({ choices, verifiers: fc.integer({ min: 1, max: 2 }) })

async function search(numRuns: number, seed: number, mutant: Mutant) {
  const total = { accepted: 0, checksAfterReturn: 0, byAcks: 0, byLease: 0, stuck: 0 }
  const property = fc.asyncProperty(history, async (drawn) => {
    const result = await simulateFleet({ ...drawn, mutant })
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += result[name]
    return result.acceptedAfterReturn === 0
  })
  const details = await fc.check(property, { numRuns, seed, endOnFailure: true })
  return { isBroken: details.failed, total }
}

describe('followers under an adversary', { timeout: 240_000 }, () => {
  it('accept nothing after the revocation has returned, and every revocation returns', async () => {
    const { isBroken, total } = await search(300, 20261123, followers())
    console.log(JSON.stringify(total))
    expect(isBroken).toBe(false)
    expect(total.stuck).toBe(0)
    // The search is worth something only where verifiers do accept, and both ways of returning occur.
    expect(total.accepted).toBeGreaterThan(50)
    expect(total.checksAfterReturn).toBeGreaterThan(1000)
    expect(total.byAcks).toBeGreaterThan(50)
    expect(total.byLease).toBeGreaterThan(100)
  })

  it('take no answer for that of another request', async () => {
    const { isBroken, total } = await search(150, 5, followers({ between: mixedUp }))
    expect(isBroken).toBe(false)
    expect(total.accepted).toBeGreaterThan(0)
  })
})

describe('the search finds', { timeout: 240_000 }, () => {
  it.each<[string, Change]>([
    [
      'a follower that takes any answer for its own',
      {
        between: (post) => {
          const mixed = mixedUp(post)
          return async (path, body, options) => ({ ...(await mixed(path, body, options)), nonce: body.nonce ?? null })
        },
      },
    ],
    [
      'a follower that acknowledges what was brought, before it has applied it',
      {
        between: (post) => async (path, body, options) => {
          const answer = await post(path, body, options)
          const last = Array.isArray(answer.entries) ? answer.entries.at(-1) : undefined
          if (typeof last === 'object' && last !== null && 'offset' in last) {
            const early = { ...body, incarnation: answer.incarnation ?? null, applied: last.offset ?? 0 }
            await post(path, early, options)
          }
          return answer
        },
      },
    ],
    [
      'a server for which a renewal is an acknowledgement',
      {
        store: (store) => ({
          ...store,
          async renew(id) {
            const reply = await store.renew(id)
            await store.ack(id, reply.head)
            return reply
          },
        }),
      },
    ],
    [
      'a server that looks where the log stands before it registers',
      {
        store: (store) => {
          const known = new Set<string>()
          return {
            ...store,
            async renew(id) {
              if (known.has(id)) return store.renew(id)
              const reply = await store.renew(`${id}.1`)
              await store.leave(`${id}.1`)
              known.add(id)
              store.renew(id).catch(() => undefined)
              return reply
            },
          }
        },
      },
    ],
    ['a server that registers all of them under one id', { blinding: (it) => ({ ...it, memberId: () => 'follower' }) }],
  ])('%s', async (_name, change) => {
    const { isBroken } = await search(2500, 4, followers(change))
    expect(isBroken).toBe(true)
  })
})
