/** Whether an HS256 token is signed with one of the secrets that everybody tries first. */
import { hmac } from '../../attacks/forge.ts'
import { firstGuesses } from '../../attacks/guesses.ts'

/** @returns the secret, or null */
export function guessSecret(token: string): string | null {
  const end = token.lastIndexOf('.')
  const [input, signature] = [token.slice(0, end), token.slice(end + 1)]
  return firstGuesses().find((secret) => hmac(secret, input) === signature) ?? null
}
