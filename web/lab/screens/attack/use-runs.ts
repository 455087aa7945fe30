/** What has been run so far, by exercise; forgotten with everything else. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ServerKind } from '../../attacks/exercise.ts'
import type { ExerciseName } from '../../attacks/names.ts'
import type { Outcome } from '../../attacks/run.ts'
import type { Lab } from '../../shell/screen.ts'

export interface Runs {
  /** The last outcome; null: it has not been run. */
  of(id: ExerciseName, server: ServerKind): Outcome | null
  run(id: ExerciseName, server: ServerKind): Promise<void>
  /** 0 to 1; null: nothing runs. */
  readonly done: number | null
  readonly problem: string | null
  stop(): void
}

export function useRuns(lab: Lab): Runs {
  const [outcomes, setOutcomes] = useState<Readonly<Record<string, Outcome>>>({})
  const [done, setDone] = useState<number | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const running = useRef<AbortController | null>(null)
  const stop = (): void => {
    running.current?.abort()
    running.current = null
    setDone(null)
  }
  const wiped = lab.hand.wiped.value
  useEffect(() => {
    stop()
    setOutcomes({})
    return stop
  }, [wiped])

  return {
    of: (id, server) => outcomes[`${id} ${server}`] ?? null,
    async run(id, server) {
      stop()
      const abort = new AbortController()
      running.current = abort
      setProblem(null)
      setDone(0)
      try {
        const outcome = await lab.engine.call('attack', { id, server }, { signal: abort.signal, onProgress: setDone })
        setOutcomes((all) => ({ ...all, [`${id} ${server}`]: outcome }))
        lab.say(resultOf(outcome))
      } catch (error) {
        if (!abort.signal.aborted) setProblem(error instanceof Error ? error.message : String(error))
      } finally {
        if (running.current === abort) stop()
      }
    },
    done,
    problem,
    stop,
  }
}

/** One sentence, for the eye and to be read out. */
export function resultOf({ harmed, codes, server }: Outcome): string {
  if (harmed) return server === 'naive' ? 'The attack worked.' : 'The attack worked against the product.'
  return codes.length === 0 ? 'The attack was refused.' : `The attack was refused: ${codes.join(', ')}.`
}
