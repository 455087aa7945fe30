/** Makes one script of the unit tests of the portable parts. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { root } from '../support/source-files.ts'

/** Folders of `test/unit` whose parts promise to run anywhere. */
const PARTS = [
  'accounts',
  'capacity',
  'client',
  'crypto',
  'http',
  'login',
  'refresh',
  'revocation',
  'session',
  'token',
  'verifier',
]
const STAND_IN = join(root, 'test/portable/vitest.ts')

export interface Bundle {
  /** Statements without `import` and `export`, for the body of an asynchronous function; they leave `report`. */
  readonly code: string
  readonly files: readonly string[]
  /** Tests that need Node itself to compare with. */
  readonly left: readonly string[]
}

const common = {
  bundle: true,
  write: false,
  metafile: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2024',
  mainFields: ['module', 'main'],
  conditions: ['import', 'default'],
  alias: { vitest: STAND_IN },
  logLevel: 'error',
} satisfies BuildOptions

export async function bundleTests(): Promise<Bundle> {
  const all = [
    ...PARTS.flatMap((part) => globSync(`test/unit/${part}/**/*.test.ts`, { cwd: root })),
    'test/contract/memory-store.test.ts',
  ].toSorted()
  const left = await needNode(all)
  const files = all.filter((path) => !left.includes(path))
  const contents = [
    `import { file, run } from '${STAND_IN}'`,
    ...files.map((path) => `await file('${path}', () => import('${join(root, path)}'))`),
    'globalThis.report = await run()',
  ].join('\n')
  const { outputFiles } = await build({ ...common, stdin: { contents, resolveDir: root, loader: 'ts' } })
  const code = outputFiles[0]?.text ?? ''
  if (/^(import|export)\b/m.test(code)) throw new Error('the bundle does not stand alone')
  return { code, files, left }
}

/** The files that import a module of Node, directly or not. */
async function needNode(files: readonly string[]): Promise<readonly string[]> {
  const { metafile } = await build({
    ...common,
    absWorkingDir: root,
    entryPoints: [...files],
    outdir: 'portable',
    external: ['node:*'],
  })
  return Object.values(metafile.outputs).flatMap(({ entryPoint, imports }) =>
    entryPoint && imports.some(({ path }) => path.startsWith('node:')) ? [entryPoint] : [],
  )
}
