/** A curl command, read for its headers and values; nothing is run. */
import type { Field } from './scan.ts'

type Header = readonly [name: string, value: string]

/** `text` as words of a shell: single, double and `$'…'` quotes, backslashes, lines that go on. */
export function shellWords(text: string): readonly string[] {
  const words: string[] = []
  let word: string | null = null
  let i = 0
  const until = (end: string, hasEscapes: boolean): string => {
    let read = ''
    for (i++; i < text.length && text[i] !== end; i++) {
      if (hasEscapes && text[i] === '\\' && i + 1 < text.length) i++
      read += text[i]
    }
    return read
  }
  for (; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === "'") word = (word ?? '') + until("'", false)
    else if (char === '"') word = (word ?? '') + until('"', true)
    else if (char === '$' && text[i + 1] === "'") {
      i++
      word = (word ?? '') + until("'", true)
    } else if (/[\\^]/.test(char) && /^\r?\n/.test(text.slice(i + 1, i + 3))) i += text[i + 1] === '\r' ? 2 : 1
    else if (char === '\\') {
      i++
      word = (word ?? '') + text.charAt(i)
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + char
  }
  if (word !== null) words.push(word)
  return words
}

/** Long and short names of the options that take a value which may hold a token. */
const VALUES: Readonly<Record<string, string>> = {
  '-d': 'body',
  '--data': 'body',
  '--data-raw': 'body',
  '--data-binary': 'body',
  '--data-urlencode': 'body',
  '--json': 'body',
  '-F': 'form',
  '--form': 'form',
}

export function curlFields(text: string): { readonly headers: readonly Header[]; readonly others: readonly Field[] } {
  const headers: Header[] = []
  const others: Field[] = []
  const words = shellWords(text)
  for (let i = 0; i < words.length; i++) {
    const [option, value] = optionAt(words, i)
    if (option === '-H' || option === '--header') {
      const colon = value.indexOf(':')
      headers.push([value.slice(0, colon).trim().toLowerCase(), value.slice(colon + 1).trim()])
    } else if (option === '-b' || option === '--cookie') headers.push(['cookie', value])
    else if (option === '--oauth2-bearer') headers.push(['authorization', `Bearer ${value}`])
    else if (Object.hasOwn(VALUES, option)) others.push({ source: `curl: ${VALUES[option]}`, text: value })
    else if (/^[a-z]+:\/\//i.test(option)) others.push({ source: 'curl: address', text: option })
  }
  return { headers, others }
}

/** `-H value`, `-Hvalue` and `--header=value`. */
function optionAt(words: readonly string[], i: number): readonly [option: string, value: string] {
  const word = words[i] ?? ''
  const equals = word.indexOf('=')
  if (word.startsWith('--') && equals > 0) return [word.slice(0, equals), word.slice(equals + 1)]
  if (/^-[HbdF]./.test(word)) return [word.slice(0, 2), word.slice(2)]
  return [word, words[i + 1] ?? '']
}
