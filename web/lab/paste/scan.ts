/** Finds tokens in text: the whole of it, or wherever in it one stands. */

/** A place in what was pasted where tokens may stand. */
export interface Field {
  /** In words: `Authorization header`. */
  readonly source: string
  readonly text: string
}
export interface FoundText {
  readonly source: string
  readonly text: string
}

/** A header that begins with `{"`, `{ ` or `{}`, or with a line break after the brace. */
const BEGINS = /^e[yw3][\w-]/
const WITHIN =
  /(?<![\w.~+/-])e[yw3][\w-]{6,}(?:\.[\w-]*){1,4}(?:~[\w-]+(?:\.[\w-]+){0,2})*~?|\bv[1-4]\.(?:local|public)\.[\w-]{8,}(?:\.[\w-]+)?/g
const COMPACT = /^[\w-]{10,}\.[\w-]*\.[\w-]*$/
const PASETO = /^v[1-4]\.(?:local|public)\./
const WRAPPED = /^["'`\s]*(?:(?:bearer|dpop)\s+)?["'`]*|["'`\s,;]*$/gi

/** The one token that a text is, damaged or not, without what was copied along with it; null: it is something else. */
export function wholeToken(text: string): string | null {
  const inner = text.replace(WRAPPED, '')
  const dense = inner.replace(/\s+/g, '')
  if (PASETO.test(inner)) return inner
  const hasBlank = dense.length !== inner.length
  if (BEGINS.test(inner) && (hasBlank ? /^[\w.~=+/-]+$/.test(dense) && inner.includes('.') : true)) {
    // Two tokens under one another are a list.
    return (inner.match(WITHIN)?.length ?? 0) > 1 && hasBlank ? null : inner
  }
  return !hasBlank && COMPACT.test(inner) ? inner : null
}

/** Every token in a field, at most `limit`. A value that is percent-encoded is read decoded. */
export function tokensIn({ source, text }: Field, limit: number): readonly FoundText[] {
  const read = text.includes('%') ? decoded(text) : text
  const found: FoundText[] = []
  for (const [token] of read.matchAll(WITHIN)) {
    if (found.length >= limit) break
    // A lone word with one dot is no token, unless it is long: `eyes.open`.
    if (token.length >= 20) found.push({ source, text: token })
  }
  return found
}

function decoded(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, (part) => {
    try {
      return decodeURIComponent(part)
    } catch {
      return part
    }
  })
}
