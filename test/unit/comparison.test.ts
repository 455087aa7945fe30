/** docs/comparison.md is what the cards and the result files say, and cannot be made without them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { comparisonPage } from '../../scripts/comparison/page.ts'
import { QUESTIONS } from '../../scripts/comparison/questions.ts'
import { LINES } from '../../web/lab/claims/lines.ts'
import { NUMBERS } from '../../web/lab/claims/numbers.ts'
import { root } from '../support/source-files.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const FILES = [...new Set(Object.values(NUMBERS).map(({ source }) => source))]

describe('docs/comparison.md', () => {
  const page = read('docs/comparison.md')

  it('is as it would be written now (npm run comparison)', () => {
    expect(comparisonPage(read)).toBe(page)
  })

  it('has every line, and answers eight questions', () => {
    for (const [id, line] of Object.entries(LINES)) expect(page).toContain(`| ${id} | ${line} | **`)
    expect(QUESTIONS).toHaveLength(8)
    for (const { question } of QUESTIONS) expect(page).toContain(`### ${question}\n`)
  })

  it.each(QUESTIONS)('“$question” has two to four sentences, and no number of its own', ({ answer }) => {
    const sentences = answer.match(/[.!?](?= |$)/g) ?? []
    expect(sentences.length).toBeGreaterThanOrEqual(2)
    expect(sentences.length).toBeLessThanOrEqual(4)
    expect(answer).not.toMatch(/\d/)
  })

  it.each(FILES)('cannot be made without %s', (missing) => {
    const without = (path: string): string => {
      if (path === missing) throw new Error(`ENOENT: ${path}`)
      return read(path)
    }
    expect(() => comparisonPage(without)).toThrow(missing)
  })

  it('cannot be made when a result file has lost a number, or has another one', () => {
    const changed = (path: string, change: (text: string) => string) => (wanted: string) =>
      wanted === path ? change(read(wanted)) : read(wanted)
    const lost = changed('test/results/claims.json', (text) => text.replace('"phoneCookies"', '"other"'))
    expect(() => comparisonPage(lost)).toThrow('no result file has: phoneCookies')
    const other = changed('bench/results/size.json', (text) => text.replaceAll(/"median": ?69\b/g, '"median": 68'))
    expect(() => comparisonPage(other)).toThrow('cookieHeaderBytes is not what bench/results/size.json has')
  })
})
