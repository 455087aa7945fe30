/** Processes of their own that work on one store, and what they answer. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Store } from '../../src/login/store.ts'

type Ports = Pick<Store, 'sessions' | 'families' | 'revocations' | 'accounts' | 'audit' | 'records'>

export interface WorkerCall {
  readonly id: number
  readonly startAtMs: number
  readonly port: keyof Ports
  /** Of records. */
  readonly kind?: string
  readonly method: string
  readonly args: readonly unknown[]
}

export interface Worker {
  call(call: Omit<WorkerCall, 'id'>): Promise<unknown>
  stop(): Promise<void>
}

/** Starts so many at the same moment at one place (`openStoreAt`), where nothing need be yet. */
export function startWorkers(count: number, place: string): Promise<Worker[]> {
  return Promise.all(Array.from({ length: count }, () => startWorker(place)))
}

export async function startWorker(place: string): Promise<Worker> {
  const child = fork(fileURLToPath(new URL('./store-worker.ts', import.meta.url)), [place], { execArgv: [] })
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let calls = 0
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code, signal) => reject(new Error(`the worker ended before it was ready: ${code ?? signal}`)))
  })
  child.on('message', ({ id, value, error }: { id: number; value?: unknown; error?: string }) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(value)
    else call?.reject(new Error(error))
  })
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the worker has ended'))
  })
  return {
    call(call) {
      const id = ++calls
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        child.send({ ...call, id })
      })
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

/** Starts a script with its output on a pipe; the caller ends it. */
export function startScript(script: URL, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [fileURLToPath(script), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}
