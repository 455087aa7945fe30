/** Which documents there are, and where each is on the site. */
import { existsSync, globSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Documents outside `docs/` that belong to the site, by their path. */
const OUTSIDE = ['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md']
/** Folders that are a part of the start page. */
const FOLDERS: Readonly<Record<string, string>> = {
  docs: '/docs/',
  'docs/guides': '/docs/',
  'docs/decisions': '/docs/#decisions',
  'docs/reference': '/docs/#reference',
  examples: '/docs/#examples',
}

/** Paths of all Markdown files of the site, from the root of the repository. */
export function documents(): readonly string[] {
  const found = [...globSync('docs/**/*.md', { cwd: root }), ...globSync('examples/*/README.md', { cwd: root })]
  return [...OUTSIDE, ...found.toSorted()]
}

/** Where it is on the site; null: it is no part of it. */
export function siteUrl(path: string): string | null {
  const clean = path.replace(/\/$/, '')
  const folder = FOLDERS[clean]
  if (folder !== undefined) return folder
  if (OUTSIDE.includes(clean)) return `/docs/${clean.replace('.md', '').toLowerCase()}`
  const example = /^examples\/([\w-]+)(?:\/README\.md)?$/.exec(clean)
  if (example && existsSync(join(root, clean))) return `/docs/examples/${example[1]}`
  if (/^docs\/(?:[\w.-]+\/)?[\w.-]+\.md$/.test(clean)) return `/${clean.replace(/\.md$/, '')}`
  if (/^docs\/images\/[\w.-]+$/.test(clean)) return `/${clean}`
  return null
}

export interface Target {
  /** From the root of the repository. */
  readonly path: string
  /** Without `#`; null: the whole document. */
  readonly anchor: string | null
}

/** Where a relative link leads; null for an address of its own. */
export function targetOf(document: string, href: string): Target | null {
  if (/^[a-z]+:|^\/\//i.test(href)) return null
  const [file = '', anchor] = href.split('#')
  const path = file === '' ? document : normalize(join(dirname(document), file)).replace(/\/$/, '')
  return { path, anchor: anchor ?? null }
}
