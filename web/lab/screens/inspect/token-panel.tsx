/** The token as it was pasted: coloured by part and labelled, what is broken marked and named. */
import { useState } from 'preact/hooks'
import type { Fault, Part, Token } from '../../paste/token.ts'
import { Check } from '../../ui/controls.tsx'
import { Note, Panel } from '../../ui/parts.tsx'

const KINDS: Readonly<Record<Token['kind'], string>> = {
  jws: 'JWS, signed',
  jwe: 'JWE, encrypted',
  'sd-jwt': 'SD-JWT, with disclosures',
  unsecured: 'unsecured (alg none)',
  paseto: 'PASETO',
}
const MAX_MARKS = 20

export function TokenPanel({ token }: { readonly token: Token }) {
  const [isHidden, setHidden] = useState(false)
  const { kind, parts, faults, notes } = token
  return (
    <Panel
      title={`The token: ${KINDS[kind]}`}
      tools={<Check label="hide the signature" checked={isHidden} onChange={setHidden} />}
    >
      <ul class="legend">
        {parts.map(({ name, bytes, start }, i) => (
          <li key={start}>
            <span class={`part-${(i % 3) + 1}`}>■</span> {name} {bytes} B
          </li>
        ))}
      </ul>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="token-text" aria-label="The token, part by part" tabIndex={0}>
        {pieces(token, isHidden)}
      </section>
      {notes.map((note) => (
        <Note key={note} tone={kind === 'unsecured' ? 'bad' : 'warn'}>
          {note}
        </Note>
      ))}
      {faults.length > 0 ? (
        <ul class="plain-list" aria-label="What is broken">
          {faults.map((fault) => (
            <li key={`${fault.index} ${fault.reason}`}>
              <Note tone="bad">{inWords(fault)}</Note>
            </li>
          ))}
        </ul>
      ) : null}
    </Panel>
  )
}

export function inWords({ part, byte, inside, reason }: Fault): string {
  const where =
    inside === null ? `byte ${byte} of the token` : `byte ${inside} of what it holds (byte ${byte} of the token)`
  return part === 'token' ? `The token, byte ${byte}: ${reason}.` : `The ${part}, ${where}: ${reason}.`
}

function pieces(token: Token, isHidden: boolean) {
  const { text, parts, faults } = token
  if (parts.length === 0) return text
  const shown = []
  let at = 0
  for (const [i, part] of parts.entries()) {
    if (part.start > at) shown.push(text.slice(at, part.start))
    shown.push(
      <span key={part.start} class={`part-${(i % 3) + 1}`}>
        {isHidden && part.name === 'signature' ? '…' : marked(text, part, faults)}
      </span>,
    )
    at = part.end
  }
  shown.push(text.slice(at))
  return shown
}

function marked(text: string, { start, end }: Part, faults: readonly Fault[]) {
  const places = [...new Set(faults.map(({ index }) => index))]
    .filter((index) => index >= start && index < end)
    .slice(0, MAX_MARKS)
  const shown = []
  let at = start
  for (const place of places) {
    if (place < at) continue
    const next = place + String.fromCodePoint(text.codePointAt(place) ?? 0).length
    shown.push(text.slice(at, place), <mark key={place}>{text.slice(place, next)}</mark>)
    at = next
  }
  shown.push(text.slice(at, end))
  return shown
}
