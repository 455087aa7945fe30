/** Decide: a few questions, and where each piece of state should live; the answer follows at once. */
import { resolve } from '../decide/answers.ts'
import { decideKnown } from '../decide/decide.ts'
import { flipsOf, relaxationsOf, takeStep } from '../decide/walk.ts'
import { DIMENSIONS } from '../decide/weights.ts'
import type { ScreenProps } from '../shell/screen.ts'
import { useSettings } from '../shell/use-settings.ts'
import { Button } from '../ui/controls.tsx'
import { Panel } from '../ui/parts.tsx'
import { Answer, Changes, Why } from './decide/answer.tsx'
import { ConfigurationPanel } from './decide/configuration.tsx'
import { CostTable } from './decide/cost-table.tsx'
import { Questions } from './decide/questions.tsx'
import { answersOf, NOT_MOVED, SHAPE, weightsOf } from './decide/settings.ts'
import { StateMap } from './decide/state.tsx'
import { WeightsEditor } from './decide/weights.tsx'
import './decide.css'

export default function Decide({ lab }: ScreenProps) {
  const [settings, change] = useSettings(lab, SHAPE)
  const weights = weightsOf(settings)
  const known = resolve(answersOf(settings))
  const decision = decideKnown(known, weights)
  const isMoved = DIMENSIONS.some((name) => settings[name] >= 0)
  return (
    <>
      <h1>Where should the state live?</h1>
      <p class="lead">
        Rules take options away, costs give points to the rest. Every reason names a line of the comparison that this
        product was made from. A link to this page holds your answers and nothing else.
      </p>
      <div class="decide">
        <Panel
          title="Your system"
          tools={<Button onPress={() => void lab.copy(location.href, 'Link with the answers')}>Copy link</Button>}
        >
          <Questions settings={settings} onChange={change} />
          <WeightsEditor
            preset={settings.preset}
            weights={weights}
            onPreset={(preset) => change({ preset, ...NOT_MOVED })}
            onWeights={change}
          />
          {isMoved ? <p class="soft">The weights were moved.</p> : null}
        </Panel>
        <Answer decision={decision} ways={relaxationsOf(decision, weights)} lab={lab} />
      </div>
      <StateMap decision={decision} />
      <Changes flips={flipsOf(decision, weights)} onTry={(step) => change(takeStep(known, step))} />
      <ConfigurationPanel decision={decision} lab={lab} />
      <CostTable decision={decision} />
      <Why decision={decision} />
    </>
  )
}
