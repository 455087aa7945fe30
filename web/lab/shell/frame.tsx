/** The frame around every screen: navigation, theme, what is said, and help. */
import type { ReadonlySignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Note } from '../ui/parts.tsx'
import type { Preferences, Theme } from './preferences.ts'
import type { ScreenName } from './screen.ts'
import { SCREENS } from './screens.ts'

const THEMES: readonly Theme[] = ['system', 'light', 'dark']

export interface FrameProps {
  readonly current: string
  readonly said: ReadonlySignal<string>
  readonly isHelpOpen: ReadonlySignal<boolean>
  readonly isOffline: ReadonlySignal<boolean>
  readonly preferences: Preferences
  readonly addressOf: (screen: ScreenName) => string
  readonly onGo: (screen: ScreenName) => void
  readonly onForget: () => void
  readonly onHelp: (open: boolean) => void
  readonly children: ComponentChildren
}

export function Frame(props: FrameProps) {
  const { current, said, isOffline, preferences, addressOf, onGo, onForget, onHelp, children } = props
  const link = (name: ScreenName, text: string) => (
    <a
      href={addressOf(name)}
      aria-current={name === current ? 'page' : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
        event.preventDefault()
        onGo(name)
      }}
    >
      {text}
    </a>
  )
  const [isMenuOpen, setMenuOpen] = useState(false)
  const menuButton = useRef<HTMLButtonElement>(null)
  useEffect(() => setMenuOpen(false), [current])
  useEffect(() => {
    if (!isMenuOpen) return
    const close = ({ key }: KeyboardEvent): void => {
      if (key !== 'Escape') return
      setMenuOpen(false)
      menuButton.current?.focus()
    }
    document.addEventListener('keydown', close)
    return () => document.removeEventListener('keydown', close)
  }, [isMenuOpen])
  const { theme } = preferences
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system'
  return (
    <>
      <button type="button" class="skip" onClick={focusScreen}>
        Skip to the screen
      </button>
      {/* Narrow, the list of screens is folded away behind a button. */}
      <header class={isMenuOpen ? 'bar open' : 'bar'}>
        <p class="brand">
          Sojourn <b>Lab</b>
        </p>
        <button
          ref={menuButton}
          type="button"
          class="menu"
          aria-expanded={isMenuOpen}
          aria-controls="screens"
          onClick={() => setMenuOpen(!isMenuOpen)}
        >
          {SCREENS.find(({ name }) => name === current)?.title ?? 'Screens'} <span aria-hidden="true">▾</span>
          <span class="visually-hidden">, all screens</span>
        </button>
        <nav id="screens" aria-label="Screens">
          {SCREENS.map(({ name, title }) => (
            <span key={name}>{link(name, title)}</span>
          ))}
        </nav>
        <div class="tools">
          {isOffline.value ? <span class="badge plain">offline</span> : null}
          <button type="button" onClick={() => (theme.value = next)}>
            Theme: {theme.value}
          </button>
          <button type="button" onClick={() => onHelp(true)}>
            Keys
          </button>
          <button type="button" onClick={onForget}>
            Forget everything
          </button>
        </div>
      </header>
      <main id="screen" tabIndex={-1}>
        {globalThis.crypto?.subtle ? null : (
          <Note tone="warn">
            This page came over plain http, so the browser gives it no WebCrypto: open it over https or on localhost to
            sign and verify. Decoding works all the same.
          </Note>
        )}
        {children}
      </main>
      <div class="said" role="status" aria-live="polite">
        {said.value}
      </div>
      <Help {...props} />
    </>
  )
}

export function focusScreen(): void {
  document.getElementById('screen')?.focus()
}

function Help({ isHelpOpen, onHelp, preferences }: FrameProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOpen = isHelpOpen.value
  useEffect(() => {
    if (isOpen && !dialog.current?.open) dialog.current?.showModal()
    else if (!isOpen) dialog.current?.close()
  }, [isOpen])
  const rows = [
    ...SCREENS.map(({ letter, title }) => [`g ${letter}`, title] as const),
    ['/', 'to the main field'],
    ['Ctrl+Enter', 'run or verify'],
    ['Ctrl+Shift+C', 'copy redacted, where there is something to copy'],
    ['Ctrl+Backspace', 'forget everything; in a field it deletes a word, as always'],
    ['Space , . [ ]', 'play, step and speed in Compare'],
    ['arrows', 'in grids and lists'],
    ['?', 'this list'],
  ] as const
  return (
    <dialog ref={dialog} aria-labelledby="help-title" onClose={() => onHelp(false)}>
      <h2 id="help-title">Keys</h2>
      <dl class="keys">
        {rows.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={preferences.letters.value}
          onChange={(event) => (preferences.letters.value = event.currentTarget.checked)}
        />{' '}
        single letters are commands
      </label>
      <button type="button" class="main" onClick={() => onHelp(false)}>
        Close
      </button>
    </dialog>
  )
}
