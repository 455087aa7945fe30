/** What a screen is, and what the shell gives to it. */
import type { Signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import type { Engine } from '../engine/client.ts'
import type { Guard } from './guard.ts'
import type { Hand } from './hand.ts'
import type { Preferences } from './preferences.ts'
import type { ProofFound } from './proof-found.ts'

/** The last part of a screen's path; the first screen has none. */
export type ScreenName =
  | ''
  | 'inspect'
  | 'mint'
  | 'cookies'
  | 'compare'
  | 'attack'
  | 'sso'
  | 'decide'
  | 'claims'
  | 'proof'

export interface Lab {
  /** The product's own core, in a worker. */
  readonly engine: Engine
  /** What goes from screen to screen; in memory only. */
  readonly hand: Hand
  readonly preferences: Preferences
  /** What stops the page's own ways out: for Proof. */
  readonly guard: Guard
  /** What the self-test found since the page was loaded; null: it was not run to its end. Proof sets it. */
  readonly proofFound: Signal<ProofFound | null>
  /** The settings of the address, as text: for `readSettings`. */
  readonly settings: string
  /** @param settings as `writeSettings` wrote them */
  go(screen: ScreenName, settings?: string): void
  /** Puts the settings of the screen into its address, without a new entry in the history. */
  keep(settings: string): void
  /** A short sentence that is shown for a moment, and read out. */
  say(text: string): void
  /** Into the clipboard; says so, or says why not. */
  copy(text: string, what: string): Promise<void>
}

export interface ScreenProps {
  readonly lab: Lab
}
export interface ScreenModule {
  readonly default: ComponentType<ScreenProps>
}
