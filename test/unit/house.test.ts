/** The rules of the house that a machine can hold us to. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root, sourceFiles } from '../support/source-files.ts'

const source = sourceFiles('src/**/*.ts')
const written = [
  ...source,
  ...['test/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts', 'web/**/*.{ts,tsx}'].flatMap(sourceFiles),
]
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
}

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

describe('the house', () => {
  it('keeps every source file within 300 lines', () => {
    const long = source.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    expect(long.filter(({ lines }) => lines > 300)).toEqual([])
  })

  it('names folders after what is in them', () => {
    const vague = written.filter(({ path }) => /(^|\/)(utils?|helpers?|common|shared|types|lib|misc)\//.test(path))
    // `test/types` holds tests of the types.
    expect(vague.map(({ path }) => path).filter((path) => !path.startsWith('test/types/'))).toEqual([])
  })

  it('names files in kebab-case', () => {
    const odd = written
      .map(({ path }) => posix.basename(path))
      .filter((name) => !/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(name))
    expect(odd).toEqual([])
  })

  it('opens every source file with a line that says what it is for', () => {
    const silent = source.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text))
    expect(silent.map(({ path }) => path)).toEqual([])
  })

  it('leaves no reminder behind', () => {
    const marks = /\b(TODO|FIXME|HACK|XXX)\b/
    const others = written.filter(({ path }) => path !== 'test/unit/house.test.ts')
    expect(others.filter(({ text }) => marks.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('says why where it silences a checker', () => {
    const silenced = written.flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter((line) => /@ts-(ignore|nocheck)|biome-ignore(?!\S* \S+: \S+ \S+)/.test(line))
        .filter(() => path !== 'test/unit/house.test.ts')
        .map((line) => `${path}: ${line.trim()}`),
    )
    expect(silenced).toEqual([])
  })

  it('focuses and skips no test', () => {
    const marked = written.filter(
      ({ path, text }) => /\.test\.ts$/.test(path) && /\b(it|test|describe)\.(only|todo)\(/.test(text),
    )
    expect(marked.map(({ path }) => path)).toEqual([])
  })

  it('has a source file behind every subpath', () => {
    for (const [subpath, entry] of Object.entries(manifest.exports)) {
      if (typeof entry === 'string') continue
      expect(entry.types, subpath).toBe(entry.default.replace(/\.js$/, '.d.ts'))
      const file = entry.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
      expect(existsSync(`${root}/${file}`), `${subpath} -> ${file}`).toBe(true)
    }
  })

  it('locks the builds for every platform, and no download address', () => {
    const lock = readFileSync(`${root}/package-lock.json`, 'utf8')
    const { packages } = JSON.parse(lock) as { readonly packages: Readonly<Record<string, Locked>> }
    // `npm ci` refuses a lock file without them, even where they would not be installed.
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      ),
    )
    expect(missing).toEqual([])
    expect(lock).not.toMatch(/"resolved": "http/)
  })

  it('has tests only where the test runner looks', () => {
    const kinds = [
      'attack',
      'browser',
      'chaos',
      'contract',
      'fault',
      'flow',
      'portable',
      'results',
      'support',
      'types',
      'unit',
      'vectors',
    ]
    const folders = readdirSync(`${root}/test`, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.map((entry) => entry.name).filter((name) => !kinds.includes(name))).toEqual([])
  })
})
