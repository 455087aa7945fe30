/** No card without a number from a result file, a test that exists, and a document that exists; no line without a card. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { numbersOf } from '../../../../scripts/comparison/numbers.ts'
import { VERDICTS } from '../../../../web/lab/claims/card.ts'
import { CARDS } from '../../../../web/lab/claims/cards.ts'
import { LINE_IDS } from '../../../../web/lab/claims/lines.ts'
import { root } from '../../../support/source-files.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const NUMBERS = 'web/lab/claims/numbers.json'

describe('the numbers', () => {
  it('are those of the result files', () => {
    const text = `${JSON.stringify(numbersOf(read), null, 2)}\n`
    if (process.env.WRITE_RESULTS === '1') writeFileSync(join(root, NUMBERS), text)
    expect(JSON.parse(read(NUMBERS))).toEqual(JSON.parse(text))
  })

  it('have a result file, a unit and words', () => {
    const numbers = JSON.parse(read(NUMBERS)) as Record<
      string,
      { value: unknown; unit: string; how: string; source: string }
    >
    for (const [name, { value, unit, how, source }] of Object.entries(numbers)) {
      expect(Number.isFinite(value), name).toBe(true)
      expect(unit.length, name).toBeGreaterThan(0)
      expect(how.length, name).toBeGreaterThan(10)
      expect(source, name).toMatch(/^(bench\/results|test\/results|model)\/[a-z-]+\.json$/)
      expect(existsSync(join(root, source)), name).toBe(true)
    }
  })
})

describe('the cards', () => {
  it('are one for each line, with every verdict among them', () => {
    expect(Object.keys(CARDS)).toEqual(LINE_IDS)
    expect([...new Set(Object.values(CARDS).map(({ verdict }) => verdict))].sort()).toEqual([...VERDICTS].sort())
  })

  it.each(Object.entries(CARDS))(
    '%s has a number, a test and a document',
    (_id, { number, test: [file, title], document, why }) => {
      expect(Object.keys(JSON.parse(read(NUMBERS)))).toContain(number)
      expect(existsSync(join(root, file)), file).toBe(true)
      expect(read(file), `${file}: ${title}`).toContain(`'${title}'`)
      expect(existsSync(join(root, document)), document).toBe(true)
      expect(why.length).toBeGreaterThan(20)
    },
  )
})

const REFERENCE = join(root, '../shared/reference.txt')

describe.skipIf(!existsSync(REFERENCE))('the reference', () => {
  it('has as many lines of each kind as we have', () => {
    const text = readFileSync(REFERENCE, 'utf8')
    const lists = text
      .split(/^(?:Pros|Cons)$/m)
      .slice(1)
      .map((part) => part.match(/^- /gm)?.length)
    expect(lists).toEqual(['J+', 'J-', 'C+', 'C-'].map((kind) => LINE_IDS.filter((id) => id.startsWith(kind)).length))
  })
})
