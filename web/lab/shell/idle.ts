/** Secrets do not outlive attention: everything is forgotten after fifteen idle minutes, and when the page is left. */

const IDLE_MS = 15 * 60_000
const WARNING_MS = 60_000

export interface IdleActions {
  forget(): void
  /** A minute before. Any key or click is enough to go on. */
  warn(): void
}

export function watchIdleness(page: Window, { forget, warn }: IdleActions): void {
  let warning = 0
  let end = 0
  const begin = (): void => {
    page.clearTimeout(warning)
    page.clearTimeout(end)
    warning = page.setTimeout(warn, IDLE_MS - WARNING_MS)
    end = page.setTimeout(forget, IDLE_MS)
  }
  for (const kind of ['keydown', 'pointerdown', 'paste', 'drop']) page.addEventListener(kind, begin, { passive: true })
  // The back-forward cache would keep it.
  page.addEventListener('pagehide', forget)
  begin()
}
