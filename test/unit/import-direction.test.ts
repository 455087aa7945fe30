/** Holds the floors of ARCHITECTURE.md: a file imports only from a lower floor or its own folder, and never in a circle. */
import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importLines } from '../support/import-lines.ts'
import { sourceFiles } from '../support/source-files.ts'

/** Parts by floor, the ground floor first. Files directly in `src` are on the ground floor, but for the front door. */
const FLOORS: readonly (readonly string[])[] = [
  ['ground', 'crypto', 'capacity'],
  ['token'],
  ['revocation', 'binding'],
  ['session', 'refresh', 'verifier', 'accounts', 'audit'],
  ['login'],
  ['http'],
  ['adapters', 'oidc', 'client', 'moving-in'],
  ['stores'],
  ['front door', 'testing'],
  ['server'],
  ['cli'],
]
/** Parts that run on Node only; everything else is portable. */
const NODE_PARTS = ['adapters', 'oidc', 'server', 'cli']
const PORTABLE_PACKAGES = /^jose(\/|$)/
const SEAM = 'src/crypto/node-crypto.ts'

const files = sourceFiles('src/**/*.ts')
const known = new Set(files.map((file) => file.path))

const partOf = (path: string): string => {
  const [, first = '', ...rest] = path.split('/')
  if (rest.length > 0) return first
  return first === 'index.ts' ? 'front door' : 'ground'
}
const floorOf = (part: string): number => FLOORS.findIndex((parts) => parts.includes(part))
const folderOf = (path: string): string => (partOf(path) === 'stores' ? posix.dirname(path) : partOf(path))
const isPortable = (path: string): boolean =>
  partOf(path) === 'stores' ? path.startsWith('src/stores/memory/') : !NODE_PARTS.includes(partOf(path))
const target = (from: string, specifier: string): string => posix.join(posix.dirname(from), specifier)

/** What is wrong with one import of one file, or null. */
function fault(path: string, specifier: string): string | null {
  const say = (what: string) => `${path} imports ${specifier}: ${what}`
  if (!specifier.startsWith('.')) {
    if (!isPortable(path)) return null
    if (specifier.startsWith('node:')) return say('portable code has one seam to Node, src/crypto/node-crypto.ts')
    return PORTABLE_PACKAGES.test(specifier) ? null : say('portable code knows no such package')
  }
  const to = target(path, specifier)
  if (!specifier.endsWith('.ts')) return say('an import names its .ts file')
  if (!to.startsWith('src/')) return say('it leaves src')
  const [from, into] = [partOf(path), partOf(to)]
  if (from === 'stores' && into === 'http') return say('a store knows nothing of HTTP')
  if (from === 'stores' && into === 'stores' && folderOf(path) !== folderOf(to)) {
    return say('a store knows no other store')
  }
  if (isPortable(path) && !isPortable(to)) return say('portable code cannot stand on a Node-only part')
  if (from === into || (floorOf(from) === 0 && floorOf(into) === 0)) return null
  return floorOf(into) < floorOf(from) ? null : say(`floor ${floorOf(from) + 1} cannot see floor ${floorOf(into) + 1}`)
}

/** The files of one circle of imports in order, or null. */
function circle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const done = new Set<string>()
  const walk = (path: string, trail: readonly string[]): readonly string[] | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (done.has(path)) return null
    for (const next of edges.get(path) ?? []) {
      const found = walk(next, [...trail, path])
      if (found) return found
    }
    done.add(path)
    return null
  }
  for (const path of edges.keys()) {
    const found = walk(path, [])
    if (found) return found
  }
  return null
}

describe('the source', () => {
  it('has every part on a floor', () => {
    const lost = files.map((file) => partOf(file.path)).filter((part) => floorOf(part) < 0)
    expect([...new Set(lost)]).toEqual([])
    expect(files.length).toBeGreaterThan(20)
  })

  it('imports downward only', () => {
    const faults = files.flatMap((file) => importLines(file.text).map((line) => fault(file.path, line.specifier)))
    expect(faults.filter((found) => found !== null)).toEqual([])
  })

  it('imports files that exist', () => {
    const missing = files.flatMap((file) =>
      importLines(file.text)
        .filter((line) => line.specifier.startsWith('.'))
        .map((line) => target(file.path, line.specifier))
        .filter((path) => !known.has(path))
        .map((path) => `${file.path} -> ${path}`),
    )
    expect(missing).toEqual([])
  })

  it('has no circle', () => {
    const edges = new Map(
      files.map((file) => [
        file.path,
        importLines(file.text)
          .filter((line) => line.specifier.startsWith('.'))
          .map((line) => target(file.path, line.specifier)),
      ]),
    )
    expect(circle(edges)).toBeNull()
  })

  it('asks for a built-in module at run time only in its seam', () => {
    const elsewhere = files.filter(
      (file) => isPortable(file.path) && /getBuiltinModule|(?<![.\w])require\(['"`]/.test(file.text),
    )
    expect(elsewhere.map((file) => file.path).filter((path) => path !== SEAM)).toEqual([])
  })

  it('re-exports only in its front doors', () => {
    for (const file of files.filter(({ path }) => path.endsWith('/index.ts'))) {
      const rest = file.text
        .replaceAll(/\/\*[\s\S]*?\*\//g, '')
        .replaceAll(/export (type )?(\*( as \w+)?|\{[^}]*\}) from '[^']+'/g, '')
      expect(rest.trim(), file.path).toBe('')
    }
  })

  it('loads nothing before the command line has looked at the version of Node', () => {
    const main = files.find((file) => file.path === 'src/cli/main.ts')
    expect(main).toBeDefined()
    expect(importLines(main?.text ?? '').filter((line) => line.kind === 'static')).toEqual([])
  })
})

describe('the rule', () => {
  it.each([
    ['src/token/jws.ts', '../verifier/verifier.ts', /floor 2 cannot see floor 4/],
    ['src/session/sessions.ts', '../refresh/family.ts', /floor 4 cannot see floor 4/],
    ['src/http/cookie.ts', 'node:crypto', /one seam/],
    ['src/http/cookie.ts', 'hono', /no such package/],
    ['src/login/logins.ts', '../stores/memory/memory.ts', /cannot see/],
    ['src/stores/sqlite/sqlite.ts', '../memory/memory.ts', /no other store/],
    ['src/stores/memory/memory.ts', '../../http/cookie.ts', /nothing of HTTP/],
    ['src/stores/memory/memory.ts', 'node:sqlite', /one seam/],
    ['src/errors.ts', './token/jwk.ts', /floor 1 cannot see floor 2/],
    ['src/index.ts', './adapters/node.ts', /Node-only/],
    ['src/token/jwk.ts', './algorithms', /names its \.ts file/],
  ])('refuses %s importing %s', (path, specifier, message) => {
    expect(fault(path, specifier)).toMatch(message)
  })

  it.each([
    ['src/verifier/verifier.ts', '../revocation/check.ts'],
    ['src/records.ts', './json.ts'],
    ['src/crypto/digest.ts', '../errors.ts'],
    ['src/stores/sqlite/sqlite.ts', '../../login/store.ts'],
    ['src/stores/sqlite/sqlite.ts', 'node:sqlite'],
    ['src/stores/memory/sessions.ts', './memory.ts'],
    ['src/index.ts', './login/login.ts'],
    ['src/server/server.ts', '../stores/sqlite/index.ts'],
    ['src/cli/serve.ts', '../server/server.ts'],
  ])('allows %s importing %s', (path, specifier) => {
    expect(fault(path, specifier)).toBeNull()
  })

  it('finds a circle', () => {
    const edges = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ])
    expect(circle(edges)).toEqual(['b', 'c', 'b'])
  })
})

describe('importLines', () => {
  const read = (source: string) => importLines(source).map((line) => `${line.kind} ${line.specifier}`)

  it.each<[string, string[]]>([
    [`import 'a'`, ['static a']],
    [`import"a"`, ['static a']],
    [`import a from 'b'`, ['static b']],
    [`import a, { b as c } from "d"`, ['static d']],
    [`import * as a from 'b'`, ['static b']],
    [`import {\n  a,\n  type b,\n} from 'c'`, ['static c']],
    [`import { a, // from 'x'\n b } from 'c'`, ['static c']],
    [`import { a, /* } from 'x' */ b } from 'c'`, ['static c']],
    [`import type { a } from 'b'`, ['type b']],
    [`import type from 'b'`, ['static b']],
    [`export type { a } from 'b'`, ['type b']],
    [`export * from 'a'`, ['static a']],
    [`export * as a from 'b'`, ['static b']],
    [`export { a } from 'b'\nexport { c } from 'd'`, ['static b', 'static d']],
    [`export const a = 1\nimport b from 'c'`, ['static c']],
    [`const a = await import('b')`, ['dynamic b']],
    ['const a = await import(`b`)', ['dynamic b']],
    [`const a = import(/* c */ 'b')`, ['dynamic b']],
    [`import a from 'b' with { type: 'json' }`, ['static b']],
    [`// import 'a'`, []],
    [`/* import 'a'\n import 'b' */ import 'c'`, ['static c']],
    [`const a = "import 'b'"`, []],
    [`const a = 'it\\'s'; import 'b'`, ['static b']],
    ["const a = `\nimport 'b'\n`", []],
    [`const a = /['"\`]/.test(b)\nimport 'c'`, ['static c']],
    [`const a = b.replace(/\\/\\/'/g, '')\nimport 'c'`, ['static c']],
    [`const a = b / c; const d = '/'\nimport 'e'`, ['static e']],
    [`const a = Array.from('b')`, []],
    [`const url = 'http://a'\nimport 'b'`, ['static b']],
    [`import.meta.resolve('a')`, []],
    [`const a = { import: 'b' }`, []],
  ])('%j', (source, expected) => {
    expect(read(source)).toEqual(expected)
  })
})
