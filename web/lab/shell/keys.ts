/** The keys that work everywhere: `g` and a letter, `?`, `/`. Single letters can be switched off (WCAG 2.1.4). */
import type { ScreenEntry } from './screens.ts'

export interface KeyActions {
  readonly screens: readonly ScreenEntry[]
  readonly lettersWork: () => boolean
  go(screen: ScreenEntry): void
  help(): void
  forget(): void
}

const AFTER_G_MS = 1_500

/** @returns what takes the listener away again */
export function listenToKeys(page: Window, actions: KeyActions): () => void {
  let gAtMs = Number.NEGATIVE_INFINITY
  const listen = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.altKey) return
    if (event.ctrlKey || event.metaKey) {
      // In a field it deletes a word.
      if (event.key !== 'Backspace' || isTyping(event.target)) return
      actions.forget()
      event.preventDefault()
      return
    }
    if (isTyping(event.target) || !actions.lettersWork()) return
    const after = event.timeStamp - gAtMs < AFTER_G_MS
    gAtMs = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY
    const screen = after ? actions.screens.find(({ letter }) => letter === event.key) : undefined
    if (screen) actions.go(screen)
    else if (event.key === '?') actions.help()
    else if (event.key === '/') page.document.querySelector<HTMLElement>('[data-main-input]')?.focus()
    else return
    event.preventDefault()
  }
  page.addEventListener('keydown', listen)
  return () => page.removeEventListener('keydown', listen)
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}
