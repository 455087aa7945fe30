/** Scopes that a client asks for: services believe what a token says, so nobody gets one that nobody has allowed. */
import { AuthError } from '../errors.ts'

/**
 * The scope asked for, each part once and in order; null for none.
 * @throws AuthError `policy.denied` for a part that is not allowed
 */
export function grantScope(asked: string, allowed: readonly string[]): string | null {
  const wanted = scopeParts(asked)
  if (!wanted.every((part) => allowed.includes(part))) {
    throw new AuthError('policy.denied', 'the session may not have this scope')
  }
  return wanted.length > 0 ? wanted.join(' ') : null
}

/** The parts of a scope (RFC 6749 §3.3), each once and in order. */
export function scopeParts(scope: string): readonly string[] {
  return [...new Set(scope.split(' ').filter((part) => part !== ''))].sort()
}
