/** "Why did my cookie not arrive?": one cookie of the user, against every kind of request. */
import { useState } from 'preact/hooks'
import { parseCookie } from '../../../../src/http/cookie.ts'
import type { Audit } from '../../jar/audit.ts'
import { toBytes, toText } from '../../jar/bytes.ts'
import type { Exchange } from '../../jar/exchange.ts'
import { answer, exchangeOf, ROW_TEXT, ROWS } from '../../jar/matrix.ts'
import type { Place } from '../../jar/place.ts'
import type { JarSettings } from '../../jar/settings.ts'
import { snippetOf } from '../../jar/snippet.ts'
import { pairOf } from '../../jar/stored-cookie.ts'
import type { Lab } from '../../shell/screen.ts'
import type { SettingsOf } from '../../shell/settings.ts'
import { Button, Select } from '../../ui/controls.tsx'
import { Badge, Note, Panel, Table } from '../../ui/parts.tsx'
import { pageAt, pageText, type SHAPE } from './situation.ts'

export interface ArrivalProps {
  readonly audited: Audit
  readonly settings: SettingsOf<typeof SHAPE>
  readonly url: Place
  readonly setBy: Exchange
  readonly lines: readonly string[]
  readonly nowMs: number
  readonly laterMs: number
  readonly jarSettings: JarSettings
  readonly lab: Lab
}

export function Arrival(props: ArrivalProps) {
  const { audited, settings, url, setBy, lines, nowMs, laterMs, jarSettings, lab } = props
  const [chosen, choose] = useState('0')
  const stored = audited.lines.flatMap(({ facts }, index) => (facts ? [{ index, cookie: facts.cookie }] : []))
  const picked = stored.find(({ index }) => String(index) === chosen) ?? stored[0]
  if (!picked) {
    return (
      <Panel title="Why did my cookie not arrive?">
        <Note>Paste a Set-Cookie line above that is stored: a cookie that was refused never arrives anywhere.</Note>
      </Panel>
    )
  }
  const { cookie } = picked
  const question = { page: pageAt(settings.page, url), url, ageMs: laterMs, settings: jarSettings }
  const judged = ROWS.map((row) => {
    const verdict = audited.jar
      .judge(exchangeOf(row, question), nowMs + laterMs)
      .find(({ cookie: each }) => each.createdAs === cookie.createdAs)
    const said = verdict
      ? answer(verdict, row, question)
      : { sent: false, why: 'replaced, removed or evicted by a later line' }
    return [row, said] as const
  })
  const copy = (): void => {
    const request = exchangeOf(settings.row, question)
    void lab.copy(
      snippetOf({ lines: lines.map(toBytes), setBy, request, ageMs: laterMs, settings: jarSettings }),
      'The test',
    )
  }
  const [read] = parseCookie(pairOf(cookie).slice(0, 8192))
  return (
    <Panel title="Why did my cookie not arrive?" tools={<Button onPress={copy}>Copy as test</Button>}>
      <Select
        label="Cookie"
        value={String(picked.index)}
        options={stored.map(
          (each) => [String(each.index), `line ${each.index + 1}: ${label(each.cookie.name)}`] as const,
        )}
        onChange={choose}
      />
      <div class="arrival">
        <Table
          caption={`Request to ${url.scheme}://${url.host}${url.path}, from ${pageText(settings.page, url)}`}
          head={['Request', 'Cookie', 'Why']}
          rows={judged.map(([row, { sent, why }]) => [
            ROW_TEXT[row],
            sent ? <Badge tone="good">sent</Badge> : <Badge tone="bad">withheld</Badge>,
            why,
          ])}
        />
      </div>
      <Note>
        When it arrives, this product's own reader takes it as {label(read?.[0] ?? '')} with a value of{' '}
        {read?.[1].length ?? 0} bytes.
      </Note>
    </Panel>
  )
}

const label = (name: string): string => (name === '' ? 'a cookie without a name' : toText(name))
