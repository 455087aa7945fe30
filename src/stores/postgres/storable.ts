/** Any text in a column of Postgres, which holds neither U+0000 nor half a surrogate pair. */

const MARK = '\u0001'

/**
 * The text itself, or, for one that Postgres cannot hold, a text that no other one becomes: an id that came from outside is
 * looked up, and logged, as what it is. Without it U+FFFD would stand in its place, which names another row.
 */
export function storable(text: string): string {
  return text.isWellFormed() && !text.includes('\0') && !text.startsWith(MARK) ? text : MARK + JSON.stringify(text)
}

/** What `storable` was given; null when it cannot have come from there. */
export function restored(stored: string): string | null {
  if (!stored.startsWith(MARK)) return stored
  try {
    const text: unknown = JSON.parse(stored.slice(MARK.length))
    return typeof text === 'string' ? text : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
