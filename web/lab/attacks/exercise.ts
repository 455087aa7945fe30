/** What an exercise is: an attack that really runs, against a server that is weak on purpose and then against the product. */
import type { TestClock } from '../../../src/testing/clock.ts'
import type { Answer, Entry } from './bank.ts'
import type { ExerciseName } from './names.ts'

export type ServerKind = 'naive' | 'defended'
export type Who = 'attacker' | 'alice' | 'server'

/** The text of an exercise; plain data, for the page. */
export interface Lesson {
  readonly id: ExerciseName
  readonly title: string
  /** What the attacker has before the attack begins. */
  readonly attackerHas: string
  /** The weak server, in words. */
  readonly naive: string
  /** Lines of the weak server as they run; a test finds each of them in the exercise's source. */
  readonly naiveCode: string
  /** What of the product stands in the same place. */
  readonly defence: string
  /** What the defence does not do. */
  readonly remains: readonly string[]
}

export interface Exercise extends Lesson {
  /** @returns the records of the server under attack: the only witness of the effect */
  attack(server: ServerKind, stage: Stage): Promise<readonly Entry[]>
}

/** A number that the run has found; `isTiming`: measured in this browser, now. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly isTiming: boolean
}

/** Where an attack plays. */
export interface Stage {
  /** Stands still until somebody moves it. */
  readonly clock: TestClock
  readonly signal: AbortSignal
  tell(who: Who, text: string, answer?: Answer): void
  figure(name: string, value: number, unit: string, isTiming?: boolean): void
  /** 0 to 1. */
  progress(done: number): void
  /** Closed when the run is over. */
  opened<T extends { close(): Promise<void> }>(one: T): T
}
