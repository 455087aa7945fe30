/** Two lines, side by side. */
import { useState } from 'preact/hooks'
import type { AuditedLine } from '../../jar/audit.ts'
import { toText } from '../../jar/bytes.ts'
import { Select } from '../../ui/controls.tsx'
import { Note, Panel, Table } from '../../ui/parts.tsx'
import { factRows } from './facts.ts'

export function Compare({ lines }: { readonly lines: readonly AuditedLine[] }) {
  const [left, setLeft] = useState('0')
  const [right, setRight] = useState('1')
  const [a, b] = [lines[Number(left)] ?? lines[0], lines[Number(right)] ?? lines[1]]
  if (!a || !b) {
    return (
      <Panel title="Compare two cookies">
        <Note>Two lines are needed.</Note>
      </Panel>
    )
  }
  const options = lines.map((line, index) => [String(index), `line ${index + 1}: ${nameOf(line)}`] as const)
  const [first, second] = [describe(a), describe(b)]
  const terms = [...new Set([...first.keys(), ...second.keys()])]
  const rows = terms.map((term) => [term, first.get(term) ?? '–', second.get(term) ?? '–'] as const)
  const differing = rows.filter(([, one, other]) => one !== other).length
  return (
    <Panel title="Compare two cookies">
      <div class="columns">
        <Select label="One" value={left} options={options} onChange={setLeft} />
        <Select label="The other" value={right} options={options} onChange={setRight} />
      </div>
      <Table
        caption={`${differing} of ${rows.length} points differ`}
        head={['Point', nameOf(a), nameOf(b)]}
        rows={rows.map(([term, one, other]) => [one === other ? term : <b key={term}>{term}</b>, one, other])}
      />
    </Panel>
  )
}

const nameOf = ({ verdict, text }: AuditedLine): string =>
  toText(verdict.line?.name ?? '') || (/^[^=;]*/.exec(text)?.[0] ?? '').slice(0, 24) || 'without a name'

function describe({ verdict, facts, why }: AuditedLine): ReadonlyMap<string, string> {
  const { line } = verdict
  const yes = (is: boolean | undefined): string => (is ? 'yes' : 'no')
  return new Map([
    ['Verdict', verdict.stored ? 'stored' : why.join('; ') || 'expired at once'],
    ...(line
      ? ([
          ['Secure', yes(line.secure)],
          ['HttpOnly', yes(line.httpOnly)],
          ['SameSite', line.sameSite],
          ['Partitioned', yes(line.partitioned)],
        ] as const)
      : []),
    ...(facts ? factRows(facts, facts.cookie.createdMs, 0) : []),
  ])
}
