/** Searches for the secret of an HS256 token: one guess after the other, on one thread, without asking anybody. */
import { hmac } from './forge.ts'
import { guesses } from './guesses.ts'

export interface Search {
  /** null: none of the list. */
  readonly found: string | null
  readonly tried: number
  readonly of: number
  /** Measured here, now. */
  readonly perSecond: number
}

export interface SearchOptions {
  readonly signal: AbortSignal
  /** 0 to 1. */
  progress(done: number): void
}

/** Between two looks at whether to stop. */
const TURN = 1_000

/** @throws DOMException AbortError */
export async function searchSecret(
  input: string,
  signature: string,
  { signal, progress }: SearchOptions,
): Promise<Search> {
  const all = guesses()
  const began = performance.now()
  let tried = 0
  let found: string | null = null
  while (tried < all.length && found === null) {
    const turn = all.slice(tried, tried + TURN)
    const at = turn.findIndex((secret) => hmac(secret, input) === signature)
    found = turn[at] ?? null
    tried += found === null ? turn.length : at + 1
    progress(tried / all.length)
    await new Promise((resolve) => setTimeout(resolve, 0))
    signal.throwIfAborted()
  }
  const seconds = Math.max((performance.now() - began) / 1000, 0.001)
  return { found, tried, of: all.length, perSecond: Math.round(tried / seconds) }
}
