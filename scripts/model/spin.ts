/** Runs SPIN on one configuration: the verifier is generated, compiled and run in a folder of its own. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Configuration, Outcome } from './configurations.ts'

/** What a search has come to. `incomplete`: it says nothing, for it did not see every state. */
export interface Search {
  readonly outcome: Outcome | 'incomplete'
  readonly states: number
  readonly transitions: number
  readonly depth: number
}

export interface Run extends Search {
  readonly configuration: Configuration
  readonly seconds: number
  /** What went wrong, when it is incomplete. */
  readonly fault: string | null
}

/** Longest path that a search remembers; one that is longer makes it incomplete. */
const MAX_DEPTH = 1_000_000
const MEMORY_MB = 1_500
const LARGE_MEMORY_MB = 10_000
const TIMEOUT_MS = 15 * 60_000
const LARGE_TIMEOUT_MS = 3 * 3600_000

const execute = promisify(execFile)

/** The versions that the figures belong to; null: a program is missing. */
export async function findTools(): Promise<{ readonly spin: string; readonly cc: string } | null> {
  try {
    const [spin, cc] = await Promise.all([execute('spin', ['-V']), execute('cc', ['--version'])])
    const number = (text: string): string => /\d+(\.\d+)+/.exec(text)?.[0] ?? text.trim()
    return { spin: number(spin.stdout), cc: number(cc.stdout) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Never rejects: what fails is a run that says nothing. */
export async function runSpin(configuration: Configuration, modelFile: string): Promise<Run> {
  const { defines, property, isLarge } = configuration
  const cwd = await mkdtemp(join(tmpdir(), 'sojourn-model-'))
  const options = { cwd, timeout: isLarge ? LARGE_TIMEOUT_MS : TIMEOUT_MS, maxBuffer: 64 * 2 ** 20 }
  const memory = `-DMEMLIM=${isLarge ? LARGE_MEMORY_MB : MEMORY_MB}`
  const [kind, search] = property === 'safety' ? ['-DSAFETY', []] : ['-DNFAIR=3', ['-a', '-f']]
  const startedMs = performance.now()
  const seconds = () => (performance.now() - startedMs) / 1000
  try {
    await execute('spin', ['-a', ...defines.map((define) => `-D${define}`), modelFile], options)
    await execute('cc', ['-O2', '-w', kind, '-DCOLLAPSE', memory, '-o', 'pan', 'pan.c'], options)
    const { stdout } = await execute('./pan', [...search, `-m${MAX_DEPTH}`], options)
    const read = readSearch(stdout)
    return { configuration, seconds: seconds(), ...read, fault: read.outcome === 'incomplete' ? stdout : null }
  } catch (error) {
    const { message, stdout = '' } = error as Error & { readonly stdout?: string }
    const nothing = { outcome: 'incomplete', states: 0, transitions: 0, depth: 0 } as const
    return { configuration, seconds: seconds(), ...nothing, fault: `${message}\n${stdout}` }
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}

/** Reads the report of a verifier. Whatever is not plainly complete, or plainly an error with a trail, is incomplete. */
export function readSearch(report: string): Search {
  const count = (pattern: RegExp): number => Number(pattern.exec(report)?.[1] ?? Number.NaN)
  const errors = count(/\berrors: (\d+)$/m)
  const figures = {
    states: count(/^\s*([\d.e+]+) states, stored/m),
    transitions: count(/^\s*([\d.e+]+) transitions/m),
    depth: count(/\bdepth reached (\d+)/),
  }
  const isWhole = Object.values({ errors, ...figures }).every((figure) => Number.isFinite(figure))
  return { outcome: isWhole ? outcomeOf(report, errors) : 'incomplete', ...figures }
}

const ERRORS: readonly [pattern: RegExp, outcome: Outcome][] = [
  [/^pan:1: assertion violated/m, 'assertion violated'],
  [/^pan:1: invalid end state/m, 'invalid end state'],
  [/^pan:1: acceptance cycle/m, 'acceptance cycle'],
]
const LIMITS =
  /not completed|search depth too small|out of memory|reached -DMEMLIM|Bit statespace|Hash-Compact|interrupted/i

function outcomeOf(report: string, errors: number): Search['outcome'] {
  if (errors > 0) return ERRORS.find(([pattern]) => pattern.test(report))?.[1] ?? 'incomplete'
  const isExhaustive = report.includes('Full statespace search for:') && !LIMITS.test(report)
  return isExhaustive ? 'holds' : 'incomplete'
}
