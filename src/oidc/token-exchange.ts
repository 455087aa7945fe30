/**
 * Token exchange (RFC 8693): an access token in, one for another audience out. It says and does at most what the first one
 * did, ends no later, hangs on the same session, and names everybody who acts in between.
 */
import { errors } from 'oidc-provider'
import type { JsonObject } from '../json.ts'
import { clientSubject } from '../login/client-subject.ts'
import { scopeParts } from '../login/scope.ts'
import type { Client } from './client.ts'
import { type GrantParams, param, scopeOf, targetOf } from './grant-terms.ts'
import { type GrantHandler, type GrantParts, grantHandler, issueTo } from './issued.ts'

export const EXCHANGE_PARAMETERS: readonly string[] = [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'audience',
  'resource',
  'scope',
]
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const TOKEN_TYPES = [ACCESS_TOKEN, 'urn:ietf:params:oauth:token-type:jwt']
/** So many services may hand a request on. */
const MOST_ACTORS = 5

export function createTokenExchange(parts: GrantParts): GrantHandler {
  const { audiences, derived, logins } = parts

  /** The claims of a token of ours that is good now, for whatever audience. */
  const verified = async (params: GrantParams, name: 'subject_token' | 'actor_token'): Promise<JsonObject> => {
    checkType(params, `${name}_type`)
    const token = param(params, name)
    const claims = token === undefined ? null : ((await logins.introspect(token))?.token ?? null)
    if (!claims) throw new errors.InvalidRequest(`${name} is no access token of ours that is good now`)
    // Whoever it is bound to could use it; what is made of it would be bound to nobody.
    if (claims.cnf !== undefined) throw new errors.InvalidRequest(`${name} is bound to a key`)
    return claims
  }

  return grantHandler(parts, async ({ client, params }, ctx) => {
    if (params.requested_token_type !== undefined) checkType(params, 'requested_token_type')
    const subject = await verified(params, 'subject_token')
    checkMayExchange(client, subject)
    const actor = params.actor_token === undefined ? null : await verified(params, 'actor_token')
    const audience = targetOf(params, client)
    const carried = scopeParts(typeof subject.scope === 'string' ? subject.scope : '')
    const scope = scopeOf(params, client, audiences[audience], carried)
    const act = actorsOf(client, subject, actor)
    const [sessionId, origin] = [String(subject.sid), String(subject.jti)]
    const { response, tokenId, expiresAt } = await issueTo(
      parts,
      client,
      sessionId,
      { audience: [audience], scope, notAfter: Number(subject.exp), ...(act ? { act } : {}) },
      'token_exchange',
    )
    await derived.note(origin, tokenId, expiresAt)
    // Whoever revokes the first one from here on finds the second; before that, it is seen here.
    await verified(params, 'subject_token')
    ctx.body = { ...response, issued_token_type: ACCESS_TOKEN }
  })
}

function checkType(params: GrantParams, name: string): void {
  if (!TOKEN_TYPES.includes(param(params, name) ?? ''))
    throw new errors.InvalidRequest(`${name} must be ${ACCESS_TOKEN}`)
}

/** Its own token, or one that was meant for it; and where the token says who may act, that it is this client. */
function checkMayExchange(
  { client_id: id, serves }: Client,
  { aud, client_id: owner, may_act: mayAct }: JsonObject,
): void {
  const isMeant = [aud].flat().some((one) => typeof one === 'string' && serves.includes(one))
  if (owner !== id && !isMeant) throw new errors.InvalidRequest('the token is neither of nor for this client')
  if (mayAct === undefined) return
  const named = typeof mayAct === 'object' && mayAct !== null && 'sub' in mayAct ? mayAct.sub : null
  if (named !== clientSubject(id)) throw new errors.InvalidRequest('the token lets another one act')
}

/**
 * `act` of the new token: who acts now, and within it who did before (RFC 8693 §4.1). A client that only narrows a token of
 * its own adds nobody.
 */
function actorsOf(client: Client, subject: JsonObject, actor: JsonObject | null): JsonObject | null {
  const before = isObject(subject.act) ? subject.act : null
  if (actor === null && subject.client_id === client.client_id) return before
  if (actor !== null && actor.client_id !== client.client_id) {
    throw new errors.InvalidRequest('the actor token was not issued to this client')
  }
  const now = { sub: actor === null ? clientSubject(client.client_id) : String(actor.sub) }
  if (depthOf(before) >= MOST_ACTORS)
    throw new errors.InvalidRequest(`at most ${MOST_ACTORS} may act one after another`)
  return before ? { ...now, act: before } : now
}

function depthOf(act: JsonObject | null): number {
  return act === null ? 0 : 1 + depthOf(isObject(act.act) ? act.act : null)
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
