/** A token as text to take elsewhere: in full, or without what makes it a credential. */
import type { Json, JsonObject } from '../../../src/json.ts'
import { isSignatureAlgorithm } from '../../../src/token/algorithms.ts'
import { lintToken } from './lint.ts'
import { explain, isInstant } from './registered.ts'
import { duration } from './times.ts'
import type { Token } from './token.ts'

/** Header and payload, without the signature. */
export function asJson({ header, payload }: Token): string {
  return JSON.stringify({ header, payload }, null, 2)
}

export function asCurl(): string {
  return "curl -H 'Authorization: Bearer YOUR_TOKEN' https://api.example.com/"
}

export function asTable({ header, payload }: Token): string {
  const rows = (['header', 'payload'] as const).flatMap((part) =>
    Object.entries((part === 'header' ? header : payload) ?? {}).map(
      ([name, value]) => `| ${part} | ${cell(name)} | ${cell(JSON.stringify(value))} |`,
    ),
  )
  return ['| part | name | value |', '| --- | --- | --- |', ...rows].join('\n')
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')

/** Names that say what kind of token it is, and nothing about whose. */
const KNOWN_TYPES = ['JWT', 'at+jwt', 'dpop+jwt', 'logout+jwt', 'secevent+jwt', 'dbsc+jwt']

/**
 * Structure, sizes, times as offsets and the verdict; no value of a claim, no signature. Names are kept only where a standard
 * registers them: others may tell whose token it is.
 * @param now seconds since 1970
 */
export function asRedacted(token: Token, verdict: string, now: number): string {
  const { kind, parts, faults, header, payload } = token
  const lines = [
    `Token: ${kind}, ${token.compact.length} characters`,
    `Parts: ${parts.map(({ name, bytes }) => `${name} ${bytes} B`).join(', ') || 'not taken apart'}`,
    `Verdict: ${verdict}`,
    ...members('header', header, now),
    ...members('payload', payload, now),
    ...faults.map(({ part, byte, reason }) => `Fault: ${part}, byte ${byte}: ${withoutQuotes(reason)}`),
    ...lintToken(token, now).map(({ code }) => `Lint: ${code}`),
  ]
  return lines.join('\n')
}

function members(part: 'header' | 'payload', object: Token['payload'], now: number): readonly string[] {
  return Object.entries(object ?? {}).map(([name, value], i) => {
    const known = explain(part, name) !== null
    return `${part} ${known ? name : `member ${i + 1} (a name of its own)`}: ${redacted(name, value, now)}`
  })
}

function redacted(name: string, value: unknown, now: number): string {
  if (name === 'alg' && (isSignatureAlgorithm(value) || value === 'none')) return value
  if (name === 'typ' && typeof value === 'string' && KNOWN_TYPES.includes(value)) return value
  if (isInstant(name, value)) return value >= now ? `in ${duration(value - now)}` : `${duration(now - value)} ago`
  if (typeof value === 'string') return `text, ${value.length} characters`
  if (Array.isArray(value)) return `list of ${value.length}, ${JSON.stringify(value).length} characters`
  if (typeof value === 'object' && value !== null) return `object, ${JSON.stringify(value).length} characters`
  return typeof value
}

/** A reason may quote what stands there. */
const withoutQuotes = (reason: string): string => reason.replace(/"(?:[^"\\]|\\.)*"|“[^”]*”/g, '…')

/**
 * The same shape with invented values, for signing with a key that everybody knows: texts keep their length, times their
 * distance from now, names only where a standard registers them.
 */
export function asSynthetic({
  header,
  payload,
}: Token): { readonly header: JsonObject; readonly payload: JsonObject } | null {
  return header && payload ? { header: invented('header', header), payload: invented('payload', payload) } : null
}

function invented(part: 'header' | 'payload', object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value], i) => {
      const known = explain(part, name) !== null
      const isKept = isInstant(name, value) || (name === 'typ' && KNOWN_TYPES.includes(String(value)))
      return [known ? name : `member_${i + 1}`, isKept ? value : blank(value)]
    }),
  )
}

function blank(value: Json): Json {
  if (typeof value === 'string') return 'x'.repeat(value.length)
  if (typeof value === 'number') return 0
  if (Array.isArray(value)) return value.map(blank)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.values(value).map((one, i) => [`member_${i + 1}`, blank(one)]))
}
