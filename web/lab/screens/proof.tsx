/** Proof: that nothing leaves, shown and not said. */
import { useState } from 'preact/hooks'
import { CHANNELS, type Outcome, type State } from '../proof/channels.ts'
import { type Trials, tryOut } from '../proof/facts.ts'
import { listenForWitnesses } from '../proof/witnesses.ts'
import type { ScreenProps } from '../shell/screen.ts'
import { Button } from '../ui/controls.tsx'
import { Panel, Working } from '../ui/parts.tsx'
import { EgressResult } from './proof/egress.tsx'
import { FactsPanels } from './proof/facts.tsx'

export default function Proof({ lab }: ScreenProps) {
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([])
  const [trials, setTrials] = useState<Trials | null>(null)
  const [stop, setStop] = useState<(() => void) | null>(null)

  const run = async (): Promise<void> => {
    let isStopped = false
    setStop(() => () => {
      isStopped = true
    })
    setOutcomes([])
    lab.proofFound.value = null
    const all: Outcome[] = []
    for (const channel of CHANNELS) {
      if (isStopped) break
      const witnesses = listenForWitnesses(window, lab.guard)
      all.push(await channel.run({ page: window, guard: lab.guard, witnesses }))
      witnesses.end()
      setOutcomes([...all])
    }
    setTrials(tryOut(window))
    setStop(null)
    const count = (state: State): number => all.filter((one) => one.state === state).length
    const stopped = count('stopped')
    if (all.length === CHANNELS.length) {
      lab.proofFound.value = { stopped, open: count('open'), of: all.length, at: Date.now() }
    }
    lab.say(`Self-test: ${stopped} of ${all.length} ways out were stopped.`)
  }

  return (
    <>
      <h1>Proof that nothing leaves</h1>
      <p class="lead">
        What you paste stays in this page’s memory. You need not believe it: try the eight ways out of a page, here, in
        this browser. A mark is only given where the browser or the page bore witness that the attempt was stopped.
      </p>
      <Panel
        title="Egress self-test"
        tools={
          <Button isMain disabled={stop !== null} onPress={() => void run()}>
            Run
          </Button>
        }
      >
        {stop ? <Working label="Trying" done={outcomes.length / CHANNELS.length} onCancel={stop} /> : null}
        <EgressResult outcomes={outcomes} isRunning={stop !== null} />
      </Panel>
      <FactsPanels engine={lab.engine} trials={trials} outcomes={outcomes} />
    </>
  )
}
