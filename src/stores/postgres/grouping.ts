/** Steps that wait at the same time are sent together: one message, one transaction, one flush to the disk. */
import { isAuthError } from '../../errors.ts'

interface Waiting<Step, Answer> {
  readonly step: Step
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** Steps in one transaction. */
const MOST = 256

/**
 * The first step goes at once; those that come while it is under way go together after it.
 * @param send  all or nothing; answers in the order of the steps
 */
export function createGrouping<Step, Answer>(
  send: (steps: readonly Step[]) => Promise<readonly Answer[]>,
): (step: Step) => Promise<Answer> {
  const queue: Waiting<Step, Answer>[] = []
  let isSending = false

  const sendTogether = async (group: readonly Waiting<Step, Answer>[]): Promise<void> => {
    try {
      const answers = await send(group.map(({ step }) => step))
      for (const [i, { resolve, reject }] of group.entries()) {
        const answer = answers[i]
        if (answer === undefined) reject(new Error('a step of a group was not answered'))
        else resolve(answer)
      }
    } catch (error) {
      if (isAuthError(error, 'store.unavailable') || group.length === 1) {
        // Who waits behind them would wait as long for the same.
        const behind = isAuthError(error, 'store.unavailable') ? queue.splice(0) : []
        for (const { reject } of [...group, ...behind]) reject(error)
        return
      }
      // One of them cannot be done at all: none pays for another.
      for (const one of group) await sendTogether([one])
    }
  }
  const drain = async (): Promise<void> => {
    isSending = true
    while (queue.length > 0) await sendTogether(queue.splice(0, MOST))
    isSending = false
  }
  return (step) =>
    new Promise((resolve, reject) => {
      queue.push({ step, resolve, reject })
      if (!isSending) void drain()
    })
}
