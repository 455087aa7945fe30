/** Starts processes of the fleet that is measured, and gives them orders. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export type Order =
  /** Becomes a verifier: joins and follows the log. */
  | { readonly order: 'follow' }
  | { readonly order: 'boot' }
  | { readonly order: 'sign in'; readonly count: number }
  /** Holds these cookies, and is ready to be asked. */
  | { readonly order: 'hold'; readonly cookies: readonly string[] }
  /** Identifies each cookie once, or all of them for so many seconds. */
  | { readonly order: 'pass'; readonly seconds: number | null }

export type Reply = { readonly value: unknown } | { readonly failure: string }

export interface Booted {
  readonly seconds: number
  readonly heapBytes: number
  /** The last offset that was read. */
  readonly applied: number
  /** CPU of a check that is not remembered. */
  readonly checkUs: number
}

export interface Passed {
  readonly requests: number
  /** CPU of one. */
  readonly cpuUs: number
  readonly wallMs: number
}

export interface FleetProcess {
  follow(): Promise<null>
  boot(): Promise<Booted>
  signIn(count: number): Promise<readonly string[]>
  hold(cookies: readonly string[]): Promise<null>
  pass(seconds: number | null): Promise<Passed>
  stop(): Promise<void>
}

const FILE = fileURLToPath(new URL('./process.ts', import.meta.url))

export function startProcess(store: string): FleetProcess {
  const child = fork(FILE, [store], {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const over = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const tell = <T>(order: Order): Promise<T> =>
    new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('a process of the bench has ended'))
      child.once('exit', ended)
      child.once('message', (reply: Reply) => {
        child.off('exit', ended)
        if ('value' in reply) resolve(reply.value as T)
        else reject(new Error(reply.failure))
      })
      child.send(order)
    })
  return {
    follow: () => tell({ order: 'follow' }),
    boot: () => tell({ order: 'boot' }),
    signIn: (count) => tell({ order: 'sign in', count }),
    hold: (cookies) => tell({ order: 'hold', cookies }),
    pass: (seconds) => tell({ order: 'pass', seconds }),
    async stop() {
      child.kill('SIGKILL')
      await over
    },
  }
}
