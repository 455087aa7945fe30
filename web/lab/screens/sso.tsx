/** SSO: a sequence diagram that is executed, not drawn. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ScreenProps } from '../shell/screen.ts'
import { useSettings } from '../shell/use-settings.ts'
import type { SsoRun } from '../sso/run.ts'
import { Note, Panel, Verdict } from '../ui/parts.tsx'
import { SequenceDiagram } from './sso/sequence-diagram.tsx'
import { SequenceList } from './sso/sequence-list.tsx'
import { SHAPE } from './sso/settings.ts'
import { Switches } from './sso/switches.tsx'
import './sso.css'

/** A range that is dragged does not run at every step. */
const PAUSE_MS = 120

export default function Sso({ lab }: ScreenProps) {
  const [settings, change] = useSettings(lab, SHAPE)
  const [result, setResult] = useState<SsoRun | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const isFirst = useRef(true)
  useEffect(() => {
    const abort = new AbortController()
    const run = async (): Promise<void> => {
      try {
        const found = await lab.engine.call('sso', settings, { signal: abort.signal })
        setResult(found)
        setProblem(null)
        if (!isFirst.current) lab.say(found.works ? 'It ran: everything held.' : 'It ran: the sign-in failed.')
        isFirst.current = false
      } catch (error) {
        if (!abort.signal.aborted) setProblem(error instanceof Error ? error.message : String(error))
      }
    }
    const timer = setTimeout(() => void run(), isFirst.current ? 0 : PAUSE_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [settings])

  if (!result) return <p role="status">{problem ?? 'Running it…'}</p>
  const { figures, sentence, works } = result
  return (
    <>
      <h1>Single sign-on</h1>
      <p class="lead">
        One browser, two applications that know nothing of each other, one identity provider. Every line below is a
        request that was made just now, in a worker of this page; nothing is drawn that did not happen.
      </p>
      <Switches settings={settings} onChange={change} />
      {problem ? <p role="alert">{problem}</p> : null}
      <Verdict tone={works ? 'good' : 'bad'} title={works ? 'It holds' : 'The sign-in fails'}>
        {sentence}
      </Verdict>
      <ul class="sso-figures">
        {figures.map(({ name, value, unit }) => (
          <li key={name}>
            {name}: <b>{value}</b> {unit}
          </li>
        ))}
      </ul>
      <Panel title="Sequence">
        <SequenceDiagram run={result} />
        <p class="hint">
          Under an arrow: + a cookie that was sent or kept, − one that was not, × one that was removed. sid is the
          session's cookie (__Host-Http-sid), sso that of a sign-in under way (__Host-Http-sso).
        </p>
      </Panel>
      <Panel title="The same as a list, with every cookie">
        <SequenceList run={result} />
      </Panel>
      <Note>
        Real: sessions, cookies as they are written and read, CSRF checks, tokens, the token bridge and revocations are
        the product's own core over its memory store. Acted out: the exchange of codes, by a small provider in the
        simulation, because the product's own (sojourn/oidc, on oidc-provider) runs on Node only. Which cookies travel
        is decided by the Lab's model of Chromium's jar, with third-party cookies blocked. Seconds are the simulation's.
      </Note>
    </>
  )
}
