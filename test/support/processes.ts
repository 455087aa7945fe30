/** Starts commands and servers as processes of their own, and makes sure that none outlives its test. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './source-files.ts'

const MAIN = join(root, 'src/cli/main.ts')

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Standard input; empty when absent. */
  readonly input?: string | Uint8Array
  readonly timeoutMs?: number
}

/** All that a process sees of this one's environment. */
const inherited: Readonly<Record<string, string>> = Object.fromEntries(
  ['PATH', 'NODE_COMPILE_CACHE'].map((name) => [name, process.env[name] ?? '']),
)

/** Runs `sojourn` with these arguments to its end. Only the environment given here and `inherited` are seen by it. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return runNode([MAIN, ...args], options)
}

/** Runs a script in a Node process of its own. */
export function runNode(
  args: readonly string[],
  { env = {}, input, timeoutMs = 30_000 }: RunOptions = {},
): Promise<Ended> {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...inherited, ...env } })
  // A command that refuses its arguments does not wait for its input.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input ?? '')
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  return ended(child).finally(() => clearTimeout(timer))
}

export interface RunningServer {
  /** Its public origin. */
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  readonly child: ChildProcess
  /** Everything it has printed so far. */
  output(): string
  /** Sends the signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>
}

/**
 * Starts `sojourn serve` on a free port and waits until it answers.
 * @param env over the defaults; pass the `env` of an earlier one to start it again on the same data and port
 */
export async function startServer(env: Readonly<Record<string, string>>): Promise<RunningServer> {
  const port = env.PORT ?? String(await freePort())
  const all = { PORT: port, SOJOURN_URL: `http://localhost:${port}`, ...env }
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    cwd: root,
    env: { ...inherited, ...all },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const end = ended(child)
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  void end.then(() => process.off('exit', kill))
  const until = Date.now() + 60_000
  while (!(await answers(`http://127.0.0.1:${port}/healthz`))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server has ended:\n${printed}`)
    if (Date.now() > until) {
      kill()
      throw new Error(`the server does not answer:\n${printed}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    url: all.SOJOURN_URL,
    env: all,
    child,
    output: () => printed,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal)
      return end
    },
  }
}

/** A folder that is removed when the test has ended: `onTestFinished(folder.remove)`. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'sojourn-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    // Not listening yet.
    return false
  }
}

function ended(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
