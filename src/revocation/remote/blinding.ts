/**
 * What a remote follower may see of the log: ids as keyed hashes only, and claims sealed so that they open for nobody but who
 * was shown a token of that subject. Both sides derive the keys from the follower's key; none of them travels.
 */
import { decodeBase64url, encodeBase64url } from '../../crypto/base64url.ts'
import { equalBytes, hmacSha256 } from '../../crypto/digest.ts'
import { randomBytes } from '../../crypto/random.ts'
import { expand } from '../../crypto/secret-ring.ts'
import type { JsonObject } from '../../json.ts'
import { parseStrictObject } from '../../token/strict-json.ts'
import type { CredentialRef, RevocationEvent } from '../engine.ts'

/** The same for everybody who holds the same follower key, and for nobody else. */
export interface Blinding {
  /** The credential as the follower's log names it. */
  ref(credential: CredentialRef): CredentialRef
  /** The event as it leaves the server. */
  event(event: RevocationEvent): RevocationEvent
  /** The claims in the patch of such an event; null: it is not of this subject. */
  openPatch(patch: JsonObject, subject: string): JsonObject | null
  /**
   * Under what the follower with this secret id is registered. Nobody without both the key and the id can name it, so a
   * follower renews, acknowledges and leaves for itself alone; what receipts show of it is no use to anybody.
   */
  memberId(followerId: string): string
}

/** In front of every remote follower's id in the registry; no process of the fleet has such an id. */
export const FOLLOWER_PREFIX = 'follower~'
const NONCE_BYTES = 16
const TAG_BYTES = 16
const MAC_KEY_BYTES = 32
/** HKDF gives no more (RFC 5869 §2.3). Larger claims do not travel: their tokens are stale until they are refreshed. */
const MAX_PATCH_BYTES = 255 * 32 - MAC_KEY_BYTES

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @param followerKey `SOJOURN_FOLLOWER_KEY` */
export function createBlinding(followerKey: string): Blinding {
  const root = hmacSha256(encoder.encode('sojourn/follower/1'), followerKey)
  const idKey = expand(root, 'ids')
  const memberKey = expand(root, 'members')
  const patchKey = expand(root, 'patches')
  const blind = (kind: 'session' | 'token' | 'subject', id: string): string => short(idKey, `${kind}:${id}`)

  /** A key for one subject's patches, which takes the subject's real id to make. */
  const keyOf = (subject: string): Uint8Array => hmacSha256(patchKey, subject)

  const seal = (patch: JsonObject, subject: string): JsonObject | null => {
    const text = encoder.encode(JSON.stringify(patch))
    if (text.length > MAX_PATCH_BYTES) return null
    const nonce = randomBytes(NONCE_BYTES)
    const { macKey, pad } = stretch(keyOf(subject), nonce, text.length)
    const cipher = xor(text, pad)
    return { sealed: encodeBase64url(joined(nonce, tagOf(macKey, cipher), cipher)) }
  }

  return {
    ref: ({ sessionId, subject, tokenId, generation }) => ({
      sessionId: blind('session', sessionId),
      subject: blind('subject', subject),
      tokenId: tokenId === null ? null : blind('token', tokenId),
      generation,
    }),
    event(event) {
      const { until } = event
      switch (event.kind) {
        case 'session':
          return { kind: 'session', sessionId: blind('session', event.sessionId), subject: null, until }
        case 'token':
          return { kind: 'token', tokenId: blind('token', event.tokenId), until }
        case 'subject':
          return { kind: 'subject', subject: blind('subject', event.subject), generation: event.generation, until }
        case 'claims': {
          const { subject, generation } = event
          const patch = event.patch && seal(event.patch, subject)
          return { kind: 'claims', subject: blind('subject', subject), generation, patch, until }
        }
        case 'floor':
          return { kind: 'floor', floor: event.floor, keyIds: event.keyIds, until }
      }
    },
    openPatch({ sealed }, subject) {
      const bytes = typeof sealed === 'string' ? decodeBase64url(sealed) : null
      if (!bytes || bytes.length < NONCE_BYTES + TAG_BYTES) return null
      const nonce = bytes.subarray(0, NONCE_BYTES)
      const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
      const cipher = bytes.subarray(NONCE_BYTES + TAG_BYTES)
      if (cipher.length > MAX_PATCH_BYTES) return null
      const { macKey, pad } = stretch(keyOf(subject), nonce, cipher.length)
      return equalBytes(tagOf(macKey, cipher), tag) ? parseStrictObject(decoder.decode(xor(cipher, pad))) : null
    },
    memberId: (followerId) =>
      `${FOLLOWER_PREFIX}${short(memberKey, followerId)}${followerId.slice(followerId.lastIndexOf('.'))}`,
  }
}

/** 128 bits as 22 characters: in the tables of a view such an id takes the form of one that is exact. */
function short(key: Uint8Array, text: string): string {
  return encodeBase64url(hmacSha256(key, text).subarray(0, 16))
}

/** A key for the tag and a pad to be used once, for the nonce is new for each patch: HKDF-Expand (RFC 5869 §2.3). */
function stretch(key: Uint8Array, nonce: Uint8Array, length: number): { macKey: Uint8Array; pad: Uint8Array } {
  const stream = new Uint8Array(Math.ceil((MAC_KEY_BYTES + length) / 32) * 32)
  let block: Uint8Array = new Uint8Array(0)
  for (let i = 0; i * 32 < stream.length; i++) {
    block = hmacSha256(key, joined(block, nonce, Uint8Array.of(i + 1)))
    stream.set(block, i * 32)
  }
  return { macKey: stream.subarray(0, MAC_KEY_BYTES), pad: stream.subarray(MAC_KEY_BYTES) }
}

function tagOf(macKey: Uint8Array, cipher: Uint8Array): Uint8Array {
  return hmacSha256(macKey, cipher).subarray(0, TAG_BYTES)
}

function xor(text: Uint8Array, pad: Uint8Array): Uint8Array {
  return text.map((byte, i) => byte ^ (pad[i] as number))
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
