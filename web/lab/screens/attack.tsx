/** Attack: twelve exercises. Run the exploit, apply the defence, run it again, read what remains. */
import { useEffect, useState } from 'preact/hooks'
import type { Lesson } from '../attacks/exercise.ts'
import type { ExerciseName } from '../attacks/names.ts'
import type { ScreenProps } from '../shell/screen.ts'
import { useSettings } from '../shell/use-settings.ts'
import { Note } from '../ui/parts.tsx'
import { ExerciseList } from './attack/exercise-list.tsx'
import { SHAPE } from './attack/settings.ts'
import { TargetPanel } from './attack/target-panel.tsx'
import { useRuns } from './attack/use-runs.ts'
import { Workbench } from './attack/workbench.tsx'
import './attack.css'

export default function Attack({ lab }: ScreenProps) {
  const [{ exercise }, change] = useSettings(lab, SHAPE)
  const [lessons, setLessons] = useState<readonly Lesson[]>([])
  const [problem, setProblem] = useState<string | null>(null)
  const runs = useRuns(lab)
  useEffect(() => {
    lab.engine.call('lessons', undefined).then(setLessons, ({ message }: Error) => setProblem(message))
  }, [])

  const lesson = lessons.find(({ id }) => id === exercise)
  if (!lesson) return <p role="status">{problem ?? 'Loading the exercises…'}</p>
  const choose = (name: ExerciseName): void => {
    runs.stop()
    change({ exercise: name })
  }
  return (
    <>
      <h1>Attack</h1>
      <p class="lead">
        Each exploit really runs, in a worker of this page: first against a server that is weak on purpose, then against
        the product's own code in the same place. Whether it worked is read in the server's book, not asked of the
        attacker.
      </p>
      <TargetPanel lab={lab} onChoose={choose} />
      <div class="attack">
        <ExerciseList lessons={lessons} chosen={exercise} runs={runs} onChoose={choose} />
        <Workbench key={exercise} lesson={lesson} runs={runs} />
      </div>
      <Note>
        All names, money and servers are made up and live in this page. The weak servers are marked naive in the source,
        and exist for these exercises only.
      </Note>
    </>
  )
}
