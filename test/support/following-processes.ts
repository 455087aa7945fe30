/** Starts services that follow a server as processes, and asks them. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FollowerState } from '../../src/revocation/follower.ts'
import type { Freshness, JsonObject } from '../../src/verifier/index.ts'

export interface FollowingQuestion {
  readonly id: number
  readonly token: string
}

export interface FollowingAnswer {
  readonly id: number
  /** Why the token was refused; null: it was accepted. */
  readonly code: string | null
  readonly claims: JsonObject | null
  readonly freshness: Freshness | null
  readonly state: FollowerState
  /** Its id in the registry. */
  readonly member: string | null
}

export interface FollowingProcess {
  /** Asks; a stopped process finds the question in its pipe when it goes on. */
  check(token: string): Promise<FollowingAnswer>
  signal(signal: NodeJS.Signals): void
  /** Ends it at once. */
  kill(): Promise<void>
  /** Lets it leave. */
  stop(): Promise<void>
}

export interface FollowingOptions {
  /** The issuer; the server is there, too, unless `via` says otherwise. */
  readonly server: string
  readonly via?: string
  readonly key: string
  readonly leaseSeconds?: number
}

/** Resolves when it may decide from memory. */
export async function startFollowing({ server, via, key, leaseSeconds }: FollowingOptions): Promise<FollowingProcess> {
  const file = fileURLToPath(new URL('./following-process.ts', import.meta.url))
  const child = fork(file, [server, via ?? server, key, String(leaseSeconds ?? 12)], { execArgv: [] })
  const killWithTest = (): void => void child.kill('SIGKILL')
  process.once('exit', killWithTest)
  child.once('exit', () => process.off('exit', killWithTest))
  const waiting = new Map<number, (answer: FollowingAnswer) => void>()
  let asked = 0
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code, signal) => reject(new Error(`it ended before it was ready: ${code ?? signal}`)))
  })
  child.on('message', (answer: FollowingAnswer) => {
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  return {
    check(token) {
      const id = ++asked
      return new Promise((resolve) => {
        waiting.set(id, resolve)
        child.send({ id, token } satisfies FollowingQuestion)
      })
    },
    signal: (signal) => void child.kill(signal),
    kill: () => end(child, () => child.kill('SIGKILL')),
    stop: () => end(child, () => child.connected && child.disconnect()),
  }
}

async function end(child: ChildProcess, how: () => unknown): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  // A stopped process hears nothing.
  child.kill('SIGCONT')
  how()
  await ended
}
