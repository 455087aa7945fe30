/** The sample library: what there is. The engine makes them on demand, with keys that RFCs print and everybody knows. */

export const SAMPLES = [
  ['access', 'Access token, ES256'],
  ['eddsa', 'Access token, EdDSA'],
  ['shared', 'HS256 with a shared secret'],
  ['rsa', 'RS256, the example of RFC 7515'],
  ['id-token', 'ID token with personal data'],
  ['expired', 'Expired'],
  ['not-yet', 'Not valid yet'],
  ['backwards', 'exp before iat'],
  ['long', 'Thirty days, no jti, no aud'],
  ['fat', 'Forty roles'],
  ['none', 'Hostile: alg none'],
  ['none-signed', 'Hostile: alg nOnE, with a signature'],
  ['weak', 'Hostile: signed with “secret”'],
  ['keys-inside', 'Hostile: brings its own keys (jku, x5u, jwk)'],
  ['crit', 'Hostile: crit that nobody knows'],
  ['kid', 'Hostile: kid with a path and a query'],
  ['twice', 'Hostile: a claim twice'],
  ['tampered', 'Hostile: payload changed after signing'],
  ['cut', 'Damaged: cut off in the payload'],
  ['odd-letter', 'Damaged: a letter that is no base64url'],
  ['latin1', 'Damaged: not UTF-8'],
  ['wrapped', 'Wrapped by an e-mail'],
  ['jwe', 'JWE, encrypted'],
  ['sd-jwt', 'SD-JWT with two disclosures'],
  ['paseto', 'PASETO'],
  ['set-cookie', 'Set-Cookie lines'],
  ['curl', 'A curl command'],
  ['har', 'A HAR with three tokens'],
  ['jwks', 'A JWK set'],
] as const

export type SampleName = (typeof SAMPLES)[number][0]

export function isSampleName(value: string): value is SampleName {
  return SAMPLES.some(([name]) => name === value)
}
