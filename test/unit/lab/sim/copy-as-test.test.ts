/** What *Copy as test* gives really runs: `copied.test.ts` is such a file, with the paths of this repository. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { asTest, asTests } from '../../../../web/lab/screens/compare/copy-as-test.ts'
import { SCENARIOS } from '../../../../web/lab/sim/scenarios.ts'

const file = new URL('copied.test.ts', import.meta.url)
const PATHS: Readonly<Record<string, string>> = {
  sojourn: 'index',
  'sojourn/stores/memory': 'stores/memory/index',
  'sojourn/testing': 'testing/index',
  'sojourn/verifier': 'verifier/index',
}
const here = (text: string): string =>
  text.replace(/from '(sojourn[^']*)'/g, (_, name: string) => `from '../../../../src/${PATHS[name]}.ts'`)

describe('copy as test', () => {
  it('the copied file is current (WRITE_RESULTS=1 writes it)', () => {
    const now = `// biome-ignore-all format: as it is copied\n// biome-ignore-all assist: as it is copied\n${here(asTests(SCENARIOS))}`
    if (process.env.WRITE_RESULTS === '1') writeFileSync(file, now)
    expect(readFileSync(file, 'utf8')).toBe(now)
  })

  it.each(SCENARIOS)('%s: one test, and no import that it does not use', (scenario) => {
    const text = asTest({ scenario, instances: 4, tokenMinutes: 10 })
    expect(text.match(/^it\(/gm)).toHaveLength(1)
    expect(text).not.toMatch(/COUNT|MINUTES/)
    for (const [, names = ''] of text.matchAll(/^import \{ (.+) \}/gm)) {
      for (const name of names.split(', '))
        expect(text.split(new RegExp(`\\b${name}\\b`)).length, name).toBeGreaterThan(2)
    }
  })
})
