/** One exercise: what is attacked and how, the two runs side by side, and what remains. */
import { useEffect, useState } from 'preact/hooks'
import type { Lesson, ServerKind } from '../../attacks/exercise.ts'
import { Button } from '../../ui/controls.tsx'
import { Code, Note, Panel, Working } from '../../ui/parts.tsx'
import { OutcomePanel } from './outcome-panel.tsx'
import type { Runs } from './use-runs.ts'

export interface WorkbenchProps {
  readonly lesson: Lesson
  readonly runs: Runs
}

export function Workbench({ lesson, runs }: WorkbenchProps) {
  const { id, title, attackerHas, naive, naiveCode, defence, remains } = lesson
  const before = runs.of(id, 'naive')
  const after = runs.of(id, 'defended')
  const [isDefended, setDefended] = useState(after !== null)
  const [isOpen, setOpen] = useState(after !== null)
  const server: ServerKind = isDefended ? 'defended' : 'naive'
  const run = async (): Promise<void> => {
    await runs.run(id, server)
    if (isDefended) setOpen(true)
  }
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return
      event.preventDefault()
      void run()
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  })
  return (
    <div class="stack">
      <Panel title={title}>
        <dl class="lesson">
          <div>
            <dt>The attacker has</dt>
            <dd>{attackerHas}.</dd>
          </div>
          <div>
            <dt>The weak server</dt>
            <dd>{naive}</dd>
          </div>
        </dl>
        <Code label="Lines of the weak server">{naiveCode}</Code>
        {isDefended ? (
          <Note tone="good">
            <b>The defence:</b> {defence}
          </Note>
        ) : null}
        <div class="row">
          <Button isMain={!isDefended || after === null} onPress={() => void run()}>
            {isDefended ? 'Run again' : 'Run exploit'}
          </Button>
          <Button pressed={isDefended} onPress={() => setDefended(!isDefended)}>
            Apply defence
          </Button>
          <span class="hint">Ctrl+Enter runs it</span>
        </div>
        {runs.done !== null && runs.done > 0 ? (
          <Working label="Guessing" done={runs.done} onCancel={runs.stop} />
        ) : null}
        {runs.problem ? <p role="alert">{runs.problem}</p> : null}
      </Panel>
      {before || after ? (
        <div class="columns">
          {before ? <OutcomePanel title="Against the weak server" outcome={before} /> : null}
          {after ? <OutcomePanel title="Against the product" outcome={after} /> : null}
        </div>
      ) : null}
      <details class="panel" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <h2>What remains</h2>
        </summary>
        <ul>
          {remains.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </details>
    </div>
  )
}
