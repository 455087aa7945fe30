/** The shell: reads the address, loads the screen, and hands it what all screens share. */
import { signal } from '@preact/signals'
import { type ComponentType, render } from 'preact'
import { createEngine } from '../engine/client.ts'
import { openLine } from '../engine/line.ts'
import { readAddress, writeAddress } from './address.ts'
import { Frame, focusScreen } from './frame.tsx'
import type { Guard } from './guard.ts'
import { createHand } from './hand.ts'
import { watchIdleness } from './idle.ts'
import { takeIncoming } from './incoming.ts'
import { listenToKeys } from './keys.ts'
import { createPreferences } from './preferences.ts'
import type { ProofFound } from './proof-found.ts'
import type { Lab, ScreenName, ScreenProps } from './screen.ts'
import { SCREENS } from './screens.ts'

declare const IN_ONE_FILE: boolean

interface Open {
  readonly name: string
  readonly settings: string
  readonly screen: ComponentType<ScreenProps> | null
  readonly problem: string | null
}
const SAID_MS = 6_000

export function startShell(page: Window & typeof globalThis, root: HTMLElement, guard: Guard): void {
  const { document, history, location } = page
  const preferences = createPreferences(document.documentElement)
  const hand = createHand()
  const proofFound = signal<ProofFound | null>(null)
  const said = signal('')
  const isHelpOpen = signal(false)
  const isOffline = signal(!page.navigator.onLine)
  const opened = signal<Open>({ name: '', settings: '', screen: null, problem: null })
  const engine = createEngine(openLine)

  let quiet = 0
  const say = (text: string): void => {
    said.value = text
    page.clearTimeout(quiet)
    quiet = page.setTimeout(() => {
      said.value = ''
    }, SAID_MS)
  }
  const forget = (): void => {
    // The screen is made anew, so that nothing stays in its state either; its settings are those of the address.
    opened.value = { ...opened.value, settings: readAddress(location, IN_ONE_FILE).settings }
    hand.forget()
    say('Everything is forgotten.')
  }
  const show = async (): Promise<void> => {
    const incoming = takeIncoming(page)
    if (incoming?.token && SCREENS.some(({ name }) => name === 'inspect')) {
      hand.offer('token', incoming.token)
      history.replaceState(null, '', writeAddress('inspect', '', IN_ONE_FILE))
    }
    if (incoming) say(incoming.notice)
    const { screen: name, settings } = readAddress(location, IN_ONE_FILE)
    const entry = SCREENS.find((one) => one.name === name) ?? SCREENS[0]
    if (!entry) return
    if (entry.name !== name && name !== '') say(`There is no screen “${name}” here.`)
    document.title = `${entry.title} · Sojourn Lab`
    try {
      const { default: screen } = await entry.load()
      opened.value = { name: entry.name, settings, screen, problem: null }
    } catch {
      opened.value = {
        name: entry.name,
        settings,
        screen: null,
        problem: 'This screen could not be loaded. Load the page again.',
      }
    }
  }
  const go = (name: ScreenName, settings = ''): void => {
    history.pushState(null, '', writeAddress(name, settings, IN_ONE_FILE))
    void show().then(() => {
      page.scrollTo(0, 0)
      focusScreen()
    })
  }
  const copy = async (text: string, what: string): Promise<void> => {
    try {
      await page.navigator.clipboard.writeText(text)
      say(`${what}: copied.`)
    } catch {
      say(`${what}: this browser does not let the page copy.`)
    }
  }
  const lab = (settings: string): Lab => ({
    engine,
    hand,
    preferences,
    guard,
    proofFound,
    settings,
    go,
    keep: (text) => history.replaceState(null, '', writeAddress(opened.value.name as ScreenName, text, IN_ONE_FILE)),
    say,
    copy,
  })
  function View() {
    const { name, settings, screen: Screen, problem } = opened.value
    return (
      <Frame
        current={name}
        said={said}
        isHelpOpen={isHelpOpen}
        isOffline={isOffline}
        preferences={preferences}
        addressOf={(screen) => writeAddress(screen, '', IN_ONE_FILE)}
        onGo={go}
        onForget={forget}
        onHelp={(open) => {
          isHelpOpen.value = open
        }}
      >
        {problem ? <p role="alert">{problem}</p> : null}
        {Screen ? <Screen key={`${name}?${settings} ${hand.wiped.value}`} lab={lab(settings)} /> : null}
      </Frame>
    )
  }
  render(<View />, root)
  page.addEventListener('popstate', () => void show())
  for (const kind of ['online', 'offline']) {
    page.addEventListener(kind, () => {
      isOffline.value = kind === 'offline'
    })
  }
  listenToKeys(page, {
    screens: SCREENS,
    lettersWork: () => preferences.letters.value && !isHelpOpen.value,
    go: ({ name }) => go(name),
    help: () => {
      isHelpOpen.value = true
    },
    forget,
  })
  watchIdleness(page, {
    forget,
    warn: () => say('In one minute everything is forgotten, unless you press a key.'),
  })
  void show()
}
