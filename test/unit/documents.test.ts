/** Documents that list what the code has: they may not drift. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { renderAll, searchIndex } from '../../scripts/build-docs.ts'
import { reference } from '../../scripts/build-reference.ts'
import { siteUrl, targetOf } from '../../scripts/docs/documents.ts'
import { render } from '../../scripts/docs/markdown.ts'
import { navigation } from '../../scripts/docs/navigation.ts'
import { STATUS } from '../../src/http/problem.ts'
import { search } from '../../web/docs/search.ts'
import { SCREENS } from '../../web/lab/shell/screens.ts'

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
    expect(rows.map(([, code, status]) => [code, Number(status)])).toEqual(Object.entries(STATUS))
  })

  it('has the codes of the union, each of which something raises', () => {
    const union = /AuthErrorCode =\n(.*?)\n\n/s.exec(read('src/errors.ts'))?.[1] ?? ''
    const codes = [...union.matchAll(/\| '([a-z._]+)'/g)].map(([, code]) => code as string)
    expect(codes).toEqual(Object.keys(STATUS))
    const lists = ['src/errors.ts', 'src/http/problem.ts']
    const sources = filesBelow('src', '.ts').filter((path) => !lists.includes(path) && !path.includes('openapi'))
    const text = sources.map(read).join('\n')
    expect(codes.filter((code) => code !== 'internal' && !text.includes(`'${code}'`))).toEqual([])
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

describe('docs/reference', () => {
  const folder = join(root, 'docs/reference')
  const pages = reference()

  it('is what the sources say (npm run reference)', () => {
    expect(readdirSync(folder).sort()).toEqual([...pages.keys()].sort())
    const stale = [...pages].filter(([name, text]) => readFileSync(join(folder, name), 'utf8') !== text)
    expect(stale.map(([name]) => name)).toEqual([])
  })

  it('has a comment for every function and class', () => {
    const silent = [...pages].flatMap(([name, text]) =>
      [...text.matchAll(/^## (\w+)\n\n```ts\n(?:async )?(?:function|class)/gm)].map(([, door]) => `${name} ${door}`),
    )
    expect(silent).toEqual([])
  })
})

describe('code in the guides', () => {
  const tests = filesBelow('test', '.ts')
    .filter((path) => !path.endsWith('documents.test.ts'))
    .map(read)
    .join('\n')
  const runners = tests + read('scripts/ten-minutes.ts')

  it.each(readdirSync(join(root, 'docs/guides')))('%s is run by a test, where there is any', (file) => {
    if (!read(join('docs/guides', file)).includes('```')) return
    const name = file.replace('.md', '')
    expect(runners.includes(`guides/${file}`) || runners.includes(`'${name}'`)).toBe(true)
  })
})

describe('links between documents', () => {
  const all = renderAll()

  it.each([...all.keys()])('%s links to what exists, and to headings that exist', (document) => {
    const links = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, href]) => href as string)
    const broken = links.filter((href) => {
      const target = targetOf(document, href)
      if (!target) return !/^(?:https?|mailto):/.test(href)
      if (!existsSync(join(root, target.path))) return true
      const { anchor } = target
      return anchor !== null && !all.get(target.path)?.html.includes(` id="${anchor}"`)
    })
    expect(broken).toEqual([])
  })
})

describe('the documents as pages', () => {
  const all = renderAll()
  const urls = new Set([...all.keys()].map((path) => siteUrl(path)))

  it('have an address of their own each, and a title', () => {
    expect(urls.size).toBe(all.size)
    for (const [path, { title }] of all) expect([path, title]).toEqual([path, expect.stringMatching(/^\S.{2,}/)])
  })

  it('lead to other pages only', () => {
    const leads = [...all.values()].flatMap(({ html }) => [...html.matchAll(/href="([^"#]+)/g)].map(([, url]) => url))
    const local = leads.filter((url) => !/^https?:/.test(url ?? '') && url !== '/docs/')
    const screens = SCREENS.map(({ name }) => `/lab/${name}`)
    expect(local.filter((url) => !urls.has(url ?? '') && !screens.includes(url ?? ''))).toEqual([])
  })

  it('hold no tag that is not of Markdown', () => {
    const { html } = render(
      'README.md',
      '# T\n\n<script>alert(1)</script>\n\na <b onclick="x">b</b> [c](javascript:x)\n',
    )
    expect(html).not.toMatch(/<script|<b|href/)
  })

  it('are all in the navigation', () => {
    const groups = navigation(new Map([...all].map(([path, { title }]) => [path, title])))
    expect(groups.flatMap(({ entries }) => entries.map(({ path }) => path)).sort()).toEqual([...all.keys()].sort())
  })

  it('are found by their words, the best first', () => {
    const entries = searchIndex(all)
    expect(search(entries, 'token.expired')[0]?.url).toMatch(/^\/docs\/errors/)
    expect(search(entries, 'postgres')[0]?.url).toMatch(/^\/docs\/(guides\/postgres|decisions\/0013-postgres)/)
    expect(search(entries, 'zzzz nothing')).toEqual([])
    expect(search(entries, 'the').length).toBe(20)
  })
})
