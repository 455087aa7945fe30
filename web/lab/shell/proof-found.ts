/** What Proof's self-test found in the life of this page: never a mark that was not earned here. */
export interface ProofFound {
  readonly stopped: number
  /** Something got out, or would have. */
  readonly open: number
  readonly of: number
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface FoundWords {
  readonly tone: 'good' | 'bad' | 'warn' | 'plain'
  readonly text: string
}

export function wordsOf(found: ProofFound | null): FoundWords {
  if (found === null) return { tone: 'plain', text: 'Whether anything can leave: not measured here yet' }
  const { stopped, open, of, at } = found
  const time = new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  const tone = of > 0 && stopped === of ? 'good' : open > 0 ? 'bad' : 'warn'
  return { tone, text: `${stopped} of ${of} ways out stopped, measured here at ${time}` }
}
