/** The input, which on phones is one line after something was found in it; wider, it is always open. */
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

export interface FoldableProps {
  readonly text: string
  readonly isFolded: boolean
  readonly onOpen: () => void
  readonly children: ComponentChildren
}

const MAX_SHOWN = 60
/** Nobody types so much at once. */
const PASTED_CHARS = 16

export const isPasted = (before: string, after: string): boolean => after.length - before.length >= PASTED_CHARS

export function Foldable({ text, isFolded, onOpen, children }: FoldableProps) {
  const open = useRef<HTMLButtonElement>(null)
  const inside = useRef<HTMLDivElement>(null)
  const wasFolded = useRef(isFolded)
  // What is folded away must not take the focus with it; opened, it gets it.
  useLayoutEffect(() => {
    if (wasFolded.current === isFolded) return
    wasFolded.current = isFolded
    const isNarrow = matchMedia('(width <= 40rem)').matches
    if (isFolded && isNarrow && inside.current?.contains(document.activeElement)) open.current?.focus()
    if (!isFolded && document.activeElement === open.current) inside.current?.querySelector('textarea')?.focus()
  }, [isFolded])
  return (
    <div class={isFolded ? 'foldable folded' : 'foldable'}>
      <div class="fold-line">
        <code>{text.trim().slice(0, MAX_SHOWN)}</code>
        <button type="button" ref={open} onClick={onOpen}>
          Show the input
        </button>
      </div>
      <div class="fold-inside" ref={inside}>
        {children}
      </div>
    </div>
  )
}
