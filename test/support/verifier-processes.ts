/** Starts verifiers as processes on one database file and asks them. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { CredentialRef, Verdict } from '../../src/revocation/engine.ts'
import type { FollowerState } from '../../src/revocation/follower.ts'

export interface Question {
  readonly id: number
  readonly credential: CredentialRef
  /** How long it works before it decides. */
  readonly busyMs?: number
}

export interface Answer {
  readonly id: number
  readonly isAccepted: boolean
  readonly verdict: Verdict
  readonly state: FollowerState
  /** Its present id in the registry. */
  readonly member: string
}

export interface VerifierProcess {
  /** Its id in the registry as of its last answer. */
  readonly member: string
  /** Asks; a stopped process finds the question in its pipe when it goes on. */
  check(credential: CredentialRef, busyMs?: number): Promise<Answer>
  signal(signal: NodeJS.Signals): void
  /** Ends it at once. */
  kill(): Promise<void>
  /** Lets it leave. */
  stop(): Promise<void>
}

/** Resolves when it may decide from memory. */
export async function startVerifier(path: string, leaseSeconds: number, variant = ''): Promise<VerifierProcess> {
  const file = fileURLToPath(new URL('./verifier-process.ts', import.meta.url))
  const child = fork(file, [path, String(leaseSeconds), variant], { execArgv: [] })
  const killWithTest = (): void => void child.kill('SIGKILL')
  process.once('exit', killWithTest)
  child.once('exit', () => process.off('exit', killWithTest))
  const waiting = new Map<number, (answer: Answer) => void>()
  let asked = 0
  let member = ''
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code, signal) => reject(new Error(`the verifier ended before it was ready: ${code ?? signal}`)))
  })
  child.on('message', (answer: Answer) => {
    member = answer.member
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  return {
    get member() {
      return member
    },
    check(credential, busyMs = 0) {
      const id = ++asked
      return new Promise((resolve) => {
        waiting.set(id, resolve)
        child.send({ id, credential, busyMs } satisfies Question)
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
