/** A cookie as the jar keeps it. */
import type { Priority, SameSite } from './set-cookie.ts'

export interface StoredCookie {
  readonly name: string
  readonly value: string
  /** Without a leading dot. */
  readonly domain: string
  readonly hostOnly: boolean
  readonly path: string
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: SameSite
  readonly priority: Priority
  /** Which partition it lives in; null: the common jar. */
  readonly partition: string | null
  readonly site: string
  readonly createdMs: number
  /** null: until the browser closes. */
  readonly expiresMs: number | null
  /** When it was last used, as far as the jar wrote it down. */
  readonly usedMs: number
  /** Order of creation, and of last use, among all cookies of this jar. */
  readonly createdAs: number
  readonly usedAs: number
}

export function pairOf({ name, value }: { readonly name: string; readonly value: string }): string {
  return name === '' ? value : `${name}=${value}`
}

/** Whether one takes the place of the other. */
export function isSameKey(a: StoredCookie, b: StoredCookie): boolean {
  return (
    a.name === b.name &&
    a.domain === b.domain &&
    a.hostOnly === b.hostOnly &&
    a.path === b.path &&
    a.partition === b.partition
  )
}

export function isExpired({ expiresMs }: StoredCookie, nowMs: number): boolean {
  return expiresMs !== null && nowMs >= expiresMs
}
