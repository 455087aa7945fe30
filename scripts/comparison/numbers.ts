/** The numbers of the cards, taken from the result files. */
import { CARDS } from '../../web/lab/claims/cards.ts'
import type { NumberName, ShownNumber } from '../../web/lab/claims/numbers.ts'

/** The text of a file of the repository. @throws when it is not there */
export type ReadFile = (path: string) => string

interface Row {
  readonly case: string
  readonly subject: string
  readonly metric: string
  readonly median: number
}

/** Of the benchmarks, as the decision model has them. */
const BENCHED: Readonly<Record<string, string>> = {
  cookieHeaderBytes: 'the header line of the session cookie',
  sessionRowBytes: 'of a session in the file',
  revocationBytes: 'of a live revocation in a verifier’s memory',
}

/** @throws Error for a number of a card that no result file has */
export function numbersOf(read: ReadFile): Readonly<Record<NumberName, ShownNumber>> {
  const used = new Set<string>(Object.values(CARDS).map(({ number }) => number))
  const found = new Map([...counted(read), ...benched(read), ...modelled(read), ...inBrowser(read)])
  const missing = [...used].filter((name) => !found.has(name))
  if (missing.length > 0) throw new Error(`no result file has: ${missing.join(', ')}`)
  return Object.fromEntries([...found].filter(([name]) => used.has(name))) as Record<NumberName, ShownNumber>
}

type Entry = readonly [name: string, number: ShownNumber]

/** Counts, the same each time: a test makes them anew. */
function counted(read: ReadFile): readonly Entry[] {
  const source = 'test/results/claims.json'
  const { results } = JSON.parse(read(source)) as { results: Record<string, Omit<ShownNumber, 'source' | 'date'>> }
  return Object.entries(results).map(([name, result]) => [name, { ...result, source, date: null }])
}

function benched(read: ReadFile): readonly Entry[] {
  const measured = JSON.parse(read('web/lab/decide/measured.json')) as Record<string, Omit<ShownNumber, 'how'>>
  return Object.entries(BENCHED).map(([name, how]) => {
    const number = measured[name]
    const [, source = '', of, subject, metric] = /^(\S+): (.*); (.*); (.*)$/.exec(number?.source ?? '') ?? []
    const { rows } = JSON.parse(read(source)) as { rows: readonly Row[] }
    const row = rows.find((one) => one.case === of && one.subject === subject && one.metric === metric)
    if (!number || !row || Number(row.median.toPrecision(3)) !== number.value) {
      throw new Error(`${name} is not what ${source} has`)
    }
    return [name, { ...number, how, source }]
  })
}

function modelled(read: ReadFile): readonly Entry[] {
  const source = 'model/results.json'
  const { results } = JSON.parse(read(source)) as { results: readonly { outcome: string }[] }
  const value = results.filter(({ outcome }) => outcome !== 'holds').length
  const how = 'found by the model checker, each in a model with a rule of the protocol taken out'
  return [['counterExamples', { value, unit: 'counter-examples', how, source, date: null }]]
}

/** Measured in real Chromium, by the tests of other screens. */
function inBrowser(read: ReadFile): readonly Entry[] {
  const jar = JSON.parse(read('test/results/jar.json'))
  const egress = JSON.parse(read('test/results/lab-egress.json'))
  return [
    [
      'jarCases',
      {
        value: jar.cases,
        unit: 'cases',
        how: `of cookies in which the rules of the Cookies screen and ${jar.browser} agree; ${jar.differences} in which they differ`,
        source: 'test/results/jar.json',
        date: jar.date,
      },
    ],
    [
      'channelsOpen',
      {
        value: egress.arrived.asServed,
        unit: 'channels',
        how: `of ${egress.channels.length} out of the page by which anything arrived; ${egress.arrived.nothing} without its headers and its guard (${egress.browser})`,
        source: 'test/results/lab-egress.json',
        date: egress.date,
      },
    ],
  ]
}
