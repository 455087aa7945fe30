/** The refresh token's text: `<family id>.<step>.<secret>.<tag>`, and the sealing of its successor. */
import { sha256Base64url } from '../crypto/digest.ts'
import { randomSecret } from '../crypto/random.ts'
import { expand, openText, type SecretRing, sealText } from '../crypto/secret-ring.ts'

export interface RefreshToken {
  readonly familyId: string
  readonly step: number
  readonly secret: string
}

const TAG = 'refresh-token'
const SUCCESSOR = 'sojourn/refresh-successor'
const SERVER_SUCCESSOR = 'refresh-successor'
/** Marks a successor that the server sealed for itself, not having seen the token it follows. */
const SERVER_SEALED = 'ring:'
/** 22 + 1 + up to 10 + 1 + 32 + 1 + 22: anything longer is not looked at. */
const MAX_LENGTH = 89
const SHAPE = /^([A-Za-z0-9_-]{22})\.(0|[1-9][0-9]{0,9})\.([A-Za-z0-9_-]{32})\.([A-Za-z0-9_-]{22})$/

const encoder = new TextEncoder()

/** A token of this family and step with a new secret. */
export function newRefreshToken(familyId: string, step: number): RefreshToken {
  return { familyId, step, secret: randomSecret() }
}

/** What a store keeps of a token's secret. */
export function secretHashOf(token: RefreshToken): string {
  return sha256Base64url(token.secret)
}

export function formatRefreshToken(token: RefreshToken, secrets: SecretRing): string {
  const rest = `${token.familyId}.${token.step}.${token.secret}`
  return `${rest}.${secrets.tag(TAG, rest)}`
}

/** The token, or null unless its form is right and its tag genuine. No store is needed to tell. */
export function parseRefreshToken(text: string, secrets: SecretRing): RefreshToken | null {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return null
  const parts = SHAPE.exec(text)
  if (!parts) return null
  const [, familyId = '', step = '', secret = '', tag = ''] = parts
  if (!secrets.checkTag(TAG, text.slice(0, -23), tag)) return null
  return { familyId, step: Number(step), secret }
}

/**
 * Encrypts the successor so that only who holds the presented token can read it: the key comes from its secret, of which
 * the store has nothing but a hash. The family and step are bound to it.
 */
export function sealSuccessor(presented: RefreshToken, successor: RefreshToken): Promise<string> {
  return sealText(successorKey(presented), successor.secret, contextOf(successor))
}

/** As `sealSuccessor`, for a rotation that the server began without being shown the token. */
export async function sealForServer(successor: RefreshToken, secrets: SecretRing): Promise<string> {
  return SERVER_SEALED + (await secrets.seal(SERVER_SUCCESSOR, successor.secret, contextOf(successor)))
}

/** The successor of `presented`; null when the sealed value was not made for it. */
export async function openSuccessor(
  presented: RefreshToken,
  sealed: string,
  secrets: SecretRing,
): Promise<RefreshToken | null> {
  const place = { familyId: presented.familyId, step: presented.step + 1 }
  const secret = sealed.startsWith(SERVER_SEALED)
    ? await secrets.open(SERVER_SUCCESSOR, sealed.slice(SERVER_SEALED.length), contextOf(place))
    : await openText(successorKey(presented), sealed, contextOf(place))
  return secret === null ? null : { ...place, secret }
}

function successorKey(presented: RefreshToken): Uint8Array {
  return expand(encoder.encode(presented.secret), SUCCESSOR)
}

function contextOf({ familyId, step }: { readonly familyId: string; readonly step: number }): string {
  return `${familyId}.${step}`
}
