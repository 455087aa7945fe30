/** The only things that are kept on the device: the theme, and whether single letters are commands. */
import { effect, type Signal, signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'

export interface Preferences {
  readonly theme: Signal<Theme>
  readonly letters: Signal<boolean>
}

const KEY = 'sojourn-lab'

/** Where nothing can be kept (private windows, a full disk) it lives in memory. */
export function createPreferences(root: HTMLElement): Preferences {
  const kept = read()
  const theme = signal<Theme>(kept.theme)
  const letters = signal(kept.letters)
  effect(() => {
    root.dataset.theme = theme.value
    try {
      localStorage.setItem(KEY, JSON.stringify({ theme: theme.value, letters: letters.value }))
    } catch {
      // Not kept: it holds until the page is closed.
    }
  })
  return { theme, letters }
}

function read(): { readonly theme: Theme; readonly letters: boolean } {
  let kept: unknown = null
  try {
    kept = JSON.parse(localStorage.getItem(KEY) ?? 'null')
  } catch {
    // Unreadable: as if it were the first visit.
  }
  const { theme, letters } = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>
  return { theme: theme === 'light' || theme === 'dark' ? theme : 'system', letters: letters !== false }
}
