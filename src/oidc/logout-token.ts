/** Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4). */
import { randomId } from '../crypto/random.ts'
import { AuthError } from '../errors.ts'
import type { Logout } from './outbox.ts'
import type { CurrentKeys } from './signing.ts'

const LIFE_SECONDS = 120
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** @throws AuthError `keys.unavailable` when no key of the client's algorithm signs */
export async function logoutToken(issuer: string, keys: CurrentKeys, logout: Logout, now: number): Promise<string> {
  const key = keys.signing.get(logout.algorithm)
  if (!key) throw new AuthError('keys.unavailable', `no key of ${logout.algorithm} signs now`)
  const signed = [
    { alg: key.algorithm, typ: 'logout+jwt', kid: key.keyId },
    {
      iss: issuer,
      aud: logout.clientId,
      iat: now,
      exp: now + LIFE_SECONDS,
      jti: randomId(),
      sub: logout.subject,
      sid: logout.sid,
      events: { [EVENT]: {} },
    },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${await key.sign(signed)}`
}
