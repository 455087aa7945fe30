/** docs/comparison.md: what is said of session cookies and tokens, line by line, with what Sojourn measures. */
import type { Card } from '../../web/lab/claims/card.ts'
import { CARDS } from '../../web/lab/claims/cards.ts'
import { LINE_IDS, LINES, type LineId } from '../../web/lab/claims/lines.ts'
import type { NumberName, ShownNumber } from '../../web/lab/claims/numbers.ts'
import { SCREENS } from '../../web/lab/shell/screens.ts'
import { numbersOf, type ReadFile } from './numbers.ts'
import { QUESTIONS } from './questions.ts'

/** Of the server that `npm start` starts; the site of the documents leads to its own Lab. */
const LAB = 'http://localhost:4000/lab/'

const GROUPS: readonly (readonly [title: string, prefix: string])[] = [
  ['What speaks for tokens', 'J+'],
  ['What speaks against tokens', 'J-'],
  ['What speaks for session cookies', 'C+'],
  ['What speaks against session cookies', 'C-'],
  ['Both of them', 'I-'],
  ['Which to choose', 'V-'],
  ['The tool', 'T-'],
]

type Numbers = Readonly<Record<NumberName, ShownNumber>>

/** @throws Error when a number has no result file, or the file does not have it */
export function comparisonPage(read: ReadFile): string {
  const numbers = numbersOf(read)
  const parts = GROUPS.map(([title, prefix]) => {
    const rows = LINE_IDS.filter((id) => id.startsWith(prefix)).map((id) => lineOf(id, numbers, read))
    return `### ${title}\n\n| | What is said | With Sojourn | Measured | See |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}`
  })
  return `# Sessions and tokens compared

Session cookies and tokens are compared in the same sentences everywhere. Here is each of them, whether it still holds with Sojourn, and one number.
Written by \`npm run comparison\` from the cards of the [Lab](guides/lab.md) (screen *Claims*) and from result files: no number is typed in, and without its
file the page cannot be made. A number without machine and date is a count that a test makes anew each time, the same on every machine. Links into the Lab go to
the server that \`npm start\` starts.

## Side by side

${parts.join('\n\n')}

## Frequently asked questions

${QUESTIONS.map((one) => `### ${one.question}\n\n${filled(one.answer, numbers)}\n\n${cardOf(one.card, numbers, read)}`).join('\n\n')}
`
}

function lineOf(id: LineId, numbers: Numbers, read: ReadFile): string {
  const { verdict, why, number, document }: Card = CARDS[id]
  const more = `${labLink(id)}, [${document.replace(/^docs\//, '')}](${relative(document)})`
  return `| ${id} | ${LINES[id]} | **${verdict}**. ${why} | ${measured(numbers[number], read)} | ${more} |`
}

function cardOf(id: LineId, numbers: Numbers, read: ReadFile): string {
  const { verdict, number, test }: Card = CARDS[id]
  return `Card ${id}, “${LINES[id]}”: **${verdict}**. ${measured(numbers[number], read)}. See it: ${labLink(id)}. Tested: [${test[1]}](${relative(test[0])}).`
}

function labLink(id: LineId): string {
  const { screen, settings }: Card = CARDS[id]
  const title = SCREENS.find(({ name }) => name === screen)?.title
  if (title === undefined) throw new Error(`there is no screen ${screen}`)
  return `[${title}](${LAB}${screen}${settings ? `#${settings}` : ''})`
}

function measured({ value, unit, how, source }: ShownNumber, read: ReadFile): string {
  const name = source.slice(source.lastIndexOf('/') + 1)
  return `**${shown(value)} ${unit}**: ${how} ([${name}](${relative(source)})${circumstances(JSON.parse(read(source)))})`
}

interface ResultFile {
  readonly machine?: { readonly cpu: string; readonly node: string }
  readonly browser?: string
  readonly spin?: string
  readonly date?: string
  readonly commit?: string
}

/** What the file says of how it came about. */
function circumstances({ machine, browser, spin, date, commit }: ResultFile): string {
  const known = [
    machine && `${machine.cpu}, Node ${machine.node}`,
    browser,
    spin && `SPIN ${spin}`,
    date?.slice(0, 10),
    commit && `commit ${commit}`,
  ]
  return known.flatMap((one) => (one ? [`, ${one}`] : [])).join('')
}

function filled(answer: string, numbers: Numbers): string {
  const all: Readonly<Record<string, ShownNumber>> = numbers
  return answer.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const number = all[name]
    if (!number) throw new Error(`no result file has ${name}`)
    return `${shown(number.value)} ${number.unit}`
  })
}

const shown = (value: number): string => value.toLocaleString('en')
const relative = (path: string): string => (path.startsWith('docs/') ? path.slice('docs/'.length) : `../${path}`)
