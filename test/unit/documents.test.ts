/** Documents that list what the code has: they may not drift. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { STATUS } from '../../src/http/problem.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path))
}

describe('docs/errors.md', () => {
  it('has a row for every code, with its status', () => {
    const rows = [...read('docs/errors.md').matchAll(/^\| `([a-z._]+)` \| (\d+) \| .{10,} \|$/gm)]
    expect(Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]))).toEqual(STATUS)
  })
})

describe('docs/guides/server.md', () => {
  const guide = read('docs/guides/server.md')

  it('names every route of the source', () => {
    const sources = [...filesBelow('src/http', '.ts'), ...filesBelow('src/server', '.ts')].map(read).join('\n')
    const routes = [...sources.matchAll(/path: '(\/[^']*)'/g)].map(([, path]) => path as string)
    expect(routes.length).toBeGreaterThan(20)
    expect(routes.filter((path) => !guide.includes(` ${path}\``))).toEqual([])
  })

  it('names every variable that the configuration reads', () => {
    const variables = new Set(read('src/server/config.ts').match(/\bSOJOURN_[A-Z_]+\b|\bPORT\b/g))
    expect([...variables].filter((name) => !guide.includes(`\`${name}\``))).toEqual([])
  })
})

describe('links between documents', () => {
  const documents = ['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md', ...filesBelow('docs', '.md')]

  it.each(documents)('%s links to what exists', (document) => {
    const links = [...read(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target]) => target as string)
    const local = links.filter((target) => !/^[a-z]+:/.test(target))
    expect(local.filter((target) => !existsSync(join(root, dirname(document), target)))).toEqual([])
  })
})
