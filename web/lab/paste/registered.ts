/** What the members of headers and payloads mean, in a sentence each. */

const HEADER: Readonly<Record<string, string>> = {
  alg: 'The algorithm that the sender says it used. A verifier compares it with its own list and never follows it (RFC 8725 §3.1).',
  typ: 'What kind of token it is. at+jwt: an access token (RFC 9068).',
  kid: 'Which key of the issuer signed. Only a name: it must never become a path or a query.',
  cty: 'What the payload is; JWT: a token in a token.',
  crit: 'Extensions that a verifier must know, or refuse the token (RFC 7515 §4.1.11).',
  jku: 'An address of keys that the sender offers. Following it means trusting the sender.',
  jwk: 'A key that the sender offers. Using it means trusting the sender.',
  x5u: 'An address of a certificate that the sender offers. Never fetched.',
  x5c: 'Certificates that the sender offers.',
  x5t: 'A digest that names a certificate.',
  'x5t#S256': 'A SHA-256 digest that names a certificate.',
  b64: 'false: the payload is signed as it is, not encoded (RFC 7797).',
  zip: 'The payload is compressed.',
  enc: 'How the content of a JWE is encrypted.',
  epk: 'The sender’s one-time public key (ECDH-ES).',
}
const PAYLOAD: Readonly<Record<string, string>> = {
  iss: 'Who issued it. A verifier knows the one value it accepts.',
  sub: 'Whom it is about: the issuer’s stable id of the user.',
  aud: 'Which services it is for. Another service must refuse it.',
  exp: 'From this second on it is refused.',
  nbf: 'Before this second it is refused.',
  iat: 'When it was issued.',
  jti: 'Its own id: to revoke one token, and to notice a copy.',
  sid: 'The session that it belongs to: ending that session ends it.',
  gen: 'The subject’s generation: raised, it voids every older token (Sojourn).',
  scope: 'What the client may do, words apart by spaces.',
  client_id: 'The client that asked for it.',
  azp: 'The client that an ID token was issued to.',
  auth_time: 'When the user last proved who they are.',
  acr: 'How strong that proof was.',
  amr: 'By which means: pwd, otp, hwk …',
  nonce: 'Ties an ID token to one login request.',
  at_hash: 'Ties an ID token to an access token.',
  c_hash: 'Ties an ID token to an authorization code.',
  act: 'Who acts for the subject (token exchange, RFC 8693).',
  cnf: 'The key that the sender must prove to hold (RFC 7800): stolen alone it is worthless.',
  status: 'Where its status is published (Token Status List).',
  events: 'What happened: a logout or security event token.',
  htm: 'The method of the one request that a DPoP proof is for.',
  htu: 'The address of the one request that a DPoP proof is for.',
  ath: 'The digest of the access token that a DPoP proof goes with.',
  roles: 'What the user may do, as of iat. It does not change before the next token.',
  groups: 'The user’s groups, as of iat.',
  email: 'Personal data, readable by whoever sees the token.',
  _sd: 'Digests of claims that the holder may disclose (SD-JWT).',
  _sd_alg: 'The hash of those digests.',
}

/** Null: a name of the issuer’s own. */
export function explain(part: 'header' | 'payload', name: string): string | null {
  const table = part === 'header' ? HEADER : PAYLOAD
  return Object.hasOwn(table, name) ? (table[name] ?? null) : null
}

const INSTANTS = ['exp', 'iat', 'nbf', 'auth_time', 'updated_at']

/** Whether a value is an instant (a NumericDate), and can be shown as a time. */
export function isInstant(name: string, value: unknown): value is number {
  return INSTANTS.includes(name) && typeof value === 'number' && value >= 0 && value < 8_640_000_000_000
}
