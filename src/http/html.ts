/** HTML from templates: whatever is put in is escaped, unless it is HTML already. */
import { escapeHtml } from './problem.ts'

/** Made by `html` only. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** null, undefined and false leave nothing. */
export type Piece = Html | string | number | null | undefined | false | readonly Piece[]

/** A template: `html\`<p>${text}</p>\``. Values may stand between tags and in double-quoted attributes, nowhere else. */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  let text = parts[0] ?? ''
  for (const [i, value] of values.entries()) text += render(value) + (parts[i + 1] ?? '')
  return new Html(text)
}

function render(piece: Piece): string {
  if (piece === null || piece === undefined || piece === false) return ''
  if (piece instanceof Html) return piece.text
  if (typeof piece === 'object') return piece.map(render).join('')
  return escapeHtml(String(piece))
}
