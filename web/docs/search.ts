/** Finds sections: every word must be there, as the beginning of a word counts more, in a heading more still. */

/** As `search.json` has them. */
export type Entry = readonly [url: string, title: string, heading: string, text: string]

export interface Hit {
  readonly url: string
  readonly title: string
  readonly heading: string
  readonly excerpt: string
}

const MOST = 20
const EXCERPT = 160

export function search(entries: readonly Entry[], asked: string): readonly Hit[] {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return []
  const scored = entries.flatMap((entry) => {
    const score = scoreOf(entry, words)
    return score === 0 ? [] : [{ entry, score }]
  })
  return scored
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MOST)
    .map(({ entry: [url, title, heading, text] }) => ({
      url,
      title,
      heading,
      excerpt: excerptOf(text, asked.toLowerCase().trim(), words),
    }))
}

function scoreOf([, title, heading, text]: Entry, words: readonly string[]): number {
  const phrase = words.join(' ')
  const whole = [title, heading, heading, text].filter((part) => part.toLowerCase().includes(phrase)).length
  let score = words.length > 1 ? whole * 6 : 0
  for (const word of words) {
    const inTitle = weightIn(title, word) * (heading === '' ? 12 : 3)
    const found = inTitle + weightIn(heading, word) * 8 + weightIn(text, word)
    if (found === 0) return 0
    score += found
  }
  return score
}

/** 2 where a word begins so, 1 anywhere else. */
function weightIn(text: string, word: string): number {
  const lower = text.toLowerCase()
  for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}]/u.test(lower[at - 1] ?? '')) return 2
  }
  return lower.includes(word) ? 1 : 0
}

function excerptOf(text: string, phrase: string, words: readonly string[]): string {
  const lower = text.toLowerCase()
  const at = Math.max(0, lower.includes(phrase) ? lower.indexOf(phrase) : lower.indexOf(words[0] ?? ''))
  const from = at < EXCERPT / 2 ? 0 : text.indexOf(' ', at - EXCERPT / 2) + 1
  const piece = text.slice(from, from + EXCERPT)
  return `${from > 0 ? '… ' : ''}${piece}${from + EXCERPT < text.length ? ' …' : ''}`
}
