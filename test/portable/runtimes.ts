/** The runtimes that portable code must run on, besides Node as vitest has it: each takes the bundle and answers its report. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Miniflare } from 'miniflare'
import { root } from '../support/source-files.ts'
import type { Report } from './vitest.ts'

export interface Runtime {
  readonly name: string
  /** Signatures are made by `node:crypto`, at once; else by Web Crypto, which answers later. */
  readonly nodeCrypto: boolean
  /** Null where it is not installed. */
  readonly run: ((code: string) => Promise<Report>) | null
}

const ARCH = process.arch === 'x64' ? 'x64' : 'arm64'
const LONG_MS = 240_000
/** The long random tests have their full length on Node, by vitest. */
const FEWER_RUNS = { MODEL_RUNS: '20' }

/** The registry's packages hold the programs; their install scripts, which only link them, are not run. */
function program(paths: readonly string[]): string | null {
  return paths.map((path) => join(root, 'node_modules', path)).find((path) => existsSync(path)) ?? null
}

const command =
  (file: string, args: readonly string[], before = '') =>
  async (code: string): Promise<Report> => {
    const folder = mkdtempSync(join(tmpdir(), 'sojourn-portable-'))
    try {
      const script = join(folder, 'tests.mjs')
      const end = 'process.stdout.write(JSON.stringify(globalThis.report), () => process.exit(0))'
      writeFileSync(script, [before, code, end].join('\n'))
      const { stdout } = await promisify(execFile)(file, [...args, script], {
        cwd: folder,
        env: { PATH: process.env.PATH ?? '', HOME: folder, NO_COLOR: '1', ...FEWER_RUNS },
        maxBuffer: 64 * 1024 * 1024,
        timeout: LONG_MS,
      })
      return JSON.parse(stdout) as Report
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

const worker =
  (compatibilityFlags: string[], before: string) =>
  async (code: string): Promise<Report> => {
    const script = `export default { async fetch() { ${before}\n${code}\nreturn Response.json(globalThis.report) } }`
    const flare = new Miniflare({ modules: true, compatibilityDate: '2026-07-01', compatibilityFlags, script })
    try {
      const response = await flare.dispatchFetch('http://worker.example/')
      if (!response.ok) throw new Error(await response.text())
      return (await response.json()) as Report
    } finally {
      await flare.dispose()
    }
  }

/** As if there were no node:crypto, which is asked for in this way alone. */
const WITHOUT_NODE = 'process.getBuiltinModule = undefined'
/** The tests' own libraries look at `process.env`. */
const PROCESS = `globalThis.process ??= { env: {} }; Object.assign(process.env, ${JSON.stringify(FEWER_RUNS)})`

const bun = program([`@oven/bun-linux-${ARCH === 'x64' ? 'x64' : 'aarch64'}/bin/bun`])
const deno = program([`@deno/linux-${ARCH}-glibc/deno`])
const DENO = ['run', '--quiet', '--no-config', '--no-lock', '--no-remote', '--allow-env']
/** Miniflare brings workerd along; its own resolution is what counts. */
const workerd = program([`@cloudflare/workerd-linux-${ARCH === 'x64' ? '64' : 'arm64'}/bin/workerd`])

export const RUNTIMES: readonly Runtime[] = [
  { name: 'Node without node:crypto', nodeCrypto: false, run: command(process.execPath, [], WITHOUT_NODE) },
  { name: 'Bun', nodeCrypto: true, run: bun === null ? null : command(bun, ['run']) },
  { name: 'Deno', nodeCrypto: true, run: deno === null ? null : command(deno, DENO) },
  {
    name: 'Deno without node:crypto',
    nodeCrypto: false,
    run: deno === null ? null : command(deno, DENO, WITHOUT_NODE),
  },
  { name: 'workerd', nodeCrypto: false, run: workerd === null ? null : worker([], PROCESS) },
  {
    name: 'workerd with nodejs_compat',
    nodeCrypto: true,
    run: workerd === null ? null : worker(['nodejs_compat'], PROCESS),
  },
]
