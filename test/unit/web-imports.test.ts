/** The pages for the browser stand on portable parts and the memory store only, and load nothing from elsewhere. */
import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importLines } from '../support/import-lines.ts'
import { sourceFiles } from '../support/source-files.ts'

const NODE_PARTS = /^src\/((adapters|oidc|server|cli)\/|stores\/(?!memory\/))/
const PACKAGES = /^(preact(\/hooks)?|@preact\/signals)$/
/** Data that is shown: what tests and benchmarks have written. */
const RESULTS = /^(test|bench)\/results\/[\w.-]+\.json$/

const files = sourceFiles('web/**/*.{ts,tsx}')
const known = new Set(
  sourceFiles('{web,src,test/results,bench/results}/**/*.{ts,tsx,css,json}').map(({ path }) => path),
)

/** What is wrong with one import, or null. */
function fault(path: string, specifier: string): string | null {
  const say = (what: string) => `${path} imports ${specifier}: ${what}`
  if (!specifier.startsWith('.')) return PACKAGES.test(specifier) ? null : say('the pages know no such package')
  const to = posix.join(posix.dirname(path), specifier)
  if (!known.has(to)) return say('there is no such file')
  if (RESULTS.test(to)) return null
  if (!/^(web|src)\//.test(to)) return say('it leaves web and src')
  return NODE_PARTS.test(to) ? say('it runs on Node only') : null
}

describe('the pages', () => {
  it('import only what runs in a browser', () => {
    expect(files.length).toBeGreaterThan(10)
    const faults = files.flatMap(({ path, text }) => importLines(text).map(({ specifier }) => fault(path, specifier)))
    expect(faults.filter((found) => found !== null)).toEqual([])
  })

  it('never fetch, and never write markup', () => {
    const doors =
      /\b(fetch|XMLHttpRequest|EventSource|WebSocket|sendBeacon)\s*\(|\.(innerHTML|outerHTML)\s*=|dangerouslySetInnerHTML/
    // The documents fetch their own index, and keep themselves.
    const allowed = /^web\/(?:docs\/(?:docs|sw)\.ts$|lab\/(?:sw\.ts|live\/|screens\/proof|proof\/))/
    expect(files.filter(({ path, text }) => doors.test(text) && !allowed.test(path)).map(({ path }) => path)).toEqual(
      [],
    )
  })

  it.each([
    ['../../../src/server/server.ts', 'runs on Node only'],
    ['../../../src/stores/redis/index.ts', 'runs on Node only'],
    ['node:fs', 'no such package'],
    ['uplot', 'no such package'],
    ['./nowhere.ts', 'no such file'],
  ])('are refused %s', (specifier, reason) => {
    expect(fault('web/lab/engine/pace.ts', specifier)).toContain(reason)
  })
})
