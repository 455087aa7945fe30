/** Starts a server of the HTTP bench and asks it for figures. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Setup } from './application.ts'
import type { Answer, Ask } from './child.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))

export interface MeasuredServer {
  readonly port: number
  /** Microseconds of CPU so far, all threads of the process. */
  cpu(): Promise<number>
  /** Bytes in use after a collection, those outside the heap included. */
  heap(): Promise<number>
  stop(): Promise<void>
}

export async function startServer(module: string, setup: Setup): Promise<MeasuredServer> {
  const child = fork(CHILD, [], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const over = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill()
    await over
  }
  try {
    const port = await ask(child, { ask: 'start', module, setup })
    return { port, cpu: () => ask(child, { ask: 'cpu' }), heap: () => ask(child, { ask: 'heap' }), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function ask(child: ChildProcess, message: Ask): Promise<number> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('a server of the bench has ended'))
    child.once('exit', ended)
    child.once('message', (answer: Answer) => {
      child.off('exit', ended)
      if ('value' in answer) resolve(answer.value)
      else reject(new Error(answer.failure))
    })
    child.send(message)
  })
}
