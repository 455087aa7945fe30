/** A finished run: its sentence, its columns played back, its tables. */
import { useMemo, useRef, useState } from 'preact/hooks'
import type { Lab } from '../../shell/screen.ts'
import { MODE_WORDS } from '../../sim/modes.ts'
import type { RunResult } from '../../sim/result.ts'
import { Button } from '../../ui/controls.tsx'
import { Panel, Table, Verdict } from '../../ui/parts.tsx'
import { Column } from './column.tsx'
import { usePlaybackKeys } from './keys.ts'
import { usePlayback } from './playback.ts'
import { asMarkdown, Tables } from './tables.tsx'
import { moment, number } from './words.ts'

export interface OutcomeProps {
  readonly lab: Lab
  readonly run: RunResult
}

/** What plays longer than that is played so many times faster, and says so. */
const LONGEST_SECONDS = 1200

export function Outcome({ lab, run }: OutcomeProps) {
  const { columns, horizon, axis, setup } = run
  const covers = useRef<(HTMLDivElement | null)[]>([])
  const clock = useRef<HTMLOutputElement>(null)
  const [tab, setTab] = useState(0)
  const isTimed = axis === 'ms'
  const played = useMemo(() => (isTimed ? run : null), [run])
  const stretch = Math.max(1, horizon / 1000 / LONGEST_SECONDS)
  const playback = usePlayback({
    run: played,
    perSecond: 1000 * stretch,
    draw(at) {
      const width = `${(100 * (1 - at / horizon)).toFixed(2)}%`
      for (const cover of covers.current) {
        if (!cover) continue
        cover.hidden = at >= horizon
        cover.style.width = width
      }
      if (clock.current) clock.current.textContent = moment(at, horizon)
    },
  })
  usePlaybackKeys(playback, () => isTimed && lab.preferences.letters.value)
  const mostBytes = Math.max(...columns.map(({ series }) => Math.max(...series.map(({ bytes }) => bytes))))
  const chosen = Math.min(tab, columns.length - 1)
  return (
    <Panel
      title="Side by side"
      tools={
        <>
          <Button
            onPress={() => void import('./copy-as-test.ts').then(({ asTest }) => lab.copy(asTest(setup), 'The test'))}
          >
            Copy as test
          </Button>
          <Button onPress={() => void lab.copy(asMarkdown(run), 'The table')}>Copy as Markdown</Button>
        </>
      }
    >
      <Verdict tone="plain" title={run.sentence} />
      {isTimed ? (
        <div class="row player">
          <Button onPress={playback.toggle}>{playback.isPlaying ? 'Pause' : 'Play'}</Button>
          <Button name="A step back" onPress={() => playback.step(-1)}>
            ‹
          </Button>
          <Button name="A step on" onPress={() => playback.step(1)}>
            ›
          </Button>
          <Button name="Slower" onPress={() => playback.changeSpeed(-1)}>
            −
          </Button>
          <span>×{number(playback.speed * Math.round(stretch))}</span>
          <Button name="Faster" onPress={() => playback.changeSpeed(1)}>
            +
          </Button>
          <Button onPress={playback.toEnd}>To the end</Button>
          <span>
            <output ref={clock} class="mono" aria-live="off">
              {moment(0, horizon)}
            </output>{' '}
            of {moment(horizon, horizon)}
          </span>
        </div>
      ) : null}
      <div class="narrow-only">
        <Table
          caption="The difference"
          head={['Way', 'let in afterwards', 'store reads']}
          rows={columns.map(({ mode, counters }) => [
            MODE_WORDS[mode].title,
            number(counters.acceptedAfter),
            number(counters.reads),
          ])}
          numeric={[1, 2]}
        />
        <fieldset class="tabs" aria-label="Which column is shown">
          {columns.map(({ mode }, i) => (
            <Button key={mode} pressed={i === chosen} onPress={() => setTab(i)}>
              {MODE_WORDS[mode].title}
            </Button>
          ))}
        </fieldset>
      </div>
      <div class="compared">
        {columns.map((column, i) => (
          <div key={column.mode} class={i === chosen ? 'chosen' : undefined}>
            <Column
              run={run}
              column={column}
              mostBytes={mostBytes}
              cover={(element) => {
                covers.current[i] = element
              }}
            />
          </div>
        ))}
      </div>
      <p class="hint">
        In the lanes, a high bar: Ana was let in; a low one: refused; a broken one: it could not be told who she is
        (503).
      </p>
      <Tables run={run} />
    </Panel>
  )
}
