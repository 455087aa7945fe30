/** "Copy as test": a Vitest test of the jar that says what the screen says. Values become as many x. */
import type { Exchange } from './exchange.ts'
import { createJar } from './jar.ts'
import { parseSetCookie } from './set-cookie.ts'
import type { JarSettings } from './settings.ts'
import { pairOf } from './stored-cookie.ts'

export interface Situation {
  readonly lines: readonly string[]
  readonly setBy: Exchange
  readonly request: Exchange
  readonly ageMs: number
  readonly settings: JarSettings
}

export function snippetOf({ lines, setBy, request, ageMs, settings }: Situation): string {
  const masked = lines.map(mask)
  const jar = createJar(settings)
  for (const line of masked) jar.set(line, setBy, 0)
  const expected = jar.header(request, ageMs)
  return [
    "import { expect, it } from 'vitest'",
    "import { createJar } from './web/lab/jar/jar.ts'",
    '',
    `it('sends ${expected === null ? 'no cookie' : 'these cookies'} (${request.kind})', () => {`,
    `  const jar = createJar(${JSON.stringify(settings)})`,
    `  const setBy = ${JSON.stringify(setBy)}`,
    ...masked.map((line) => `  jar.set(${JSON.stringify(line)}, setBy, 0)`),
    `  const request = ${JSON.stringify(request)}`,
    `  expect(jar.header(request, ${ageMs})).toBe(${JSON.stringify(expected)})`,
    '})',
    '',
  ].join('\n')
}

/** The same line with nothing of its value left but the length. */
export function mask(line: string): string {
  const parsed = parseSetCookie(line)
  const [pair = '', ...rest] = line.split(';')
  if ('rejected' in parsed) {
    const equals = pair.indexOf('=')
    return [`${pair.slice(0, equals + 1)}${'x'.repeat(pair.length - equals - 1)}`, ...rest].join(';')
  }
  return [pairOf({ name: parsed.name, value: 'x'.repeat(parsed.value.length) }), ...rest].join(';')
}
