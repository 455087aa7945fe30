/** Which passwords are accepted, and the port of the hash that keeps them. */
import { AuthError } from '../errors.ts'
import { isCommonPassword } from './common-passwords.ts'

/** Makes and checks password hashes (PHC strings of argon2id). */
export interface PasswordHasher {
  /** @throws AuthError `account.busy` when too many callers wait already */
  hash(password: string): Promise<string>
  /** Whether the password made this hash; false for a hash of unknown form. @throws AuthError `account.busy` */
  verify(hash: string, password: string): Promise<boolean>
  /** Costs what `verify` costs, for accounts that do not exist. @throws AuthError `account.busy` */
  verifyNothing(password: string): Promise<void>
  /** True when the hash was made with other parameters than those of today. */
  needsRehash(hash: string): boolean
}

/** NIST SP 800-63B-4 asks for at least 8 characters beside other factors; length is what we can ask for. */
export const SHORTEST_PASSWORD = 8
/** In characters (code points); also bounds what a request can make the hash chew on. */
export const LONGEST_PASSWORD = 256

/**
 * The form that is hashed: NFKC, so that one password typed on two keyboards is one password (NIST SP 800-63B-4 §3.1.1.2).
 * Nothing is trimmed or cut.
 */
export function normalisePassword(password: string): string {
  return password.normalize('NFKC')
}

/**
 * Checks a new password.
 * @returns its normalised form
 * @throws AuthError `account.password_weak`; the message says what to change
 */
export function acceptNewPassword(password: string, email: string): string {
  // A bound before the normalisation, which can lengthen a text eighteenfold.
  if (password.length > LONGEST_PASSWORD * 2) throw weak(`Use at most ${LONGEST_PASSWORD} characters.`)
  if (!password.isWellFormed()) throw weak('Use characters that can be typed: this text is not valid Unicode.')
  const normal = normalisePassword(password)
  const length = [...normal].length
  if (length < SHORTEST_PASSWORD) throw weak(`Use at least ${SHORTEST_PASSWORD} characters.`)
  if (length > LONGEST_PASSWORD) throw weak(`Use at most ${LONGEST_PASSWORD} characters.`)
  const lower = normal.toLowerCase()
  const mailbox = email.slice(0, email.lastIndexOf('@'))
  if (lower === email || lower === mailbox) throw weak('Use something other than your email address.')
  if (isCommonPassword(lower)) throw weak('This password is among the first that an attacker tries. Choose another.')
  return normal
}

/** The form in which a presented password is compared; null when no stored hash can belong to it. */
export function readPresentedPassword(password: string): string | null {
  if (password.length > LONGEST_PASSWORD * 2 || !password.isWellFormed()) return null
  const normal = normalisePassword(password)
  return [...normal].length > LONGEST_PASSWORD ? null : normal
}

function weak(message: string): AuthError {
  return new AuthError('account.password_weak', message)
}
