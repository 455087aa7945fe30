/** No card without a number from a result file, a test that exists, and a document that exists; no line without a card. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { VERDICTS } from '../../../../web/lab/claims/card.ts'
import { CARDS } from '../../../../web/lab/claims/cards.ts'
import { LINE_IDS } from '../../../../web/lab/claims/lines.ts'
import { root } from '../../../support/source-files.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const NUMBERS = 'web/lab/claims/numbers.json'

/** Of the benchmarks, as the decision model has them. */
const BENCHED = {
  cookieHeaderBytes: 'the header line of the session cookie',
  sessionRowBytes: 'of a session in the file',
  revocationBytes: 'of a live revocation in a verifier’s memory',
}

/** Measured in real Chromium, by the tests of other screens. */
function inBrowser(): Readonly<Record<string, object>> {
  const jar = JSON.parse(read('test/results/jar.json'))
  const egress = JSON.parse(read('test/results/lab-egress.json'))
  return {
    jarCases: {
      value: jar.cases,
      unit: 'cases',
      how: `of cookies in which the rules of the Cookies screen and ${jar.browser} agree; ${jar.differences} in which they differ`,
      source: 'test/results/jar.json',
      date: jar.date,
    },
    channelsOpen: {
      value: egress.arrived.asServed,
      unit: 'channels',
      how: `of ${egress.channels.length} out of the page by which anything arrived; ${egress.arrived.nothing} without its headers and its guard (${egress.browser})`,
      source: 'test/results/lab-egress.json',
      date: egress.date,
    },
  }
}

function extract(): object {
  const { results } = JSON.parse(read('test/results/claims.json')) as { results: Record<string, object> }
  const counted = Object.entries(results).map(([name, result]) => [
    name,
    { ...result, source: 'test/results/claims.json', date: null },
  ])
  const measured = JSON.parse(read('web/lab/decide/measured.json')) as Record<string, { source: string }>
  const benched = Object.entries(BENCHED).map(([name, how]) => {
    const { source = '', ...rest } = measured[name] ?? {}
    return [name, { ...rest, how, source: source.split(':')[0] }]
  })
  const { results: models } = JSON.parse(read('model/results.json')) as { results: { outcome: string }[] }
  const others = {
    counterExamples: {
      value: models.filter(({ outcome }) => outcome !== 'holds').length,
      unit: 'counter-examples',
      how: 'found by the model checker, each in a model with a rule of the protocol taken out',
      source: 'model/results.json',
      date: null,
    },
    ...inBrowser(),
  }
  const used = new Set<string>(Object.values(CARDS).map(({ number }) => number))
  return Object.fromEntries(
    [...counted, ...benched, ...Object.entries(others)].filter(([name]) => used.has(name as string)),
  )
}

describe('the numbers', () => {
  it('are those of the result files', () => {
    const text = `${JSON.stringify(extract(), null, 2)}\n`
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
