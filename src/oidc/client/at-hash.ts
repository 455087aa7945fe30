/** Whether an access token is the one that an ID token came with (OpenID Connect Core §3.1.3.6). */
import { createHash } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'

/** Hash by the end of the algorithm's name. Ed25519 hashes with SHA-512 by itself. */
const HASHES: Readonly<Record<string, string>> = { '256': 'sha256', '384': 'sha384', '512': 'sha512' }

/** @param idToken verified already */
export function fitsAccessToken(idToken: string, atHash: string, accessToken: string): boolean {
  const { alg = '' } = decodeProtectedHeader(idToken)
  const hash = alg === 'EdDSA' || alg === 'Ed25519' ? 'sha512' : HASHES[alg.slice(-3)]
  if (hash === undefined) return false
  const digest = createHash(hash).update(accessToken, 'ascii').digest()
  return digest.subarray(0, digest.length / 2).toString('base64url') === atHash
}
