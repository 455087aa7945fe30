/** Which claims belong to the protocol and which to the application. */

/** Claims of the protocol itself: the application never sets them and a patch never touches them (RFC 7519, 9068, 8693, 7800, 9470). */
export const PROTOCOL_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'sid',
  'gen',
  'client_id',
  'azp',
  'scope',
  'act',
  'may_act',
  'cnf',
  'auth_time',
  'acr',
  'amr',
  'nonce',
  'status',
])
