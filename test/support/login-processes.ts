/** Processes of their own with logins over one store. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface LoginCall {
  readonly id: number
  readonly startAtMs: number
  readonly method: string
  readonly args: readonly unknown[]
}

export interface LoginWorker {
  readonly pid: number
  /** Calls a method of `Logins`; rejects with an Error whose message is the code. */
  call<T>(method: string, args: readonly unknown[], startAtMs?: number): Promise<T>
  stop(): Promise<void>
  kill(): Promise<void>
}

const WORKER = fileURLToPath(new URL('./login-worker.ts', import.meta.url))

/** @param place  a database file, or a store as `SOJOURN_STORE` names it */
export function startLoginWorkers(count: number, place: string, touchSeconds?: number): Promise<LoginWorker[]> {
  return Promise.all(Array.from({ length: count }, () => startLoginWorker(place, touchSeconds)))
}

export async function startLoginWorker(place: string, touchSeconds = 300): Promise<LoginWorker> {
  const store = /^[a-z]+:/.test(place) ? place : `sqlite:${place}`
  const child = fork(WORKER, [store, String(touchSeconds)], { execArgv: [] })
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let calls = 0
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code, signal) => reject(new Error(`the worker ended before it was ready: ${code ?? signal}`)))
  })
  child.on('message', ({ id, value, error }: { id: number; value: never; error?: string }) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(value)
    else call?.reject(new Error(error))
  })
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the worker has ended'))
  })
  const end = async (how: () => void): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    how()
    await ended
  }
  return {
    pid: child.pid ?? 0,
    call(method, args, startAtMs = 0) {
      const id = ++calls
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        child.send({ id, startAtMs, method, args } satisfies LoginCall)
      })
    },
    stop: () => end(() => child.disconnect()),
    kill: () => end(() => child.kill('SIGKILL')),
  }
}
