/** docs/rfc-9700.md: every line has a test, and each of them exists. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../support/source-files.ts'

const rows = readFileSync(join(root, 'docs/rfc-9700.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| O\d+ \|/.test(line))

it('has the lines O1 to O28, in order', () => {
  expect(rows.map((row) => row.split(' ')[1])).toEqual(Array.from({ length: 28 }, (_, i) => `O${i + 1}`))
})

it.each(rows.map((row) => [row.split(' ')[1] ?? '', row] as const))('%s names tests that exist', (_line, row) => {
  const tests = [...row.matchAll(/\]\(\.\.\/(test\/[^)]+\.test\.ts)\): `([^`]+)`/g)]
  expect(tests.length).toBeGreaterThan(0)
  for (const [, path = '', name = ''] of tests) {
    const text = readFileSync(join(root, path), 'utf8')
    expect(text.includes(`'${name}`) || text.includes(`"${name}`), `${path}: ${name}`).toBe(true)
  }
})
