/** What a route demands of a login besides being one: a recent or strong enough authentication, and claims. */
import type { Clock } from '../clock.ts'
import { AuthError } from '../errors.ts'
import type { Login } from '../login/login.ts'
import { leaseGone } from '../login/session-cookie.ts'
import { type Consistency, checkConsistency, type Freshness, type RevocationView } from '../revocation/check.ts'
import { StepUpRequired } from './step-up.ts'

/** By name: the value that the claim has or, where it is a list, one that it holds (several: all of them). */
export type ClaimsWanted<Claims> = {
  readonly [Name in keyof Claims]?: NonNullable<Claims[Name]> extends readonly (infer Item)[]
    ? Item | readonly Item[]
    : NonNullable<Claims[Name]>
}

export interface Requirement<Claims> {
  /** Seconds since the user last proved who they are, at most (`max_age` of RFC 9470). */
  readonly maxAge?: number
  /** The authentication context, or several that will do, the preferred one first (`acr_values` of RFC 9470). */
  readonly acr?: string | readonly string[]
  /** Claims that must be there, or a test of them. */
  readonly claims?: ClaimsWanted<Claims> | ((claims: Claims) => boolean)
  /**
   * How sure it must be that the login stands, where the route wants more than what the adapter has let in: `strict` reads the
   * store for every request; `deny` and `lookup` want no more than the lease, or one read after it. Default: what was let in.
   */
  readonly consistency?: Consistency
}

/** Passes, or throws `credentials.insufficient` (401, with what would do) or `policy.denied` (403). */
export type Demand<Claims> = (login: Pick<Login, 'acr' | 'authenticatedAt'> & { readonly claims: Claims }) => void

/** NQCHAR of RFC 6749: what may stand in the quoted `acr_values`, where a space separates. */
const ACR = /^[!#-[\]-~]+$/

/**
 * Claims are looked at before the authentication: nobody is sent to sign in again for what they may not do anyway.
 *
 * @throws TypeError for a requirement that makes no sense
 */
export function createDemand<Claims>(requirement: Requirement<Claims>, clock: Clock): Demand<Claims> {
  const { maxAge, acr, claims = {}, consistency = 'lease' } = requirement
  checkConsistency(consistency)
  if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge >= 0)) {
    throw new TypeError('maxAge is a whole number of seconds')
  }
  const acrValues = typeof acr === 'string' ? [acr] : acr
  if (acrValues !== undefined && !isAcrList(acrValues)) {
    throw new TypeError('acr is one or more values without spaces and quotes')
  }
  const holds = typeof claims === 'function' ? claims : createClaimsTest(claims)
  const stepUp = { acrValues: acrValues ?? [], maxAge: maxAge ?? null }

  return (login) => {
    // Only true lets in: a test that answers a promise by mistake does not.
    if (holds(login.claims) !== true) throw new AuthError('policy.denied', 'this login may not do that')
    const isOld = maxAge !== undefined && !(clock.now() - login.authenticatedAt <= maxAge)
    const isWeak = acrValues !== undefined && (login.acr === null || !acrValues.includes(login.acr))
    if (isOld || isWeak) throw new StepUpRequired(stepUp)
  }
}

/**
 * Whether a login that was found by `freshness` has to be read anew for a route.
 * @throws AuthError `revocation.stale` where the route would rather refuse
 */
export function mustRead(freshness: Freshness, wanted: Consistency, view: RevocationView): boolean {
  if (wanted === 'lease' || (freshness === 'lookup' && wanted !== 'deny')) return false
  if (wanted === 'strict') return true
  if (freshness === 'lease') return false
  if (wanted === 'lookup') return true
  if (wanted === 'deny' || !view.leaseHeldWithin(wanted.staleOkSeconds)) throw leaseGone()
  return false
}

function isAcrList(values: unknown): boolean {
  return Array.isArray(values) && values.length > 0 && values.every((value) => ACR.test(String(value)))
}

function createClaimsTest<Claims>(wanted: ClaimsWanted<Claims>): (claims: Claims) => boolean {
  if (typeof wanted !== 'object' || wanted === null) throw new TypeError('claims is an object or a function')
  const demands = Object.entries<unknown>(wanted)
  for (const [name, value] of demands) {
    const values = Array.isArray(value) ? value : [value]
    if (values.length === 0 || !values.every(isScalar)) {
      throw new TypeError(`claims: ${name} needs a text, a number, a boolean or a list of them; or give a function`)
    }
  }
  return (claims) =>
    demands.every(([name, value]) => {
      if (typeof claims !== 'object' || claims === null || !Object.hasOwn(claims, name)) return false
      const held: unknown = claims[name as keyof Claims]
      const values: readonly unknown[] = Array.isArray(value) ? value : [value]
      return Array.isArray(held) ? values.every((one) => held.includes(one)) : !Array.isArray(value) && held === value
    })
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}
