/** The arrows of a run, cut where a note stands: each part is one thing that somebody does. */
import type { SsoRun } from '../../sso/run.ts'
import type { Arrow, CookieNote } from '../../sso/trace.ts'

export interface NumberedArrow extends Arrow {
  readonly number: number
}
export interface Act {
  readonly title: string
  readonly atSeconds: number
  readonly arrows: readonly NumberedArrow[]
}

export function actsOf({ arrows }: Pick<SsoRun, 'arrows'>): readonly Act[] {
  const acts: { title: string; atSeconds: number; arrows: NumberedArrow[] }[] = []
  let number = 0
  for (const arrow of arrows) {
    if (arrow.kind === 'note') acts.push({ title: arrow.text, atSeconds: arrow.atSeconds, arrows: [] })
    else acts.at(-1)?.arrows.push({ ...arrow, number: ++number })
  }
  return acts
}

/** The few words that fit on an arrow: without parameters, and without what an error says. */
export function shortText({ text }: Pick<Arrow, 'text'>): string {
  const [words = ''] = text.split(/[?:]| \w+=| \(Auth/)
  return words.length > 34 ? `${words.slice(0, 33)}…` : words
}

/** Cookies in short: `+sid` was sent or kept, `−sso` was not. */
export function shortCookies(cookies: readonly CookieNote[]): string {
  const signs = { carried: '+', kept: '+', withheld: '−', refused: '−', removed: '×' } as const
  return cookies
    .filter(({ why }) => why === null || !why.startsWith('it belongs to another host'))
    .map(({ name, what }) => `${signs[what]}${name.replace('__Host-Http-', '')}`)
    .join(' ')
}
