/** One verdict for each line. */
import type { AuditedLine } from '../../jar/audit.ts'
import type { Lab } from '../../shell/screen.ts'
import { Button } from '../../ui/controls.tsx'
import { Badge, Note } from '../../ui/parts.tsx'
import { factRows } from './facts.ts'

export interface AuditedLinesProps {
  readonly lines: readonly AuditedLine[]
  readonly nowMs: number
  readonly laterMs: number
  readonly lab: Lab
}

export function AuditedLines({ lines, ...rest }: AuditedLinesProps) {
  const stored = lines.filter(({ verdict }) => verdict.stored).length
  return (
    <>
      <p role="status">
        {stored} of {lines.length} {lines.length === 1 ? 'line' : 'lines'} stored.
      </p>
      <ol class="cookie-lines">
        {lines.map((line, index) => (
          <li key={index} class="set-cookie">
            <Line line={line} {...rest} />
          </li>
        ))}
      </ol>
    </>
  )
}

function Line({ line, nowMs, laterMs, lab }: Omit<AuditedLinesProps, 'lines'> & { readonly line: AuditedLine }) {
  const { verdict, why, suggestion, advice, dropped, facts, isGone } = line
  return (
    <>
      <p>
        {verdict.stored ? (
          <Badge tone="good">STORED</Badge>
        ) : 'removed' in verdict ? (
          <Badge tone="warn">REMOVES</Badge>
        ) : (
          <Badge tone="bad">REJECTED</Badge>
        )}{' '}
        <code>{line.text}</code>
      </p>
      {'removed' in verdict ? (
        <Note>It has already expired: it only removes an older one, if there is one.</Note>
      ) : null}
      {isGone ? <Note tone="warn">A later line replaced, removed or evicted it.</Note> : null}
      {why.map((reason) => (
        <Note key={reason} tone="bad">
          {reason}
        </Note>
      ))}
      {suggestion ? (
        <div class="row">
          <p>
            Would be stored: <code>{suggestion}</code>
          </p>
          <Button onPress={() => void lab.copy(suggestion, 'The corrected line')}>Copy</Button>
        </div>
      ) : null}
      {advice ? <Note tone="warn">Instead: {advice}.</Note> : null}
      {dropped.map((what) => (
        <Note key={what} tone="warn">
          {what}
        </Note>
      ))}
      {facts ? (
        <dl class="facts">
          {factRows(facts, nowMs, laterMs).map(([term, text]) => (
            <>
              <dt>{term}</dt>
              <dd>{text}</dd>
            </>
          ))}
        </dl>
      ) : null}
    </>
  )
}
