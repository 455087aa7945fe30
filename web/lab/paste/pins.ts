/** Values that stay in sight, beside what the next token says at the same place. */
import type { Token } from './token.ts'

export interface Pin {
  readonly part: 'header' | 'payload'
  readonly name: string
  /** JSON. */
  readonly value: string
}
export interface Beside extends Pin {
  /** JSON; null: the token has no such member. */
  readonly now: string | null
  readonly isSame: boolean
}

/** One more, or one less when the same value is pinned already. */
export function togglePin(pins: readonly Pin[], pin: Pin): readonly Pin[] {
  const others = pins.filter((one) => !isEqual(one, pin))
  return others.length < pins.length ? others : [...pins, pin]
}

export const isPinned = (pins: readonly Pin[], pin: Pin): boolean => pins.some((one) => isEqual(one, pin))

const isEqual = (a: Pin, b: Pin): boolean => a.part === b.part && a.name === b.name && a.value === b.value

export function besides(pins: readonly Pin[], token: Pick<Token, 'header' | 'payload'> | null): readonly Beside[] {
  return pins.map((pin) => {
    const object = token?.[pin.part] ?? {}
    const now = Object.hasOwn(object, pin.name) ? JSON.stringify(object[pin.name]) : null
    return { ...pin, now, isSame: now === pin.value }
  })
}
