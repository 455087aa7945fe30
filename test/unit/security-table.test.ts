/** The threat table of SECURITY.md and the attack tests: each names the other. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const table = readFileSync(`${root}/SECURITY.md`, 'utf8')
const rows = table.split('\n').filter((line) => line.startsWith('| ') && !/^\| (Threat|---) /.test(line))

it('has a test in every row, and each of them exists', () => {
  expect(rows.length).toBeGreaterThan(20)
  for (const row of rows) {
    const linked = [...row.matchAll(/\]\((test\/[^)]+)\)/g)].map(([, path = '']) => path)
    expect(linked.length, row).toBeGreaterThan(0)
    for (const path of linked) {
      expect(path).toMatch(/\.test\.ts$/)
      expect(existsSync(`${root}/${path}`), path).toBe(true)
    }
  }
})

it('has a row for every attack test', () => {
  const attacks = readdirSync(`${root}/test/attack`).filter((name) => name.endsWith('.test.ts'))
  expect(attacks.length).toBeGreaterThan(10)
  expect(attacks.filter((name) => !table.includes(`](test/attack/${name})`))).toEqual([])
})
