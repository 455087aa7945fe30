/** The questions: five at first, the others as refinements with their defaults. */
import { CHOICES, FIRST, INPUTS, type InputId, isChoice, SCALES } from '../../decide/answers.ts'
import { QUESTIONS } from '../../decide/question-words.ts'
import { Check, Select } from '../../ui/controls.tsx'
import type { Settings } from './settings.ts'

interface QuestionsProps {
  readonly settings: Settings
  readonly onChange: (some: Partial<Settings>) => void
}

export function Questions({ settings, onChange }: QuestionsProps) {
  const rest = INPUTS.filter((id) => !FIRST.includes(id))
  const ask = (id: InputId) => <Question key={id} id={id} settings={settings} onChange={onChange} />
  return (
    <>
      <div class="decide-questions">{FIRST.map(ask)}</div>
      <details class="refine">
        <summary>Refine: eleven more, each with a default</summary>
        <div class="decide-questions">{rest.map(ask)}</div>
      </details>
    </>
  )
}

function Question({ id, settings, onChange }: QuestionsProps & { readonly id: InputId }) {
  const { label, values } = QUESTIONS[id]
  if (!isChoice(id)) {
    const options = [...SCALES[id], 'unsure'].map((value) => [value, values[value] ?? 'Not sure'] as const)
    return (
      <Select
        label={label}
        value={settings[id] as string}
        options={options}
        onChange={(value) => onChange({ [id]: value } as Partial<Settings>)}
      />
    )
  }
  const chosen: readonly string[] = settings[id]
  const put = (value: string, isIn: boolean): void => {
    const rest = chosen.filter((one) => one !== value && one !== 'unsure')
    onChange({
      [id]: value === 'unsure' ? (isIn ? ['unsure'] : []) : isIn ? [...rest, value] : rest,
    } as Partial<Settings>)
  }
  return (
    <fieldset class="checks">
      <legend>{label}</legend>
      {[...CHOICES[id], 'unsure'].map((value) => (
        <Check
          key={value}
          label={values[value] ?? 'Not sure'}
          checked={chosen.includes(value)}
          onChange={(isIn) => put(value, isIn)}
        />
      ))}
    </fieldset>
  )
}
