/**
 * Builds the documents into `dist/docs`: a page for each Markdown file, one index for the search, and a service worker that keeps
 * all of them. Served by `src/server/docs.ts`.
 */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import type { Entry } from '../web/docs/search.ts'
import { documents, root, siteUrl } from './docs/documents.ts'
import { type Rendered, render } from './docs/markdown.ts'
import { navigation } from './docs/navigation.ts'
import { documentPage, startPage } from './docs/page.ts'

const COMMON: BuildOptions = {
  absWorkingDir: join(root, 'web/docs'),
  bundle: true,
  minify: true,
  target: 'es2024',
  charset: 'utf8',
  legalComments: 'none',
  format: 'esm',
  platform: 'browser',
  outdir: 'out',
  write: false,
}

/** Every document of the site, by its path. */
export function renderAll(): ReadonlyMap<string, Rendered> {
  return new Map(documents().map((path) => [path, render(path, readFileSync(join(root, path), 'utf8'))]))
}

/** A line for each section. */
export function searchIndex(all: ReadonlyMap<string, Rendered>): readonly Entry[] {
  return [...all].flatMap(([path, { title, sections }]) => {
    const url = siteUrl(path) ?? ''
    return sections.map(
      ({ anchor, heading, text }): Entry => [anchor === null ? url : `${url}#${anchor}`, title, heading, text],
    )
  })
}

/** @param folder emptied and filled */
export async function buildDocs(folder: string): Promise<void> {
  const files = new Map<string, string>()
  const server = readFileSync(join(root, 'src/server/pages/style.css'), 'utf8')
  const style = put(files, 'style', 'css', server + readFileSync(join(root, 'web/docs/style.css'), 'utf8'))
  const script = put(files, 'docs', 'js', await bundle('docs.ts', {}))
  const all = renderAll()
  const groups = navigation(new Map([...all].map(([path, { title }]) => [path, title])))
  const frame = { files: { style, script }, groups }
  for (const [path, document] of all) {
    const url = siteUrl(path) ?? ''
    files.set(`${url.replace('/docs/', '')}.html`, documentPage({ ...frame, title: document.title, path }, document))
  }
  files.set('index.html', startPage({ ...frame, title: 'Documents' }))
  files.set('search.json', JSON.stringify(searchIndex(all)))

  const images = globSync('docs/images/*', { cwd: root })
  const kept = [...files.keys()].map((name) => `./${name.replace(/(?:^index)?\.html$/, '')}`)
  const digest = createHash('sha256')
  for (const [name, content] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) digest.update(name).update(content)
  for (const image of images) digest.update(readFileSync(join(root, image)))
  const worker = await bundle('sw.ts', {
    BUILD: JSON.stringify(digest.digest('hex').slice(0, 12)),
    FILES: JSON.stringify([...kept, ...images.map((image) => `./${image.replace('docs/', '')}`)]),
  })
  files.set('sw.js', worker)

  rmSync(folder, { recursive: true, force: true })
  for (const [name, content] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  if (existsSync(join(root, 'docs/images'))) {
    const used = (path: string): boolean => !basename(path).startsWith('.')
    cpSync(join(root, 'docs/images'), join(folder, 'images'), { recursive: true, filter: used })
  }
}

/** Its name changes with its content. */
function put(files: Map<string, string>, name: string, ending: string, content: string): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8).toUpperCase()
  const whole = `${name}-${hash}.${ending}`
  files.set(whole, content)
  return whole
}

async function bundle(entry: string, define: Readonly<Record<string, string>>): Promise<string> {
  const { outputFiles } = await build({ ...COMMON, entryPoints: [entry], define: { ...define } })
  return outputFiles?.[0]?.text ?? ''
}

if (import.meta.main) await buildDocs(join(root, 'dist/docs'))
