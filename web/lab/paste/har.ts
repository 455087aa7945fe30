/** A recording of a browser's requests (HAR 1.2), read for the places where tokens stand. */
import type { Field } from './scan.ts'

export interface HarFields {
  readonly fields: readonly Field[]
  readonly cookies: readonly (readonly [name: string, value: string])[]
  readonly notes: readonly string[]
}

const MAX_ENTRIES = 2000
/** A token in a body longer than that is not looked for. */
const MAX_BODY_CHARS = 100_000

type Bag = Readonly<Record<string, unknown>>
const bag = (value: unknown): Bag => (typeof value === 'object' && value !== null ? (value as Bag) : {})
const list = (value: unknown): readonly Bag[] => (Array.isArray(value) ? value.map(bag) : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Null: it is no HAR. */
export function harFields(value: unknown): HarFields | null {
  const entries = bag(bag(value).log).entries
  if (!Array.isArray(entries)) return null
  const fields: Field[] = []
  const cookies: (readonly [string, string])[] = []
  for (const [i, entry] of list(entries.slice(0, MAX_ENTRIES)).entries()) {
    const [request, response] = [bag(entry.request), bag(entry.response)]
    const place = `request ${i + 1}`
    fields.push({ source: `${place}: address`, text: text(request.url) })
    for (const [side, message] of [
      ['', request],
      ['answer: ', response],
    ] as const) {
      for (const header of list(message.headers)) {
        const name = text(header.name)
        fields.push({ source: `${place}: ${side}${name}`, text: text(header.value) })
        if (name.toLowerCase() === 'set-cookie') {
          for (const line of text(header.value).split('\n')) cookies.push(['set-cookie', line])
        }
      }
    }
    for (const [side, body] of [
      ['body', bag(request.postData).text],
      ['answer: body', bag(response.content).text],
    ] as const) {
      fields.push({ source: `${place}: ${side}`, text: text(body).slice(0, MAX_BODY_CHARS) })
    }
  }
  const all = entries.length
  return {
    fields: fields.filter((field) => field.text !== ''),
    cookies,
    notes: [
      `HAR with ${all} request${all === 1 ? '' : 's'}${all > MAX_ENTRIES ? `; the first ${MAX_ENTRIES} are read` : ''}.`,
    ],
  }
}
