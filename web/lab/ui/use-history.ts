/** Undo and redo of one editor, in memory: what is typed in one go is one step, each press of a button another. */
import { useRef, useState } from 'preact/hooks'

export interface History<Value> {
  /** The latest last. */
  readonly past: readonly Value[]
  readonly value: Value
  /** The next one last. */
  readonly future: readonly Value[]
  /** When it was last typed into, in milliseconds; null: the last step was no typing. */
  readonly typedAt: number | null
}

const MAX_STEPS = 50
/** A pause this long begins another step. */
const PAUSE_MS = 1_000

export const newHistory = <Value>(value: Value): History<Value> => ({ past: [], value, future: [], typedAt: null })

/** @param typedAt null for what a button did */
export function record<Value>(history: History<Value>, next: Value, typedAt: number | null): History<Value> {
  const { past, value, typedAt: before } = history
  if (next === value) return history
  const isSameStep = typedAt !== null && before !== null && typedAt - before < PAUSE_MS
  return { past: isSameStep ? past : [...past, value].slice(-MAX_STEPS), value: next, future: [], typedAt }
}

export function undone<Value>(history: History<Value>): History<Value> {
  const { past, value, future } = history
  if (past.length === 0) return history
  return { past: past.slice(0, -1), value: past.at(-1) as Value, future: [...future, value], typedAt: null }
}

export function redone<Value>(history: History<Value>): History<Value> {
  const { past, value, future } = history
  if (future.length === 0) return history
  return { past: [...past, value], value: future.at(-1) as Value, future: future.slice(0, -1), typedAt: null }
}

export interface UndoControls {
  readonly canUndo: boolean
  readonly canRedo: boolean
  undo(): void
  redo(): void
  /** Ctrl+Z, and Ctrl+Shift+Z or Ctrl+Y, in the fields that it is put around. */
  onKeyDown(event: KeyboardEvent): void
}

export interface Edited<Value> extends UndoControls {
  readonly value: Value
  /** By a button: a step of its own. */
  set(next: Value): void
  change(update: (value: Value) => Value): void
  type(next: Value): void
}

/** Its steps live as long as the component: a screen that is made anew (Forget everything) has none. */
export function useHistory<Value>(first: () => Value): Edited<Value> {
  const [, show] = useState(0)
  const held = useRef<History<Value> | null>(null)
  held.current ??= newHistory(first())
  const now = held.current
  const step = (move: (history: History<Value>) => History<Value>): void => {
    held.current = move(held.current ?? now)
    show((count) => count + 1)
  }
  const undo = (): void => step(undone)
  const redo = (): void => step(redone)
  return {
    value: now.value,
    canUndo: now.past.length > 0,
    canRedo: now.future.length > 0,
    set: (next) => step((history) => record(history, next, null)),
    change: (update) => step((history) => record(history, update(history.value), null)),
    type: (next) => step((history) => record(history, next, Date.now())),
    undo,
    redo,
    onKeyDown(event) {
      const way = wayOf(event)
      if (way === null) return
      event.preventDefault()
      if (way === 'undo') undo()
      else redo()
    },
  }
}

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

export function wayOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Pressed): 'undo' | 'redo' | null {
  if (!(ctrlKey || metaKey) || altKey) return null
  const letter = key.toLowerCase()
  if (letter === 'z') return shiftKey ? 'redo' : 'undo'
  return letter === 'y' && ctrlKey && !shiftKey ? 'redo' : null
}
