/** Who is asked: our code in this process, or the same code elsewhere. Throws an AuthError where the code refuses. */

import type { SignatureAlgorithm } from '../../src/token/algorithms.ts'
import { importVerifyKey, type Jwk } from '../../src/token/jwk.ts'
import { acceptsCompact, acceptsFromSet } from './compact.ts'

export interface Judge {
  /** A compact JWS under one key. */
  compact(token: string, jwk: Jwk): boolean | Promise<boolean>
  /** The same with a key of a JWK set. */
  fromSet(token: string, keys: readonly Jwk[]): boolean | Promise<boolean>
  /** A signature over any bytes; as text it is base64url. */
  bytes(
    jwk: Jwk,
    algorithms: readonly SignatureAlgorithm[],
    input: string | Uint8Array,
    signature: string | Uint8Array,
  ): boolean | Promise<boolean>
}

export const HERE: Judge = {
  compact: acceptsCompact,
  fromSet: acceptsFromSet,
  bytes: (jwk, algorithms, input, signature) => importVerifyKey(jwk, algorithms).verify(input, signature),
}
