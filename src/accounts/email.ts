/** Email addresses in the one form under which accounts are kept. */
import { AuthError } from '../errors.ts'

const LONGEST_EMAIL = 254
const LONGEST_LOCAL_PART = 64

/**
 * The unique key of an account: NFKC, lower case, the domain in its ASCII form. Quoted local parts and address literals
 * are not taken.
 * @throws AuthError `account.invalid`
 */
export function normaliseEmail(text: string): string {
  const email = readEmail(text)
  if (email === null) throw new AuthError('account.invalid', 'Enter an email address, such as ada@example.org.')
  return email
}

/** As `normaliseEmail`, null for what is no address. */
export function readEmail(text: string): string | null {
  if (text.length > LONGEST_EMAIL * 2 || !text.isWellFormed()) return null
  const email = text.normalize('NFKC').toLowerCase().trim()
  const at = email.lastIndexOf('@')
  const local = email.slice(0, Math.max(at, 0))
  const domain = asciiDomain(email.slice(at + 1))
  if (domain === null || local.length > LONGEST_LOCAL_PART) return null
  if (!/^[^\s\p{C}@"(),:;<>[\\\]]+$/u.test(local) || /^\.|\.\.|\.$/.test(local)) return null
  const whole = `${local}@${domain}`
  return whole.length > LONGEST_EMAIL ? null : whole
}

function asciiDomain(domain: string): string | null {
  // The URL parser also takes ports, paths and numeric addresses: only names may reach it.
  if (!/^[\p{L}\p{M}\p{N}.-]{1,253}$/u.test(domain) || !URL.canParse(`http://${domain}`)) return null
  const host = new URL(`http://${domain}`).hostname
  const labels = host.split('.')
  const good = labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
  return good && !/^\d+$/.test(labels.at(-1) ?? '') ? host : null
}
