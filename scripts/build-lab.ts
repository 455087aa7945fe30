/**
 * Builds the Lab into `dist/lab`: small files that load when a screen needs them, a service worker that keeps them, and the same
 * Lab as one file (`sojourn-lab.html`) that works from disk.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, type BuildResult, build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'web/lab')
const SCREENS = ['inspect', 'mint', 'cookies', 'compare', 'attack', 'sso', 'decide', 'claims', 'proof']
/** Its own policy, for no header goes with a file from disk. `{hash}`: of its one script. */
const FILE_POLICY =
  "default-src 'none'; script-src {hash}; style-src 'unsafe-inline'; img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types lab"

const COMMON: BuildOptions = {
  absWorkingDir: source,
  bundle: true,
  minify: true,
  target: 'es2024',
  charset: 'utf8',
  legalComments: 'none',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  // What the core asks of Node at run time is not there: it has its portable ways.
  platform: 'browser',
  logLevel: 'warning',
  write: false,
}

/** @param folder emptied and filled */
export async function buildLab(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const files = new Map<string, string | Uint8Array>()
  const served = await build({
    ...COMMON,
    entryPoints: { engine: 'engine/worker.ts' },
    format: 'esm',
    splitting: true,
    outdir: folder,
    entryNames: '[name]-[hash]',
    chunkNames: 'part-[hash]',
  })
  take(served, files)
  const worker = [...files.keys()].find((name) => name.startsWith('engine-'))
  const page = await build({
    ...COMMON,
    entryPoints: { lab: 'main.tsx' },
    format: 'esm',
    splitting: true,
    outdir: folder,
    entryNames: '[name]-[hash]',
    chunkNames: 'part-[hash]',
    define: { IN_ONE_FILE: 'false', WORKER_FILE: JSON.stringify(`./${worker}`) },
  })
  const entry = take(page, files)
  const html = readFileSync(join(source, 'index.html'), 'utf8')
  const head = [
    // The style sheets of the screens, too: nothing would load them later.
    ...entry.filter((name) => name.endsWith('.css')).map((name) => `<link rel="stylesheet" href="./${name}" />`),
    ...entry
      .filter((name) => name.startsWith('lab-') && name.endsWith('.js'))
      .map((name) => `<script type="module" src="./${name}"></script>`),
  ]
  const index = fill(html, head.join('\n    '), '')
  for (const name of ['index', ...SCREENS]) files.set(`${name}.html`, index)

  const kept = ['./', ...[...files.keys()].filter((name) => !name.endsWith('.html')).map((name) => `./${name}`)]
  const digest = createHash('sha256')
  for (const [name, content] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) digest.update(name).update(content)
  const keeper = await build({
    ...COMMON,
    entryPoints: { sw: 'sw.ts' },
    format: 'esm',
    outdir: folder,
    define: { BUILD: JSON.stringify(digest.digest('hex').slice(0, 12)), FILES: JSON.stringify(kept) },
  })
  take(keeper, files)
  files.set('sojourn-lab.html', await oneFile(html))
  for (const [name, content] of files) writeFileSync(join(folder, name), content)
}

/** Everything in one page, its engine on the page's own thread. */
async function oneFile(html: string): Promise<string> {
  const built = await build({
    ...COMMON,
    entryPoints: { lab: 'main.tsx' },
    format: 'iife',
    outdir: 'out',
    define: { IN_ONE_FILE: 'true', WORKER_FILE: '""' },
  })
  const text = (end: string) => built.outputFiles?.find(({ path }) => path.endsWith(end))?.text ?? ''
  const script = text('.js').replaceAll('</script', '<\\/script')
  const hash = `'sha256-${createHash('sha256').update(script).digest('base64')}'`
  const policy = `<meta http-equiv="Content-Security-Policy" content="${FILE_POLICY.replace('{hash}', hash)}" />`
  return fill(html, `${policy}\n    <style>${text('.css')}</style>`, `<script>${script}</script>`)
}

const fill = (html: string, head: string, body: string): string =>
  html.replace('<!-- lab:head -->', () => head).replace('<!-- lab:body -->', () => body)

function take(result: BuildResult, into: Map<string, string | Uint8Array>): readonly string[] {
  const outputs = result.outputFiles ?? []
  for (const { path, contents } of outputs) into.set(basename(path), contents)
  return outputs.map(({ path }) => basename(path))
}

if (import.meta.main) await buildLab(join(root, 'dist/lab'))
