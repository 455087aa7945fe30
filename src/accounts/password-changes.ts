/**
 * A password change takes two steps: the password is saved, the account's sessions end. A note outlives a process or a
 * store that fails in between, so that whoever meets it can take the second step.
 */
import type { Clock } from '../clock.ts'
import { sha256Base64url } from '../crypto/digest.ts'
import { randomId } from '../crypto/random.ts'
import { insist } from '../insist.ts'
import type { Json } from '../json.ts'
import type { RecordsOf } from '../records.ts'
import type { Account } from './account.ts'

/** The kind of the records. */
export const PASSWORD_CHANGES = 'password-change'

export interface PasswordChanges {
  /** Notes a change that is about to be saved; a note of a change that never was saved means nothing. */
  begin(accountId: string, passwordHash: string): Promise<PasswordChange>
  /** The notes of changes that were saved, whose sessions may still live. */
  unfinished(account: Account): Promise<readonly PasswordChange[]>
  /** Accounts with a note that has been there for longer than any change takes. */
  forgotten(): Promise<readonly string[]>
}

export interface PasswordChange {
  /** The sessions have ended, or the change was not made. */
  done(): Promise<void>
}

/** No session lives longer, so nothing is left to be ended by then. */
const KEPT_SECONDS = 400 * 86_400
/** A change that is still under way has a process to finish it. */
const UNDER_WAY_SECONDS = 60
const PAGE = 100

export function createPasswordChanges(recordsOf: RecordsOf, clock: Clock): PasswordChanges {
  const notes = recordsOf(PASSWORD_CHANGES)

  const changeOf = (key: string): PasswordChange => ({
    done: async () => void (await insist(() => notes.take(key, clock.now()))),
  })

  async function* pages(start: string | null) {
    for (let cursor = start; ; ) {
      const page = await notes.list(cursor, PAGE, clock.now())
      yield* page
      const last = page.at(-1)
      if (!last || page.length < PAGE) return
      cursor = last.key
    }
  }

  return {
    async begin(accountId, passwordHash) {
      const now = clock.now()
      // Ids have neither a dot nor anything that comes before it.
      const key = `${accountId}.${randomId()}`
      await insist(() => notes.put(key, { of: sha256Base64url(passwordHash), at: now }, now + KEPT_SECONDS, now))
      return changeOf(key)
    },

    async unfinished(account) {
      const found: PasswordChange[] = []
      const of = sha256Base64url(account.passwordHash)
      for await (const { key, value } of pages(`${account.id}.`)) {
        if (!key.startsWith(`${account.id}.`)) break
        if (readNote(value)?.of === of) found.push(changeOf(key))
      }
      return found
    },

    async forgotten() {
      const ids = new Set<string>()
      for await (const { key, value } of pages(null)) {
        const note = readNote(value)
        if (note && clock.now() >= note.at + UNDER_WAY_SECONDS) ids.add(key.slice(0, key.indexOf('.')))
      }
      return [...ids]
    },
  }
}

function readNote(value: Json): { readonly of: string; readonly at: number } | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { of, at } = value as { of?: Json; at?: Json }
  return typeof of === 'string' && typeof at === 'number' ? { of, at } : null
}
