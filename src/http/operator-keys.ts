/** Operator keys: bearer values that may do what a role may. */
import { equalTexts, sha256Base64url } from '../crypto/digest.ts'

/** What can stand behind `Bearer` (RFC 6750 §2.1). */
const KEY = /^[A-Za-z0-9\-._~+/]{32,}=*$/

/**
 * Whether a bearer value is one of the keys. Digests are compared, all of them, in a time that depends on nothing that was
 * presented, the length of the keys included.
 *
 * @throws TypeError for a key that is short or cannot stand behind `Bearer`
 */
export function createOperatorKeyCheck(keys: readonly string[]): (presented: string) => boolean {
  const digests = keys.map((key) => {
    if (!KEY.test(key)) {
      throw new TypeError(
        'each operator key needs at least 32 characters out of A-Z a-z 0-9 - . _ ~ + / and = at its end',
      )
    }
    return sha256Base64url(key)
  })
  return (presented) => {
    const digest = sha256Base64url(presented)
    return digests.reduce((found, known) => equalTexts(known, digest) || found, false)
  }
}
