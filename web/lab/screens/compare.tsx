/** Compare: the same scenario, the same requests, several ways to remember a login; by the product's own code, on a virtual clock. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ScreenProps } from '../shell/screen.ts'
import { useSettings } from '../shell/use-settings.ts'
import { LIMITS } from '../sim/limits.ts'
import { MODE_WORDS, MODES } from '../sim/modes.ts'
import type { RunResult } from '../sim/result.ts'
import { SCENARIO_WORDS, SCENARIOS } from '../sim/scenarios.ts'
import { Button, Check, Select } from '../ui/controls.tsx'
import { NumberField } from '../ui/number-field.tsx'
import { Note, Panel, Working } from '../ui/parts.tsx'
import { Outcome } from './compare/outcome.tsx'
import { type CompareSettings, modesOf, SHAPE, setupOf } from './compare/settings.ts'
import './compare.css'

const WAYS = MODES.map((mode) => [mode, MODE_WORDS[mode].title] as const)
const EVENTS = SCENARIOS.map((name) => [name, SCENARIO_WORDS[name].title] as const)

export default function Compare({ lab }: ScreenProps) {
  const [read, change] = useSettings(lab, SHAPE)
  const settings: CompareSettings = read
  const [outcome, setOutcome] = useState<{ readonly run: RunResult; readonly of: string } | null>(null)
  const [done, setDone] = useState<number | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const stop = useRef<AbortController | null>(null)
  const asked = JSON.stringify(settings)
  useEffect(() => () => stop.current?.abort(), [])

  const run = async (): Promise<void> => {
    stop.current?.abort()
    const abort = new AbortController()
    stop.current = abort
    setFailure(null)
    setDone(0)
    try {
      const request = { setup: setupOf(settings), modes: modesOf(settings) }
      const result = await lab.engine.call('compare', request, { signal: abort.signal, onProgress: setDone })
      setOutcome({ run: result, of: asked })
    } catch (error) {
      if (!abort.signal.aborted) setFailure(error instanceof Error ? error.message : String(error))
    } finally {
      if (stop.current === abort) setDone(null)
    }
  }
  const number = (name: 'instances' | 'users' | 'requests' | 'rtt' | 'seed' | 'life', label: string) => (
    <NumberField
      label={label}
      value={settings[name]}
      bounds={BOUNDS[name]}
      onChange={(value) => change({ [name]: value })}
    />
  )
  return (
    <>
      <h1>Compare</h1>
      <p class="lead">
        The same fleet, the same users, the same requests; only where the login lives is another. It runs the code that
        ships to servers, on a virtual clock: the numbers are counted, not estimated.
      </p>
      <Panel title="What happens">
        <div class="settings">
          <Select
            label="Scenario"
            hint={SCENARIO_WORDS[settings.scenario].text}
            value={settings.scenario}
            options={EVENTS}
            onChange={(scenario) => change({ scenario })}
          />
          <Select label="First column" value={settings.one} options={WAYS} onChange={(one) => change({ one })} />
          <Select label="Second column" value={settings.two} options={WAYS} onChange={(two) => change({ two })} />
          <Select
            label="Third column"
            value={settings.three}
            options={[['none', 'none'], ...WAYS]}
            onChange={(three) => change({ three })}
          />
        </div>
        <div class="numbers">
          {number('instances', 'Instances')}
          {number('users', 'Users')}
          {number('requests', 'Requests/s, of all')}
          {number('rtt', 'Store RTT, ms')}
          {number('life', 'Token life, min')}
          {number('seed', 'Seed')}
        </div>
        <Check
          label="While the store is down, let in whoever can still be recognised"
          hint="Otherwise: refuse with 503, and never log anybody out."
          checked={settings.open}
          onChange={(open) => change({ open })}
        />
        <div class="row">
          <Button isMain onPress={() => void run()} disabled={done !== null}>
            Run
          </Button>
          {done === null ? null : (
            <Working
              label="Simulating"
              done={done}
              onCancel={() => {
                stop.current?.abort()
                setDone(null)
              }}
            />
          )}
        </div>
        {failure === null ? null : <Note tone="bad">The run did not come to its end: {failure}</Note>}
        {outcome === null && done === null && failure === null ? (
          <Note>Nothing has run yet. As it stands: a login is stolen and revoked, and three ways are watched.</Note>
        ) : null}
        {outcome !== null && outcome.of !== asked ? (
          <Note tone="warn">The settings have changed since: what is below is of the run before.</Note>
        ) : null}
      </Panel>
      {outcome === null ? null : <Outcome key={outcome.of} lab={lab} run={outcome.run} />}
    </>
  )
}

const BOUNDS = {
  instances: LIMITS.instances,
  users: LIMITS.users,
  requests: LIMITS.requestsPerSecond,
  rtt: LIMITS.rttMs,
  seed: LIMITS.seed,
  life: LIMITS.tokenMinutes,
} as const
