/** Verifiers as workers of a cluster or as worker threads, and what they answer. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

export interface WorkerQuestion {
  readonly id: number
  readonly method: 'check' | 'member' | 'revoke' | 'block'
  readonly argument: unknown
}

export interface WorkerAnswer {
  readonly id: number
  readonly value: unknown
  readonly error: string | null
}

export interface Workers {
  /** Asks the worker with this number. */
  ask<T>(worker: number, method: WorkerQuestion['method'], argument?: unknown): Promise<T>
  stop(): Promise<void>
}

export type WorkerKind = 'workers of a cluster' | 'worker threads'

/** Resolves when each of them may decide from memory. @param place  as `SOJOURN_STORE` names it */
export async function startVerifiersAs(
  kind: WorkerKind,
  count: number,
  place: string,
  leaseSeconds: number,
): Promise<Workers> {
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  const ready = Promise.withResolvers<void>()
  let isReady = 0
  let asked = 0
  const hear = (message: 'ready' | WorkerAnswer): void => {
    if (message === 'ready') {
      if (++isReady === count) ready.resolve()
      return
    }
    const call = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error === null) call?.resolve(message.value as never)
    else call?.reject(new Error(message.error))
  }
  const env = { ...process.env, RACE_STORE: place, RACE_LEASE: String(leaseSeconds) }
  const { send, stop } = kind === 'worker threads' ? threads(count, env, hear) : cluster(count, env, hear)
  await ready.promise
  return {
    ask(worker, method, argument = null) {
      const id = ++asked
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        send(worker, { id, method, argument })
      })
    },
    stop,
  }
}

type Hear = (message: 'ready' | WorkerAnswer) => void
type Channel = { send(worker: number, question: WorkerQuestion): void; stop(): Promise<void> }

function threads(count: number, env: NodeJS.ProcessEnv, hear: Hear): Channel {
  const file = new URL('./worker-verifier.ts', import.meta.url)
  const started = Array.from({ length: count }, () => new Worker(file, { env, execArgv: [] }))
  for (const thread of started) thread.on('message', hear)
  return {
    send: (worker, question) => started[worker]?.postMessage(question),
    async stop() {
      await Promise.all(started.map((thread) => thread.terminate()))
    },
  }
}

function cluster(count: number, env: NodeJS.ProcessEnv, hear: Hear): Channel {
  const file = fileURLToPath(new URL('./cluster-primary.ts', import.meta.url))
  const primary = fork(file, [String(count)], { env, execArgv: [] })
  primary.on('message', ({ message }: { message: 'ready' | WorkerAnswer }) => hear(message))
  return {
    send: (worker, message) => void primary.send({ worker, message }),
    async stop() {
      const ended = once(primary, 'exit')
      primary.disconnect()
      await ended
    },
  }
}
