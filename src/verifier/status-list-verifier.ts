/** A verifier outside the fleet: signature and claims first, then the issuer's status list. Its reader is loaded with the first token. */
import { AuthError } from '../errors.ts'
import { once } from '../on-demand.ts'
import { checkAddress } from '../token/fetching.ts'
import type { KeySource } from '../token/key-set.ts'
import type { StatusListReader, StatusListReaderOptions } from './status-list-reader.ts'
import type { VerifiedClaims } from './verified-claims.ts'
import type { Verifier } from './verifier-shape.ts'

/** For a service that shares no store with the issuer and holds none of its keys. */
export interface StatusListRevocations {
  /**
   * What the addresses of the issuer's status lists begin with, such as `https://login.example/status/`: https, or http on
   * loopback, with a slash at the end. Only addresses below it are fetched.
   */
  readonly statusLists: string
}

const VALID = 0

/** @param inner checks signature and claims, of which `status` is one. @throws TypeError for an address that will not do */
export function createStatusListVerifier(
  inner: Verifier,
  source: KeySource,
  policy: Pick<StatusListReaderOptions, 'algorithms' | 'clock' | 'clockToleranceSeconds'>,
  { statusLists }: StatusListRevocations,
): Verifier {
  const { algorithms, clock, clockToleranceSeconds } = policy
  const prefix = checkPrefix(statusLists)
  let reader: StatusListReader | null = null
  const load = once(async () => {
    const { createStatusListReader } = await import('./status-list-reader.ts')
    reader = createStatusListReader({ prefix, source, algorithms, clock, clockToleranceSeconds })
    return reader
  })

  const checkExpiry = ({ exp }: VerifiedClaims): void => {
    if (!(clock() < exp)) throw new AuthError('token.expired', 'the token has expired')
  }

  const verifyNow = (token: string): VerifiedClaims | undefined => {
    const claims = inner.verifyNow(token)
    const status = claims && reader?.now(claims.status)
    if (claims === undefined || status === undefined) return undefined
    checkStatus(status)
    return claims
  }

  const verifyDetailed: Verifier['verifyDetailed'] = async (token, consistency) => {
    if (consistency === 'strict') throw new TypeError('a status list is up to a minute old: it cannot be strict')
    const { claims } = await inner.verifyDetailed(token)
    const lists = reader ?? (await load())
    checkStatus(await lists.read(claims.status))
    checkExpiry(claims)
    return { claims, freshness: 'stale' }
  }

  return {
    revocation: 'status-list',
    verifyNow,
    verifyDetailed,
    guard(claims) {
      const status = reader?.now(claims.status)
      if (status === undefined) throw new AuthError('revocation.stale', 'the status list has expired: verify again')
      checkStatus(status)
      checkExpiry(claims)
    },
    async verify(token, consistency) {
      const known = consistency === 'strict' ? undefined : verifyNow(token)
      return known ?? (await verifyDetailed(token, consistency)).claims
    },
  }
}

/** Whatever is not VALID is refused, what applications mean by the other statuses included. @throws AuthError `token.revoked` */
function checkStatus(status: number): void {
  if (status !== VALID) throw new AuthError('token.revoked', 'the token or its session has been revoked')
}

function checkPrefix(text: string): string {
  const { href, search, hash } = checkAddress('revocations.statusLists', text)
  if (!href.endsWith('/') || search !== '' || hash !== '') {
    throw new TypeError('revocations.statusLists is an address that ends with a slash')
  }
  return href
}
