/** What differs between two tokens, member by member. */
import type { JsonObject } from '../../../src/json.ts'
import type { Token } from './token.ts'

export interface Difference {
  readonly part: 'header' | 'payload'
  readonly name: string
  readonly change: 'same' | 'changed' | 'added' | 'removed'
  /** As JSON; null: it is not there. */
  readonly before: string | null
  readonly after: string | null
}

export function diffTokens(before: Token, after: Token): readonly Difference[] {
  return (['header', 'payload'] as const).flatMap((part) => members(part, before[part] ?? {}, after[part] ?? {}))
}

function members(part: Difference['part'], before: JsonObject, after: JsonObject): readonly Difference[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].map((name) => {
    const [was, is] = [textOf(before, name), textOf(after, name)]
    const change = was === is ? 'same' : was === null ? 'added' : is === null ? 'removed' : 'changed'
    return { part, name, change, before: was, after: is }
  })
}

const textOf = (of: JsonObject, name: string): string | null =>
  Object.hasOwn(of, name) ? (JSON.stringify(of[name]) ?? null) : null
