/** Starts verifiers of the chaos run, asks them, and does to them what a bad day does. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { CredentialRef } from '../../src/revocation/engine.ts'
import type { FollowerState } from '../../src/revocation/follower.ts'
import { type StoreProxy, startProxy } from './proxy.ts'

export interface Credential extends CredentialRef {
  /** That it was issued under. */
  readonly floor: number
}

export type Question =
  | { readonly ask: 'check'; readonly id: number; readonly credential: Credential; readonly busyMs: number }
  | { readonly ask: 'watch'; readonly credential: Credential }
  | { readonly ask: 'last'; readonly id: number; readonly sessionId: string }
  | { readonly ask: 'step'; readonly clock: 'wall' | 'mono'; readonly ms: number }

export interface Answer {
  readonly id: number
  readonly isAccepted: boolean
  /** When the decision began, on the machine's monotonic clock; of `last`: the last that accepted. */
  readonly beganMs: number
  readonly state: FollowerState
  readonly member: string
}

export interface Verifier {
  readonly name: string
  readonly proxy: StoreProxy | null
  /** null: it was killed before it answered. */
  check(credential: Credential, busyMs?: number): Promise<Answer | null>
  watch(credential: Credential): void
  /** The last time that it accepted a watched credential; it stops watching it. */
  last(sessionId: string): Promise<Answer | null>
  step(clock: 'wall' | 'mono', ms: number): void
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  kill(): Promise<void>
  /** Lets it leave. */
  stop(): Promise<void>
}

export interface VerifierOptions {
  readonly name: string
  /** With the port of the proxy in it, where there is one. */
  readonly urlAt: (port: number) => string
  /** Of the store; null: there is nothing in between. */
  readonly port: number | null
  readonly leaseSeconds: number
  readonly mutant?: string
}

/** Resolves when it may decide from memory. */
export async function startVerifier(options: VerifierOptions): Promise<Verifier> {
  const { name, urlAt, port, leaseSeconds, mutant = '' } = options
  const proxy = port === null ? null : await startProxy(port)
  const file = fileURLToPath(new URL('./verifier.ts', import.meta.url))
  const child = fork(file, [urlAt(proxy?.port ?? 0), String(leaseSeconds), mutant], { execArgv: [] })
  const killWithRun = (): void => void child.kill('SIGKILL')
  process.once('exit', killWithRun)
  const waiting = new Map<number, (answer: Answer | null) => void>()
  let asked = 0
  child.once('exit', () => {
    process.off('exit', killWithRun)
    for (const tell of waiting.values()) tell(null)
    waiting.clear()
  })
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code, signal) => reject(new Error(`${name} ended before it was ready: ${code ?? signal}`)))
  })
  child.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  const ask = (question: (id: number) => Question): Promise<Answer | null> => {
    if (!child.connected) return Promise.resolve(null)
    const id = ++asked
    return new Promise((resolve) => {
      waiting.set(id, resolve)
      child.send(question(id), (error) => {
        if (error && waiting.delete(id)) resolve(null)
      })
    })
  }
  const tell = (question: Question): void => {
    if (child.connected) child.send(question, () => undefined)
  }
  const end = async (how: () => unknown): Promise<void> => {
    await ended(child, how)
    await proxy?.close()
  }
  return {
    name,
    proxy,
    check: (credential, busyMs = 0) => ask((id) => ({ ask: 'check', id, credential, busyMs })),
    watch: (credential) => tell({ ask: 'watch', credential }),
    last: (sessionId) => ask((id) => ({ ask: 'last', id, sessionId })),
    step: (clock, ms) => tell({ ask: 'step', clock, ms }),
    signal: (signal) => void child.kill(signal),
    kill: () => end(() => child.kill('SIGKILL')),
    stop: () => end(() => child.connected && child.disconnect()),
  }
}

/** How long one that leaves may take before it is killed. */
const PATIENCE_MS = 15_000

async function ended(child: ChildProcess, how: () => unknown): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  // A stopped process hears nothing.
  child.kill('SIGCONT')
  how()
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await exit
  clearTimeout(late)
}
