/** A token that came from Inspect: which exercises are about it, and a search for its secret. It stays in memory. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ExerciseName } from '../../attacks/names.ts'
import type { Search } from '../../attacks/search.ts'
import type { Target } from '../../attacks/target.ts'
import type { Lab } from '../../shell/screen.ts'
import { Button } from '../../ui/controls.tsx'
import { Note, Panel, Verdict, Working } from '../../ui/parts.tsx'

export interface TargetPanelProps {
  readonly lab: Lab
  readonly onChoose: (name: ExerciseName) => void
}

export function TargetPanel({ lab, onChoose }: TargetPanelProps) {
  const [token, setToken] = useState(() => lab.hand.take('target'))
  const [target, setTarget] = useState<Target | null>(null)
  const [found, setFound] = useState<Search | null>(null)
  const [done, setDone] = useState<number | null>(null)
  const running = useRef<AbortController | null>(null)
  const seen = useRef(lab.hand.wiped.value)
  const wiped = lab.hand.wiped.value
  useEffect(() => {
    if (token !== null) lab.engine.call('lookAtTarget', token).then(setTarget, ({ message }: Error) => lab.say(message))
    return () => running.current?.abort()
  }, [])
  useEffect(() => {
    if (seen.current === wiped) return
    running.current?.abort()
    setToken(null)
    setFound(null)
  }, [wiped])
  if (token === null || target === null) return null

  const search = async (): Promise<void> => {
    const abort = new AbortController()
    running.current = abort
    setDone(0)
    try {
      const result = await lab.engine.call('searchTarget', token, { signal: abort.signal, onProgress: setDone })
      setFound(result)
      lab.say(result.found === null ? 'The secret is not in the list.' : 'The secret is in the list.')
    } catch (error) {
      if (!abort.signal.aborted) lab.say(error instanceof Error ? error.message : String(error))
    } finally {
      setDone(null)
    }
  }
  return (
    <Panel title="The token that you brought">
      {target.problem ? <Note tone="warn">{target.problem}</Note> : null}
      {target.exercises.length > 0 ? (
        <ul class="fitting">
          {target.exercises.map(({ id, why }) => (
            <li key={id}>
              <Button onPress={() => onChoose(id)}>{id}</Button> {why}
            </li>
          ))}
        </ul>
      ) : null}
      <Note>It is looked at here, in memory, and sent nowhere. The exercises use tokens of their own.</Note>
      {target.canSearch && done === null ? (
        <Button onPress={() => void search()}>Search for its secret in the word list</Button>
      ) : null}
      {done === null ? null : <Working label="Guessing" done={done} onCancel={() => running.current?.abort()} />}
      {found ? (
        <Verdict
          tone={found.found === null ? 'plain' : 'bad'}
          title={found.found === null ? 'Not in the list' : `The secret is: ${found.found}`}
        >
          {found.tried.toLocaleString('en')} of {found.of.toLocaleString('en')} guesses,{' '}
          {found.perSecond.toLocaleString('en')} per second in this browser, now.{' '}
          {found.found === null ? 'That says nothing about other lists.' : 'Whoever has one token can make any other.'}
        </Verdict>
      ) : null}
    </Panel>
  )
}
