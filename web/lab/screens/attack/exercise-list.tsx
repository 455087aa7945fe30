/** The twelve, as one group: arrows go through it, and each says how far it is. */
import type { Lesson } from '../../attacks/exercise.ts'
import type { ExerciseName } from '../../attacks/names.ts'
import type { Runs } from './use-runs.ts'

export interface ExerciseListProps {
  readonly lessons: readonly Lesson[]
  readonly chosen: ExerciseName
  readonly runs: Runs
  readonly onChoose: (name: ExerciseName) => void
}

export function ExerciseList({ lessons, chosen, runs, onChoose }: ExerciseListProps) {
  const stopped = lessons.filter(({ id }) => runs.of(id, 'defended')?.harmed === false).length
  return (
    <fieldset class="exercises">
      <legend>
        Exercises · {stopped} of {lessons.length} stopped
      </legend>
      {lessons.map(({ id, title }, i) => (
        <label key={id} class={id === chosen ? 'chosen' : undefined}>
          <input type="radio" name="exercise" value={id} checked={id === chosen} onChange={() => onChoose(id)} />
          <span>
            {i + 1}. {title} <span class="state">{stateOf(id, runs)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function stateOf(id: ExerciseName, runs: Runs): string {
  if (runs.of(id, 'defended')) return runs.of(id, 'defended')?.harmed ? '✗ worked' : '✓ stopped'
  return runs.of(id, 'naive') ? '! worked' : ''
}
