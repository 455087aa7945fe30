/** Pages of sessions and the cursors that name the next one. */
import { AuthError } from '../../errors.ts'
import type { Session } from '../../session/session.ts'
import type { SessionPage } from '../../session/store.ts'

/** Cuts one row more than asked for into a page and the cursor that names the next one. */
export function pageBy(found: readonly Session[], limit: number, cursorOf: (last: Session) => string): SessionPage {
  const sessions = found.slice(0, limit)
  const last = sessions.at(-1)
  return { sessions, cursor: found.length > limit && last ? cursorOf(last) : null }
}

/** `<created at>.<id>` */
export function parseByCreation(cursor: string): { readonly at: number; readonly id: string } {
  const match = /^(\d{1,15})\.(.+)$/s.exec(cursor)
  if (match?.[1] && match[2]) return { at: Number(match[1]), id: match[2] }
  throw malformedCursor()
}

/** `<shard>.<bucket>.<session>`: where the last page ended. */
export function parseByPlace(cursor: string): {
  readonly shard: number
  readonly bucket: number
  readonly ref: string
} {
  const match = /^(\d{1,4})\.([0-3])\.(.+)$/s.exec(cursor)
  if (match?.[1] && match[2] && match[3]) return { shard: Number(match[1]), bucket: Number(match[2]), ref: match[3] }
  throw malformedCursor()
}

function malformedCursor(): AuthError {
  return new AuthError('request.malformed', 'the cursor is not one that this list handed out')
}
