/** What happened, in order: who sent what to whom, with which cookies. Values of tokens, codes and cookies are left out. */
import type { SetVerdict } from '../jar/jar.ts'
import { rejectionText, withheldText } from '../jar/reasons.ts'
import type { SendVerdict } from '../jar/sending.ts'

export const PARTIES = {
  browser: "Alice's browser",
  phone: 'Phone app',
  one: 'app-one',
  two: 'app-two',
  hub: 'Identity provider',
  api: 'API',
} as const
export type Party = keyof typeof PARTIES

export interface CookieNote {
  readonly name: string
  /** Whose it is. */
  readonly host: string
  readonly what: 'carried' | 'withheld' | 'kept' | 'removed' | 'refused'
  /** Why it was withheld or refused. */
  readonly why: string | null
}

export interface Arrow {
  /** `note`: nothing was sent. */
  readonly kind: 'ask' | 'answer' | 'note'
  readonly from: Party
  readonly to: Party
  readonly text: string
  /** Of the product's error, where the answer is one. */
  readonly code: string | null
  readonly cookies: readonly CookieNote[]
  /** Seconds since the beginning, by the simulation's clock. */
  readonly atSeconds: number
}

export interface Trace {
  readonly arrows: readonly Arrow[]
  ask(from: Party, to: Party, text: string, cookies?: readonly CookieNote[]): void
  answer(from: Party, to: Party, text: string, code?: string | null, cookies?: readonly CookieNote[]): void
  note(at: Party, text: string): void
}

export function createTrace(now: () => number): Trace {
  const arrows: Arrow[] = []
  const began = now()
  const add = (arrow: Omit<Arrow, 'atSeconds'>) => void arrows.push({ ...arrow, atSeconds: now() - began })
  return {
    arrows,
    ask: (from, to, text, cookies = []) => add({ kind: 'ask', from, to, text, code: null, cookies }),
    answer: (from, to, text, code = null, cookies = []) => add({ kind: 'answer', from, to, text, code, cookies }),
    note: (at, text) => add({ kind: 'note', from: at, to: at, text, code: null, cookies: [] }),
  }
}

/** What was sent along, and what was not; cookies of other sites are no news. @param what the request, in words: "POST" */
export function sentNotes(verdicts: readonly SendVerdict[], site: string | null, what: string): readonly CookieNote[] {
  return verdicts
    .filter(({ cookie, withheld }) => withheld.length === 0 || cookie.site === site)
    .map(({ cookie: { name, domain: host }, withheld }) =>
      withheld.length === 0
        ? { name, host, what: 'carried', why: null }
        : { name, host, what: 'withheld', why: withheld.map((code) => withheldText(code, what)).join('; ') },
    )
}

export function keptNotes(verdicts: readonly SetVerdict[], host: string): readonly CookieNote[] {
  return verdicts.map((verdict) => {
    const name = verdict.line?.name ?? '(a line that is no cookie)'
    if (verdict.stored) return { name, host, what: 'kept', why: null }
    if (verdict.reasons.length === 0) return { name, host, what: 'removed', why: null }
    return { name, host, what: 'refused', why: verdict.reasons.map(rejectionText).join('; ') }
  })
}

const OPEN_PARAMETERS = ['client_id', 'response_type', 'response_mode', 'code_challenge_method', 'audience', 'error']

/** Path and parameters, without the values of what is secret or random. */
export function shownUrl(url: string): string {
  const { pathname, searchParams } = new URL(url)
  return searchParams.size === 0 ? pathname : `${pathname}?${shownFields([...searchParams])}`
}

export function shownFields(fields: readonly (readonly [string, string])[]): string {
  return fields.map(([name, value]) => `${name}=${OPEN_PARAMETERS.includes(name) ? value : '…'}`).join('&')
}
