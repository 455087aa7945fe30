/** JSON read as far as it goes: what is wrong is named with its place, and what stands before it is kept. For showing only. */
import { MAX_DEPTH } from '../../../src/token/strict-json.ts'

export interface JsonFault {
  /** Index into the text. */
  readonly at: number
  readonly reason: string
}
export interface ReadJson {
  /** As far as it was read; undefined when nothing was. */
  readonly value: unknown
  /** In the order of their places. */
  readonly faults: readonly JsonFault[]
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORDS: readonly (readonly [word: string, value: unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}
const MAX_FAULTS = 20

/** Never throws. Members that stand twice are named, as are texts and numbers that the product refuses. */
export function readJson(text: string): ReadJson {
  const faults: JsonFault[] = []
  let at = 0
  let isBroken = false

  const note = (where: number, reason: string): void => {
    if (faults.length < MAX_FAULTS) faults.push({ at: where, reason })
  }
  const stop = (reason: string): undefined => {
    if (!isBroken) note(Math.min(at, text.length), at >= text.length ? `it ends here: ${reason}` : reason)
    isBroken = true
    return undefined
  }
  const skipBlank = (): void => {
    while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++
  }

  const readText = (): string => {
    const start = at++
    let value = ''
    for (;;) {
      const from = at
      while (at < text.length && text[at] !== '"' && text[at] !== '\\' && text.charCodeAt(at) >= 0x20) at++
      value += text.slice(from, at)
      const char = text[at]
      if (char === '"') {
        at++
        if (!value.isWellFormed()) note(start, 'half of a surrogate pair in a text')
        return value
      }
      if (char === undefined) {
        stop('a text has no end')
        return value
      }
      if (char !== '\\') {
        stop('a control character stands in a text')
        return value
      }
      const letter = text.charAt(at + 1)
      const hex = /^[\da-fA-F]{4}$/.exec(text.slice(at + 2, at + 6))
      if (letter === 'u' && hex) {
        value += String.fromCharCode(Number.parseInt(hex[0], 16))
        at += 6
      } else if (Object.hasOwn(ESCAPES, letter)) {
        value += ESCAPES[letter]
        at += 2
      } else {
        stop('an escape that JSON does not know')
        return value
      }
    }
  }

  const readObject = (depth: number): Record<string, unknown> => {
    const value: Record<string, unknown> = {}
    at++
    skipBlank()
    if (text[at] === '}') {
      at++
      return value
    }
    for (;;) {
      skipBlank()
      const nameAt = at
      if (text[at] !== '"') {
        stop('the name of a member is expected, in double quotes')
        return value
      }
      const name = readText()
      skipBlank()
      if (!isBroken && text[at] !== ':') stop('a colon is expected')
      if (isBroken) return value
      at++
      const member = readValue(depth)
      if (Object.hasOwn(value, name))
        note(nameAt, `the member ${quoted(name)} stands here again: readers disagree which counts`)
      if (name === '__proto__') note(nameAt, 'a member called __proto__')
      if (member !== undefined) Object.defineProperty(value, name, { value: member, ...PLAIN })
      skipBlank()
      if (isBroken) return value
      const next = text[at]
      if (next === '}') {
        at++
        return value
      }
      if (next !== ',') {
        stop('a comma or } is expected')
        return value
      }
      at++
    }
  }

  const readList = (depth: number): unknown[] => {
    const value: unknown[] = []
    at++
    skipBlank()
    if (text[at] === ']') {
      at++
      return value
    }
    for (;;) {
      const item = readValue(depth)
      if (item !== undefined) value.push(item)
      skipBlank()
      if (isBroken) return value
      const next = text[at]
      if (next !== ']' && next !== ',') {
        stop('a comma or ] is expected')
        return value
      }
      at++
      if (next === ']') return value
    }
  }

  const readValue = (depth: number): unknown => {
    skipBlank()
    const char = text[at]
    if (char === '"') return readText()
    if (char === '{' || char === '[') {
      if (depth >= MAX_DEPTH) return stop(`deeper than ${MAX_DEPTH} levels`)
      return char === '{' ? readObject(depth + 1) : readList(depth + 1)
    }
    for (const [word, value] of WORDS) {
      if (!text.startsWith(word, at)) continue
      at += word.length
      return value
    }
    NUMBER.lastIndex = at
    const digits = NUMBER.exec(text)?.[0]
    if (digits === undefined) return stop('a value is expected')
    const value = Number(digits)
    if (!Number.isFinite(value)) note(at, 'a number that is too large')
    at += digits.length
    return value
  }

  const value = readValue(0)
  skipBlank()
  if (!isBroken && at < text.length) stop('something follows after the end')
  return { value, faults: faults.toSorted((a, b) => a.at - b.at) }
}

const PLAIN = { configurable: true, enumerable: true, writable: true } as const

function quoted(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name)
}
