/** Prepared credentials side by side in one array of words: for caches that hold so many that an object for each is too much. */
import type { CredentialRef } from './engine.ts'
import { idKey } from './id-keys.ts'

/** How many words of 32 bits a packed credential takes; its generation is not among them. */
export const PACKED_WORDS = 9
/** Where the four words lie that stand for the session id. */
export const PACKED_SESSION = 1
/** Where those of the subject lie. */
export const PACKED_SUBJECT = 5

/** Bits of the first word: whether the id itself is in the words, or its digest. */
export const SESSION_DIRECT = 1
export const SUBJECT_DIRECT = 2

/** @throws TypeError for a token: its `jti` has no place here */
export function packKey(ref: CredentialRef, words: Int32Array, at: number): void {
  if (ref.tokenId !== null) throw new TypeError('only the credential of a session is packed')
  const session = idKey(ref.sessionId)
  const subject = idKey(ref.subject)
  words[at] = (session.direct ? SESSION_DIRECT : 0) | (subject.direct ? SUBJECT_DIRECT : 0)
  words[at + PACKED_SESSION] = session.k0
  words[at + PACKED_SESSION + 1] = session.k1
  words[at + PACKED_SESSION + 2] = session.k2
  words[at + PACKED_SESSION + 3] = session.k3
  words[at + PACKED_SUBJECT] = subject.k0
  words[at + PACKED_SUBJECT + 1] = subject.k1
  words[at + PACKED_SUBJECT + 2] = subject.k2
  words[at + PACKED_SUBJECT + 3] = subject.k3
}
