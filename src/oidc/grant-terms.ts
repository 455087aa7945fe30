/** What a client may have at the token endpoint when nobody is there to be asked: one audience, and scopes that it may ask for. */
import { errors } from 'oidc-provider'
import type { AudiencePolicy } from '../login/options.ts'
import { scopeParts } from '../login/scope.ts'
import type { Client } from './client.ts'

export type GrantParams = Readonly<Record<string, unknown>>

/** A parameter as text; undefined when it is absent or empty (RFC 6749 §3.2). */
export function param(params: GrantParams, name: string): string | undefined {
  const value = params[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/**
 * The one audience that `audience` (RFC 8693) or `resource` (RFC 8707) names.
 * @throws InvalidTarget for none, two, or one that is not the client's to ask for
 */
export function targetOf(params: GrantParams, client: Client): string {
  const asked = [params.audience, params.resource].flat().filter((one) => one !== undefined && one !== '')
  const [target] = new Set(asked)
  if (typeof target !== 'string' || new Set(asked).size > 1) {
    throw new errors.InvalidTarget('name one audience')
  }
  if (!client.audiences.includes(target)) throw new errors.InvalidTarget('this client may not ask for this audience')
  return target
}

/**
 * The scope asked for, or all that may be had.
 * @param carried what there is to give; null: whatever the client may ask for
 * @throws InvalidScope for more than that
 */
export function scopeOf(
  params: GrantParams,
  client: Client,
  policy: AudiencePolicy | undefined,
  carried: readonly string[] | null,
): string | null {
  const ofAudience = policy?.scopes ?? []
  const allowed = client.scopes.filter(
    (scope) => ofAudience.includes(scope) && (carried === null || carried.includes(scope)),
  )
  const asked = param(params, 'scope')
  const wanted = asked === undefined ? [...allowed].sort() : scopeParts(asked)
  if (!wanted.every((scope) => allowed.includes(scope))) {
    throw new errors.InvalidScope('the scope is more than may be had', asked ?? '')
  }
  return wanted.length > 0 ? wanted.join(' ') : null
}
