/** Whether an HS256 token is signed with one of the secrets that everybody tries first. */
import { encodeBase64url } from '../../../../src/crypto/base64url.ts'
import { hmacSha256 } from '../../../../src/crypto/digest.ts'

/** From tutorials and the word lists of crackers. */
const WORDS = [
  'secret',
  'Secret',
  'SECRET',
  'password',
  'Password1',
  'changeme',
  'change-me',
  'admin',
  'test',
  'dev',
  'key',
  'jwt',
  'token',
  'private',
  'qwerty',
  '123456',
  '12345678',
  'letmein',
  'jwt-secret',
  'jwt_secret',
  'jwtsecret',
  'your-secret',
  'your_secret',
  'mysecret',
  'my-secret',
  'supersecret',
  'super-secret',
  'secretkey',
  'secret-key',
  'secret_key',
  'shhhhh',
  'keyboard cat',
  'your-256-bit-secret',
  'your-384-bit-secret',
  'a-string-secret-at-least-256-bits-long',
  'secretsecretsecretsecret',
] as const
const encoder = new TextEncoder()

/** @returns the secret, or null */
export function guessSecret(token: string): string | null {
  const end = token.lastIndexOf('.')
  const [input, signature] = [token.slice(0, end), token.slice(end + 1)]
  return WORDS.find((word) => encodeBase64url(hmacSha256(encoder.encode(word), input)) === signature) ?? null
}
