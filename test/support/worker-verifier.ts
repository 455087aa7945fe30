/**
 * A verifier as a worker of a cluster or as a worker thread, on the store that `RACE_STORE` names, with the lease that
 * `RACE_LEASE` names. Answers what it is asked (`workers.ts`).
 */
import { existsSync, writeFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { systemClock } from '../../src/clock.ts'
import type { CredentialRef } from '../../src/revocation/engine.ts'
import { createRevocations } from '../../src/revocation/revocations.ts'
import { openStoreAt } from './fleet-store.ts'
import type { WorkerAnswer, WorkerQuestion } from './workers.ts'

const store = await openStoreAt(process.env.RACE_STORE ?? '')
const leaseSeconds = Number(process.env.RACE_LEASE)
const revocations = createRevocations({ engine: store.revocations, clock: systemClock, leaseSeconds })
const { view, follower } = revocations

const answers: Readonly<Record<WorkerQuestion['method'], (argument: never) => unknown>> = {
  check: (credential: CredentialRef) =>
    view.look(view.prepare(credential)) === 'alive' && view.leaseHolds() ? 'accepted' : 'refused',
  member: () => follower.id,
  revoke: async (sessionId: string) =>
    revocations.settle(await store.sessions.end(sessionId, revocations.until(), systemClock.now())),
  /** Blocks the event loop until a file is there; says by another one that it has begun. */
  block({ begun, until }: { readonly begun: string; readonly until: string }) {
    writeFileSync(begun, '')
    const giveUpMs = performance.now() + 60_000
    while (!existsSync(until) && performance.now() < giveUpMs);
  },
}

const say = (message: unknown): void => {
  if (parentPort) parentPort.postMessage(message)
  else process.send?.(message)
}

async function answer({ id, method, argument }: WorkerQuestion): Promise<void> {
  try {
    say({ id, value: await answers[method](argument as never), error: null } satisfies WorkerAnswer)
  } catch (error) {
    say({ id, value: null, error: String(error) } satisfies WorkerAnswer)
  }
}

const listener = (question: WorkerQuestion): void => void answer(question)
if (parentPort) parentPort.on('message', listener)
else process.on('message', listener)
await revocations.start()
say('ready')
