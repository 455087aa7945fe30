/** Several tokens in one paste: those of one issuer, subject and audience together, the oldest first. */
import type { JsonObject } from '../../../src/json.ts'
import type { FoundToken } from './read-paste.ts'

export interface TokenGroup {
  /** `iss`, `sub` and `aud` as text; empty where a token has none. */
  readonly issuer: string
  readonly subject: string
  readonly audience: string
  readonly tokens: readonly FoundToken[]
}

export function groupTokens(tokens: readonly FoundToken[]): readonly TokenGroup[] {
  const groups = new Map<string, FoundToken[]>()
  for (const found of tokens) {
    const key = JSON.stringify(namesOf(found.token.payload))
    const group = groups.get(key)
    if (group) group.push(found)
    else groups.set(key, [found])
  }
  return [...groups.values()].map((group) => {
    const [issuer, subject, audience] = namesOf(group[0]?.token.payload ?? null)
    return { issuer, subject, audience, tokens: group.toSorted((a, b) => issuedAt(a) - issuedAt(b)) }
  })
}

function namesOf(payload: JsonObject | null): readonly [string, string, string] {
  const of = (value: unknown): string =>
    typeof value === 'string' ? value : value === undefined ? '' : (JSON.stringify(value) ?? '')
  return [of(payload?.iss), of(payload?.sub), of(payload?.aud)]
}

/** Tokens without `iat` come last, in the order in which they were found. */
function issuedAt({ token }: FoundToken): number {
  const iat = token.payload?.iat
  return typeof iat === 'number' ? iat : Number.MAX_VALUE
}
