/** Answers calls: in the worker, and on the page's own thread where a worker cannot be (one file from disk). */
import { isAuthError } from '../../../src/errors.ts'
import { CALLS, type CallContext } from './calls.ts'
import type { ToPage, ToWorker } from './protocol.ts'

type Run = (argument: unknown, context: CallContext) => Promise<unknown>

export function createAnswering(send: (message: ToPage) => void): (message: ToWorker) => void {
  const running = new Map<number, AbortController>()
  const calls: Readonly<Record<string, unknown>> = CALLS

  const call = async (id: number, name: string, argument: unknown): Promise<void> => {
    const abort = new AbortController()
    running.set(id, abort)
    try {
      const run = Object.hasOwn(calls, name) ? (calls[name] as Run) : null
      if (!run) throw new TypeError(`the engine knows no call ${name}`)
      const context = { signal: abort.signal, progress: (done: number) => send({ kind: 'progress', id, done }) }
      send({ kind: 'result', id, result: await run(argument, context) })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      send({ kind: 'failed', id, message, code: isAuthError(error) ? error.code : null })
    } finally {
      running.delete(id)
    }
  }
  return (message) => {
    if (message.kind === 'abort') running.get(message.id)?.abort()
    else void call(message.id, message.name, message.argument)
  }
}
