/** Cookies: what a browser makes of Set-Cookie lines, and which of them a request carries. */
import './cookies.css'
import { useEffect, useMemo, useState } from 'preact/hooks'
import result from '../../../test/results/jar.json' with { type: 'json' }
import { readPlace } from '../jar/address.ts'
import { audit, LINES_LIMIT, linesOf } from '../jar/audit.ts'
import { toBytes } from '../jar/bytes.ts'
import { DAY_MS } from '../jar/expiry.ts'
import type { Place } from '../jar/place.ts'
import { parseSetCookie } from '../jar/set-cookie.ts'
import { lineOf, SHAPES_LIMIT, shapeOf } from '../jar/shape.ts'
import type { ScreenProps } from '../shell/screen.ts'
import { useSettings } from '../shell/use-settings.ts'
import { Button, Range, Select, TextField } from '../ui/controls.tsx'
import { Note, Panel } from '../ui/parts.tsx'
import { Arrival } from './cookies/arrival.tsx'
import { Compare } from './cookies/compare.tsx'
import { AuditedLines } from './cookies/lines.tsx'
import { Matrix } from './cookies/matrix.tsx'
import { arrival, SAMPLE, SHAPE, WAY_TEXT, WAYS } from './cookies/situation.ts'

const START = 'https://app-one.test/account'
const FALLBACK: Place = { scheme: 'https', host: 'app-one.test', site: 'app-one.test', path: '/account' }
const TWO_MINUTES_MS = 120_000

export default function Cookies({ lab }: ScreenProps) {
  const [settings, change] = useSettings(lab, SHAPE)
  const [address, setAddress] = useState(START)
  const [site, setSite] = useState('')
  const [text, setText] = useState(
    () =>
      lab.hand.take('cookie') ?? settings.cookies.map((shape, index) => lineOf(shape, index, FALLBACK.host)).join('\n'),
  )
  const [nowMs] = useState(() => Date.now())
  const wiped = lab.hand.wiped.value
  useEffect(() => {
    if (wiped === 0) return
    setText('')
    setAddress(START)
    setSite('')
  }, [wiped])

  const typed = readPlace(address, site)
  const url = typed ?? FALLBACK
  const jarSettings = useMemo(
    () => ({ thirdPartyCookies: settings.third, laxPostMs: TWO_MINUTES_MS }),
    [settings.third],
  )
  const setBy = arrival(settings.way, url)
  const audited = audit(text, setBy, nowMs, jarSettings)
  const write = (next: string): void => {
    setText(next)
    const shapes = linesOf(next)
      .slice(0, SHAPES_LIMIT)
      .flatMap((line) => {
        const parsed = parseSetCookie(toBytes(line))
        return 'rejected' in parsed ? [] : [shapeOf(parsed)]
      })
    change({ cookies: shapes })
  }
  const laterMs = settings.days * DAY_MS + (settings.old ? TWO_MINUTES_MS + 1000 : 0)

  return (
    <>
      <h1>Cookies</h1>
      <p class="lead">
        A model of Chromium's cookie jar decides here. It was compared with {result.browser}:{' '}
        {result.cases.toLocaleString('en')} made-up lines, {result.comparisons.toLocaleString('en')} comparisons,{' '}
        {result.differences} differences (seed {result.seed}, third-party cookies on and off, {result.date}).
      </p>
      <Panel
        title="Set-Cookie lines"
        tools={
          <>
            <Button onPress={() => write(SAMPLE)}>Use a sample</Button>
            <Button onPress={() => write('')} disabled={text === ''}>
              Clear
            </Button>
          </>
        }
      >
        <TextField
          label="One line for each cookie, with or without Set-Cookie:"
          lines={5}
          value={text}
          onChange={write}
          isMain
          hint="Stays in memory. A link to this screen holds attributes and lengths, no names and no values."
        />
        <div class="columns">
          <TextField
            label="Address that sets them"
            value={address}
            onChange={setAddress}
            error={typed === null ? 'This is no http or https address; app-one.test is used instead.' : null}
          />
          <TextField
            label="Its registrable domain"
            value={site}
            onChange={setSite}
            placeholder={url.site ?? 'none'}
            hint="Empty: the last two labels. There is no list of public suffixes in here."
          />
          <Select
            label="How they arrive"
            value={settings.way}
            options={WAYS.map((way) => [way, WAY_TEXT[way]] as const)}
            onChange={(way) => change({ way })}
          />
          <Range
            label="Virtual clock"
            min={0}
            max={410}
            value={settings.days}
            shown={settings.days === 0 ? 'the moment they are set' : `${settings.days} days later`}
            onChange={(days) => change({ days })}
          />
        </div>
        {linesOf(text).length > LINES_LIMIT ? (
          <Note tone="warn">Only the first {LINES_LIMIT} lines are looked at.</Note>
        ) : null}
        {audited.lines.length === 0 ? (
          <Note>Paste a line, or use the sample: every refusal comes with its reason and a line that would do.</Note>
        ) : (
          <AuditedLines lines={audited.lines} laterMs={laterMs} nowMs={nowMs} lab={lab} />
        )}
      </Panel>
      <Matrix settings={settings} change={change} url={url} jarSettings={jarSettings} lab={lab} />
      <Arrival
        audited={audited}
        settings={settings}
        url={url}
        setBy={setBy}
        lines={linesOf(text)}
        nowMs={nowMs}
        laterMs={laterMs}
        jarSettings={jarSettings}
        lab={lab}
      />
      <Compare lines={audited.lines} />
    </>
  )
}
