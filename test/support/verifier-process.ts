/**
 * A verifier as a process of its own on one database file. Arguments: path, lease in seconds, and `flag` for the mutant
 * that keeps its lease in a flag instead of reading the clock. Answers every message with what it decides.
 */
import { systemClock } from '../../src/clock.ts'
import { createRevocations } from '../../src/revocation/revocations.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import type { Answer, Question } from './verifier-processes.ts'

const [path = '', lease = '12', variant = ''] = process.argv.slice(2)
const store = createSqliteStore({ path })
const leaseSeconds = Number(lease)
const { view, follower, start, close } = createRevocations({
  engine: store.revocations,
  clock: systemClock,
  leaseSeconds,
})

let flag = false
if (variant === 'flag') {
  setInterval(() => {
    flag = view.leaseHolds()
  }, 20).unref()
}

process.on('message', (question: Question) => {
  const untilMs = performance.now() + (question.busyMs ?? 0)
  while (performance.now() < untilMs);
  const verdict = view.look(view.prepare(question.credential))
  const holds = variant === 'flag' ? flag : view.leaseHolds()
  const isAccepted = verdict === 'alive' && holds
  const answer: Answer = { id: question.id, isAccepted, verdict, state: follower.state, member: follower.id }
  process.send?.(answer)
})
process.on('disconnect', async () => {
  await close()
  await store.close()
})

await start()
if (variant === 'flag') await new Promise((resolve) => setTimeout(resolve, 50))
process.send?.('ready')
