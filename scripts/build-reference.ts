/**
 * Writes docs/reference from the comments at the doors: a page for each subpath of the package, with every export, its comment and
 * its shape; and a page of the server's routes from their description. `npm run reference`; a test fails when a page is not what the sources say.
 */
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import manifest from '../package.json' with { type: 'json' }
import { type Declaration, exportsOf } from './reference/exports.ts'
import { httpReference } from './reference/http.ts'
import { entry } from './reference/write.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'docs/reference')

/** Name of the file and its text, for every subpath. */
export function reference(): ReadonlyMap<string, string> {
  const pages = Object.entries(manifest.exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return []
    const source = join(root, target.default.replace('./dist/', 'src/').replace(/js$/, 'ts'))
    const name = manifest.name + subpath.slice(1)
    return [[`${name.replaceAll('/', '-')}.md`, page(name, source)] as const]
  })
  return new Map([...pages, ['http.md', httpReference()]])
}

function page(name: string, source: string): string {
  const { opening, declarations } = exportsOf(source)
  const doors = declarations.filter(({ isType }) => !isType)
  const types = declarations.filter(({ isType }) => isType)
  const list = (title: string, all: readonly Declaration[]): string =>
    all.length === 0 ? '' : `${title}: ${all.map((one) => `[${one.name}](#${one.name.toLowerCase()})`).join(' · ')}\n\n`
  return `# ${name}

${opening}

Made from the comments in [${relative(root, source)}](../../${relative(root, source)}) and what it exports, by \`npm run reference\`.

${list('Values', doors)}${list('Types', types)}${[...doors, ...types].map(entry).join('\n')}`
}

if (import.meta.main) {
  mkdirSync(folder, { recursive: true })
  for (const old of globSync('*.md', { cwd: folder })) rmSync(join(folder, old))
  for (const [name, text] of reference()) writeFileSync(join(folder, name), text)
}
