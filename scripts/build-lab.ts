/**
 * Builds the Lab into `dist/lab`: small files that load when a screen needs them, a service worker that keeps them, and the same
 * Lab as one file (`sojourn-lab.html`) that works from disk. Beside it `dist/lab-live`: the one page that talks to a server.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, type BuildResult, build, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'web/lab')
const SCREENS = ['inspect', 'mint', 'cookies', 'compare', 'attack', 'sso', 'decide', 'claims', 'proof']
/** Its own policy, for no header goes with a file from disk. `{hashes}`: of the script that unpacks, and of what it unpacks. */
const FILE_POLICY =
  "default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types lab unpack"

/**
 * Parts of the core that are loaded on demand and that no screen demands: what asks other machines, which the Lab may not even
 * hold; status lists; changes of mode.
 */
const LEFT_OUT =
  /\/src\/(revocation\/(remote\/remote-revocations|status-lists)|verifier\/status-list-reader|login\/(mode-change|settle-mode))\.ts$/
const leaveOut: Plugin = {
  name: 'leave out',
  setup({ onLoad }) {
    onLoad({ filter: LEFT_OUT }, () => ({ contents: "throw new TypeError('not part of the Lab')", loader: 'js' }))
  },
}

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
  plugins: [leaveOut],
  write: false,
}

type Files = Map<string, string | Uint8Array>

/** @param folder emptied and filled */
export async function buildLab(folder: string): Promise<void> {
  const files: Files = new Map()
  // Together: what page and worker both need is one file for both.
  const page = await build({
    ...COMMON,
    entryPoints: { lab: 'main.tsx', engine: 'engine/worker.ts' },
    format: 'esm',
    splitting: true,
    outdir: folder,
    entryNames: '[name]-[hash]',
    chunkNames: 'part-[hash]',
    define: { IN_ONE_FILE: 'false' },
  })
  const html = readFileSync(join(source, 'index.html'), 'utf8')
  const entry = take(page, files)
  const name = digestOf(new Map(files).set('index.html', html))
  const one = await oneFile(html)
  const head = [
    meta('lab-build', name),
    meta('lab-engine', `./${entry.find((file) => file.startsWith('engine-'))}`),
    meta('lab-one-file', createHash('sha256').update(one).digest('hex')),
    meta('lab-one-file-kb', String(Math.round(Buffer.byteLength(one) / 1000))),
    ...entry.filter((name) => name.endsWith('.css')).map((name) => `<link rel="stylesheet" href="./${name}" />`),
    ...entry
      .filter((name) => name.startsWith('lab-') && name.endsWith('.js'))
      .map((name) => `<script type="module" src="./${name}"></script>`),
  ]
  const index = fill(html, head.join('\n    '), '')
  for (const page of ['index', ...SCREENS]) files.set(`${page}.html`, index)

  const kept = ['./', ...[...files.keys()].filter((file) => !file.endsWith('.html')).map((file) => `./${file}`)]
  const keeper = await build({
    ...COMMON,
    entryPoints: { sw: 'sw.ts' },
    format: 'esm',
    outdir: folder,
    define: { BUILD: JSON.stringify(name), FILES: JSON.stringify(kept) },
  })
  take(keeper, files)
  files.set('sojourn-lab.html', one)
  write(folder, files)
}

/** The Live page talks to the server that it came from: apart from the Lab, with a policy of its own, and kept by nobody. */
export async function buildLive(folder: string): Promise<void> {
  const files: Files = new Map()
  const built = await build({
    ...COMMON,
    entryPoints: { live: 'live/main.tsx' },
    format: 'esm',
    outdir: folder,
    entryNames: '[name]-[hash]',
  })
  const tags = take(built, files).map((name) =>
    name.endsWith('.css')
      ? `<link rel="stylesheet" href="./live/${name}" />`
      : `<script type="module" src="./live/${name}"></script>`,
  )
  files.set(
    'live.html',
    readFileSync(join(source, 'live/live.html'), 'utf8').replace('<!-- live:head -->', tags.join('\n    ')),
  )
  write(folder, files)
}

function write(folder: string, files: Files): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of files) writeFileSync(join(folder, name), content)
}

/** The same sources give the same. */
function digestOf(files: Files): string {
  const digest = createHash('sha256')
  for (const [name, content] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) digest.update(name).update(content)
  return digest.digest('hex').slice(0, 12)
}

const meta = (name: string, content: string): string => `<meta name="${name}" content="${content}" />`

/** Everything in one page, its engine on the page's own thread. */
async function oneFile(html: string): Promise<string> {
  const built = await build({
    ...COMMON,
    entryPoints: { lab: 'main.tsx' },
    format: 'iife',
    outdir: 'out',
    define: { IN_ONE_FILE: 'true' },
  })
  const text = (end: string) => built.outputFiles?.find(({ path }) => path.endsWith(end))?.text ?? ''
  const script = text('.js')
  const hashes = [UNPACK, script].map((code) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`)
  const policy = `<meta http-equiv="Content-Security-Policy" content="${FILE_POLICY.replace('{hashes}', hashes.join(' '))}" />`
  const name = digestOf(new Map([['lab.js', script]]))
  return fill(
    html,
    `${policy}\n    ${meta('lab-build', name)}\n    <style>${text('.css')}</style>`,
    `<script type="text/plain" id="packed">${gzipSync(script, { level: 9 }).toString('base64')}</script>\n    <script>${UNPACK}</script>`,
  )
}

/** Unpacks the script of the single file, half as large that way; the policy holds it to its hash. */
const UNPACK = `
(async () => {
  const packed = Uint8Array.from(atob(document.getElementById('packed').textContent), (c) => c.charCodeAt(0))
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))
  const text = await new Response(unpacked).text()
  const policy = globalThis.trustedTypes?.createPolicy('unpack', { createScript: (code) => code })
  const script = document.createElement('script')
  script.text = policy ? policy.createScript(text) : text
  document.body.append(script)
})()
`

const fill = (html: string, head: string, body: string): string =>
  html.replace('<!-- lab:head -->', () => head).replace('<!-- lab:body -->', () => body)

function take(result: BuildResult, into: Files): readonly string[] {
  // The style sheets of screens are in that of the entry as well: nothing would load them later.
  const outputs = (result.outputFiles ?? []).filter(({ path }) => !/part-\w+\.css$/.test(path))
  for (const { path, contents } of outputs) into.set(basename(path), contents)
  return outputs.map(({ path }) => basename(path))
}

if (import.meta.main) {
  await buildLab(join(root, 'dist/lab'))
  await buildLive(join(root, 'dist/lab-live'))
}
