/** One run: the verdict by the server's book, what was done and answered, the book itself, and numbers. */
import type { Figure, Who } from '../../attacks/exercise.ts'
import type { Outcome, Step } from '../../attacks/run.ts'
import { Badge, Panel, Table, Verdict } from '../../ui/parts.tsx'
import { resultOf } from './use-runs.ts'

const NAMES: Readonly<Record<Who, string>> = { attacker: 'mallory', alice: 'alice', server: 'the server' }

export function OutcomePanel({ title, outcome }: { readonly title: string; readonly outcome: Outcome }) {
  const { steps, book, harmed, figures } = outcome
  const stolen = book.filter(({ from, to }) => to === 'mallory' && from !== to)
  const sum = stolen.reduce((all, { amount }) => all + amount, 0)
  return (
    <Panel title={title}>
      <Verdict tone={harmed ? 'bad' : 'good'} title={resultOf(outcome)}>
        {harmed
          ? `The book says: ${sum} to mallory, in ${stolen.length} of ${book.length} entries.`
          : 'Nothing in the book went to mallory.'}
      </Verdict>
      <ol class="steps">
        {steps.map((step, i) => (
          <StepLine key={i} step={step} />
        ))}
      </ol>
      <Table
        caption={outcome.server === 'naive' ? "The weak server's book" : "The product's book"}
        head={['From', 'To', 'Amount']}
        numeric={[2]}
        rows={book.map(({ from, to, amount }) => [from, to, amount])}
      />
      {figures.length > 0 ? (
        <ul class="figures">
          {figures.map((figure) => (
            <li key={figure.name}>{written(figure)}</li>
          ))}
        </ul>
      ) : null}
    </Panel>
  )
}

function StepLine({ step: { who, text, answer } }: { readonly step: Step }) {
  return (
    <li>
      <b>{NAMES[who]}</b> {text}
      {answer ? (
        <div class="answer">
          <Badge
            tone={answer.status === 200 ? (who === 'attacker' ? 'bad' : 'plain') : who === 'alice' ? 'warn' : 'good'}
          >
            {[answer.status || '', answer.code ?? ''].join(' ').trim()}
          </Badge>{' '}
          {answer.text}
        </div>
      ) : null}
    </li>
  )
}

function written({ name, value, unit }: Figure): string {
  return `${name}: ${value.toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`
}
