/**
 * What the engine can be asked. One line for each; the work is in a module of its own that is loaded when it is first needed.
 * Arguments and results are plain data: they cross from the page to the worker and back.
 */

export interface CallContext {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** How much is done, 0 to 1. */
  progress(done: number): void
}

export const CALLS = {
  /** How long this device takes for a SHA-256 of the product's own, in microseconds (the median of 200). */
  pace: async () => (await import('./pace.ts')).pace(),
} as const

export type Calls = typeof CALLS
export type CallName = keyof Calls
export type CallArgument<Name extends CallName> = Parameters<Calls[Name]>[0]
export type CallResult<Name extends CallName> = Awaited<ReturnType<Calls[Name]>>
