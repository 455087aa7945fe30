/** Every guard of the protocol taken out, one at a time: the simulation must notice each of them missing. */
import type { Renewal, RevocationEngine } from '../../src/revocation/engine.ts'
import { newMemberId } from '../../src/revocation/member-id.ts'
import type { FailOver, Mutant } from './fleet-simulation.ts'

/** Names follow the model (docs/guarantee.md tells what each guard is for). */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'G1 reads, then registers': {
    verifierEngine: (network, raw, call) => {
      const known = new Set<string>()
      return {
        ...network,
        async renew(id) {
          if (known.has(id)) return network.renew(id)
          const reply = await call(() => peek(raw))
          known.add(id)
          void call(() => raw.renew(id)).catch(() => undefined)
          return reply
        },
      }
    },
  },
  'G2 counts the lease from the reply': {
    view: (view, clock) => {
      const { lease } = view
      const extend = lease.extend
      lease.extend = (_monoMs, _wallMs, leaseMs) => extend(clock.monoMs(), clock.wallMs(), leaseMs)
      return view
    },
  },
  'G3 reads the clock first': { check: 'clock first' },
  'G4 acknowledges before it applies': {
    verifierEngine: (network) => {
      let member = ''
      return {
        ...network,
        renew(id) {
          member = id
          return network.renew(id)
        },
        async readAfter(...args) {
          const entries = await network.readAfter(...args)
          const last = entries.at(-1)
          if (last) await network.ack(member, last.offset)
          return entries
        },
      }
    },
  },
  'G5 waits for the nominal lease only': { spread: { driftRate: 0, guardMs: 0 } },
  'G6 members are dropped by a lifetime of the store': { dropsMembers: true },
  'G8 takes an old reply for that of a re-sent request': {
    verifierEngine: (network) => {
      let pending: Promise<Renewal> | null = null
      return {
        ...network,
        renew(id) {
          const own = network.renew(id)
          const answer = pending ?? own
          own.catch(() => undefined)
          pending = answer
          const done = (): void => {
            if (pending === answer) pending = null
          }
          answer.then(done, done)
          return answer
        },
      }
    },
  },
  'G9 a renewal counts as an ack': {
    store: (store) => ({
      ...store,
      async renew(id) {
        const reply = await store.renew(id)
        await store.ack(id, reply.head)
        return reply
      },
    }),
  },
  'the lease is extended before the log has been read to its head': {
    verifierEngine: (network) => {
      let read = 0
      return {
        ...network,
        async renew(id) {
          const reply = await network.renew(id)
          return { ...reply, head: Math.min(reply.head, read) }
        },
        async readAfter(...args) {
          const entries = await network.readAfter(...args)
          read = entries.at(-1)?.offset ?? read
          return entries
        },
      }
    },
  },
  'the lease outlives the leave': {
    view: (view) => {
      view.lease.drop = () => undefined
      return view
    },
  },
  'an id lives twice': { keepsId: true },
  'a timer keeps a flag instead of a look at the clock': { check: 'timer flag' },
}

/** The guards of a fail-over, and where each can be seen to be missing. */
export const FAIL_OVER_MUTANTS: Readonly<Record<string, { readonly failOver: FailOver; readonly mutant: Mutant }>> = {
  'GA gives nothing back that the log has lost': {
    failOver: 'gone',
    mutant: {
      verifierEngine: (network) => ({
        ...network,
        restore: async () => ({ incarnation: '', offset: 0, members: [], settled: false }),
      }),
    },
  },
  'G7 a store that others have taken over from may renew': { failOver: 'quorum', mutant: { staleRenews: true } },
  'the time that a former store goes on for is not waited for': {
    failOver: 'fenced',
    mutant: {
      verifierEngine: (network) => ({ ...network, overlapMs: 0 }),
      revokerEngine: (network) => ({ ...network, overlapMs: 0 }),
    },
  },
  'a verifier takes a lease in a new incarnation at once': {
    failOver: 'gone',
    mutant: {
      verifierEngine: (network) => ({
        ...network,
        renew: async (id) => ({ ...(await network.renew(id)), settled: true }),
        members: async () => ({ ...(await network.members()), settled: true }),
      }),
    },
  },
  'a revocation returns by acks in a new incarnation': {
    failOver: 'gone',
    mutant: {
      revokerEngine: (network) => ({
        ...network,
        members: async () => ({ ...(await network.members()), settled: true }),
        revokeToken: async (...args) => ({ ...(await network.revokeToken(...args)), settled: true }),
      }),
    },
  },
  'entries are read without a look at whose they are': {
    failOver: 'gone',
    mutant: {
      verifierEngine: (network) => ({ ...network, readAfter: (...args) => network.readAfter(args[0], args[1]) }),
    },
  },
  'a new incarnation counts as settled from the start': { failOver: 'gone', mutant: { settledAtOnce: true } },
}

/** What a join would answer, without joining. */
async function peek(raw: RevocationEngine): Promise<Renewal> {
  const id = newMemberId(1)
  const reply = await raw.renew(id)
  await raw.leave(id)
  return reply
}
