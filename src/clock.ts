/** The one clock. Everything that needs the time is handed a `Clock`. */

export interface Clock {
  /** Whole seconds since 1970 (RFC 7519 NumericDate without a fraction). */
  now(): number
  /** Wall time in milliseconds since 1970; may step. Only `revocation/` uses it. */
  wallMs(): number
  /** Monotonic time in milliseconds from an arbitrary origin; never steps back. Only `revocation/` uses it. */
  monoMs(): number
}

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
}
