/** The configuration, as text to copy. */
import { useState } from 'preact/hooks'
import { configurationOf } from '../../decide/configuration.ts'
import { costOf } from '../../decide/costs.ts'
import type { Decision } from '../../decide/decide.ts'
import { renderEnv, renderNginx, renderSetCookie, renderTypeScript, type TextFile } from '../../decide/render.ts'
import { NOTES } from '../../decide/words.ts'
import type { Lab } from '../../shell/screen.ts'
import { Button, Choice } from '../../ui/controls.tsx'
import { Code, Note, Panel } from '../../ui/parts.tsx'

export function ConfigurationPanel({ decision, lab }: { readonly decision: Decision; readonly lab: Lab }) {
  const [wanted, setWanted] = useState('auth.ts')
  if (decision.conflicts.length > 0) {
    return (
      <Panel title="Configuration">
        <Note>There is one as soon as the conflict is solved.</Note>
      </Panel>
    )
  }
  const configuration = configurationOf(decision)
  const widest = Math.max(
    ...decision.legs.map(({ chosen }) => (chosen === null ? 0 : costOf(chosen, decision.facts).bytes)),
  )
  const cookie = renderSetCookie(configuration)
  const files: readonly TextFile[] = [
    ...renderTypeScript(configuration),
    ...(cookie === null ? [] : [{ name: 'Set-Cookie', text: cookie }]),
    { name: 'nginx', text: renderNginx(configuration, widest) },
    { name: 'env', text: renderEnv(configuration) },
  ]
  const shown = files.find(({ name }) => name === wanted) ?? files[0]
  if (!shown) return null
  return (
    <Panel
      title="Configuration"
      tools={<Button onPress={() => void lab.copy(shown.text, shown.name)}>Copy {shown.name}</Button>}
    >
      <Choice
        label="Shown"
        value={shown.name}
        options={files.map(({ name }) => [name, name] as const)}
        onChange={setWanted}
      />
      <Code label={shown.name}>{shown.text}</Code>
      {configuration.notes.map((note) => (
        <Note key={note} tone={note === 'no-binding' || note === 'no-sealed-cookies' ? 'warn' : 'plain'}>
          {NOTES[note]}
        </Note>
      ))}
    </Panel>
  )
}
