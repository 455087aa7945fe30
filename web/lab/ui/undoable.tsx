/** Fields whose steps can be taken back, by key and by button. */
import type { ComponentChildren } from 'preact'
import { Button } from './controls.tsx'
import type { UndoControls } from './use-history.ts'

export interface UndoableProps {
  /** What is undone, for the names of the buttons. */
  readonly of: string
  readonly history: UndoControls
  readonly children: ComponentChildren
}

export function Undoable({ of, history, children }: UndoableProps) {
  const { canUndo, canRedo, undo, redo } = history
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it listens for what its fields bubble
    <div class="stack" onKeyDown={history.onKeyDown}>
      {children}
      <div class="tools">
        <Button disabled={!canUndo} name={`Undo: ${of}`} onPress={undo}>
          Undo
        </Button>
        <Button disabled={!canRedo} name={`Redo: ${of}`} onPress={redo}>
          Redo
        </Button>
      </div>
    </div>
  )
}
