/** What the user has in hand: text that goes from one screen to the next. It lives in memory and is wiped, never kept. */
import { type ReadonlySignal, signal } from '@preact/signals'

/** `token`: to inspect. `template`: a token to edit and sign anew. `cookie`: `Set-Cookie` lines. `target`: a token to attack. `key`: to verify with. */
export type HandKind = 'token' | 'template' | 'cookie' | 'target' | 'key'

export interface Hand {
  /** For the screen that is opened next. */
  offer(kind: HandKind, text: string): void
  /** What was offered, once; null when nothing was. */
  take(kind: HandKind): string | null
  /** Rises when everything must be forgotten: screens clear their fields when it changes. */
  readonly wiped: ReadonlySignal<number>
  forget(): void
}

export function createHand(): Hand {
  const offered = new Map<HandKind, string>()
  const wiped = signal(0)
  return {
    offer: (kind, text) => void offered.set(kind, text),
    take(kind) {
      const text = offered.get(kind) ?? null
      offered.delete(kind)
      return text
    },
    wiped,
    forget() {
      offered.clear()
      wiped.value++
    },
  }
}
