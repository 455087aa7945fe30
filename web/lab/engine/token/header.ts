/** What a token says of its algorithm: to explain a refusal, never to follow it. */
import { decodeSegment } from '../../../../src/token/jws.ts'

/** `alg`, whatever it is; undefined where the header cannot be read. */
export function algOf(token: string): unknown {
  try {
    return JSON.parse(decodeSegment(token.slice(0, token.indexOf('.'))) ?? '').alg
  } catch {
    return undefined
  }
}
