/** What a bundler keeps of the package when an application imports one thing of it. */
import { join } from 'node:path'
import { build } from 'esbuild'

interface Case {
  readonly subpath: string
  readonly imports: string
  /** Files of `dist` that may be in the bundle: all others are too much. */
  readonly may: RegExp
}

/** The parts that everything stands on. */
const GROUND = 'dist/(errors|clock|deadline|insist|on-demand|json)\\.js|dist/crypto/'
const CASES: readonly Case[] = [
  { subpath: '.', imports: 'isAuthError', may: /^dist\/errors\.js$/ },
  { subpath: '.', imports: 'parseCookie, writeCookie', may: /^dist\/(errors|http\/cookie)\.js$/ },
  { subpath: '.', imports: 'localPath', may: /^dist\/http\/local-path\.js$/ },
  {
    subpath: '.',
    imports: 'createAuth',
    may: new RegExp(`^(${GROUND}|dist/(http|login|session|refresh|token|revocation|verifier)/)`),
  },
  {
    subpath: './verifier',
    imports: 'createVerifier',
    may: new RegExp(`^(${GROUND}|dist/(token|revocation|verifier)/)`),
  },
  { subpath: './client', imports: 'createCookieClient', may: /^dist\/client\/(?!token-)/ },
  {
    subpath: './stores/memory',
    imports: 'createMemoryStore',
    may: new RegExp(`^(${GROUND}|dist/(stores/memory|revocation|session|refresh)/)`),
  },
]

/** @returns what is wrong, one line for each fault */
export async function treeShakingFaults(root: string, targets: Readonly<Record<string, unknown>>): Promise<string[]> {
  const faults: string[] = []
  for (const { subpath, imports, may } of CASES) {
    const { default: target } = targets[subpath] as { readonly default: string }
    const { metafile, outputFiles } = await build({
      absWorkingDir: root,
      stdin: { contents: `export { ${imports} } from '${join(root, target)}'`, resolveDir: root },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      external: ['node:*'],
      metafile: true,
      write: false,
      logLevel: 'error',
    })
    const [output] = Object.values(metafile.outputs)
    const kept = Object.entries(output?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 &&
      !['<stdin>', 'dist/index.js'].includes(path) &&
      !path.startsWith('node_modules/@noble/hashes/')
        ? [path]
        : [],
    )
    const about = `import { ${imports} } from '${subpath}' keeps`
    faults.push(...kept.filter((path) => !may.test(path)).map((path) => `${about} ${path}`))
    // What has a seam asks for it at run time, and so runs where there is none.
    faults.push(...(output?.imports ?? []).filter(({ external }) => external).map(({ path }) => `${about} ${path}`))
    if ((outputFiles[0]?.contents.length ?? 0) < 100) faults.push(`${about} nothing`)
  }
  return faults
}
