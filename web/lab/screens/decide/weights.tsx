/** The weights: presets, and a slider for each; they stay 100 in all. */
import { DIMENSIONS, type Dimension, moveWeight, PRESETS, type PresetName, type Weights } from '../../decide/weights.ts'
import { DIMENSION_NAMES, PRESET_NAMES } from '../../decide/words.ts'
import { Range, Select } from '../../ui/controls.tsx'

interface WeightsProps {
  readonly preset: PresetName
  readonly weights: Weights
  readonly onPreset: (name: PresetName) => void
  readonly onWeights: (weights: Weights) => void
}

export function WeightsEditor({ preset, weights, onPreset, onWeights }: WeightsProps) {
  const move = (name: Dimension, to: number): void => onWeights(moveWeight(weights, name, to))
  return (
    <details class="refine">
      <summary>Weights: what counts, 100 in all</summary>
      <Select
        label="Preset"
        value={preset}
        options={(Object.keys(PRESETS) as PresetName[]).map((name) => [name, PRESET_NAMES[name]] as const)}
        hint="Weights are judgement: move one, and the others give way in proportion. Under 3 points apart counts as equal."
        onChange={onPreset}
      />
      <div class="decide-questions">
        {DIMENSIONS.map((name) => (
          <Range
            key={name}
            label={DIMENSION_NAMES[name]}
            min={0}
            max={100}
            value={weights[name]}
            onChange={(to) => move(name, to)}
          />
        ))}
      </div>
    </details>
  )
}
