/** "Will it be sent?": a cookie of each kind, against each kind of request. */

import { COLUMN_TEXT, COLUMNS, exchangeOf, LINES, matrix, ROW_TEXT } from '../../jar/matrix.ts'
import type { Place } from '../../jar/place.ts'
import type { JarSettings } from '../../jar/settings.ts'
import { snippetOf } from '../../jar/snippet.ts'
import type { Lab } from '../../shell/screen.ts'
import type { SettingsOf } from '../../shell/settings.ts'
import { Button, Check, Choice, Select } from '../../ui/controls.tsx'
import { Panel, Verdict } from '../../ui/parts.tsx'
import { Grid } from './grid.tsx'
import { PAGES, pageAt, pageText, type SHAPE } from './situation.ts'

export interface MatrixProps {
  readonly settings: SettingsOf<typeof SHAPE>
  readonly change: (some: Partial<SettingsOf<typeof SHAPE>>) => void
  readonly url: Place
  readonly jarSettings: JarSettings
  readonly lab: Lab
}

const OLD_MS = 121_000

export function Matrix({ settings, change, url, jarSettings, lab }: MatrixProps) {
  const { page, row, column, old, third } = settings
  const request = { ...url, path: '/' }
  const ageMs = old ? OLD_MS : 60_000
  const question = { page: pageAt(page, url), url: request, ageMs, settings: jarSettings }
  const answers = matrix(question)
  const chosen = answers[row][column]
  const copy = (): void => {
    const home: Place = { ...request, scheme: 'https' }
    const snippet = snippetOf({
      lines: COLUMNS.map((name) => LINES[name]),
      setBy: { url: home, kind: 'typed', page: home },
      request: exchangeOf(row, question),
      ageMs,
      settings: jarSettings,
    })
    void lab.copy(snippet, 'The test')
  }
  return (
    <Panel title="Will it be sent?" tools={<Button onPress={copy}>Copy as test</Button>}>
      <div class="columns">
        <Select
          label="The page that asks"
          value={page}
          options={PAGES.map((name) => [name, pageText(name, url)] as const)}
          onChange={(next) => change({ page: next })}
        />
        <Choice
          label="Age of the cookies"
          value={old ? 'old' : 'young'}
          options={[
            ['young', 'under 2 minutes'],
            ['old', 'over 2 minutes'],
          ]}
          onChange={(next) => change({ old: next === 'old' })}
        />
        <Check
          label="Third-party cookies allowed"
          checked={third}
          onChange={(next) => change({ third: next })}
          hint="Chromium blocks them in many profiles; test both."
        />
      </div>
      <p>
        Request to <code>{`${url.scheme}://${url.host}/`}</code>. Every cookie is Secure, Path=/, and was set on a page
        of that host.
      </p>
      <Grid answers={answers} row={row} column={column} onMove={(r, c) => change({ row: r, column: c })} />
      <Verdict tone={chosen.sent ? 'good' : 'plain'} title={`${COLUMN_TEXT[column]}, ${ROW_TEXT[row]}`}>
        {chosen.why}
      </Verdict>
    </Panel>
  )
}
