/** An issuer outside of this code: its list tokens, good and bad, and a `fetch` that answers with them. */

import { encodeBase64url } from '../../src/crypto/base64url.ts'
import type { StatusBits } from '../../src/revocation/status-list.ts'
import { deflateZlib } from '../../src/revocation/status-list-deflate.ts'
import { createTestIssuer } from '../../src/testing/test-issuer.ts'
import { createStaticKeySource } from '../../src/token/key-set.ts'
import { createStatusListReader, type StatusListReader } from '../../src/verifier/status-list-reader.ts'

export const NOW = 1_800_000_000
export const PREFIX = 'https://issuer.test/status/'
export const URI = `${PREFIX}7`
const NO_CLAIMS = {
  iss: undefined,
  aud: undefined,
  jti: undefined,
  client_id: undefined,
  sid: undefined,
  gen: undefined,
  auth_time: undefined,
}

export interface ListIssuer {
  /** Seconds since 1970; may be set. */
  now: number
  /** Answers what is fetched; `good` by default. */
  answer: (uri: string, init: RequestInit) => Response | Promise<Response>
  readonly fetched: string[]
  /** Of 2 bits: place 0 is VALID, 1 INVALID, 2 SUSPENDED, 3 the application's own; 8 places in all. */
  list(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>
  claim(bytes: readonly number[], bits?: StatusBits): Promise<object>
  reader(over?: Partial<Parameters<typeof createStatusListReader>[0]>): StatusListReader
  readonly issuer: Awaited<ReturnType<typeof createTestIssuer>>
}

export function listResponse(token: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(token, { headers: { 'content-type': 'application/statuslist+jwt', ...headers } })
}

/** A token's `status` claim. */
export const at = (idx: unknown, uri: unknown = URI): unknown => ({ status_list: { idx, uri } })

export async function createListIssuer(): Promise<ListIssuer> {
  const issuer = await createTestIssuer({ clock: () => self.now })
  const claim = async (bytes: readonly number[], bits: StatusBits = 2): Promise<object> => ({
    bits,
    lst: encodeBase64url(await deflateZlib(Uint8Array.from(bytes))),
  })
  const self: ListIssuer = {
    now: NOW,
    fetched: [],
    issuer,
    claim,
    answer: async (uri) => listResponse(await self.list({ sub: uri })),
    async list(claims = {}, header = {}) {
      const status_list = await claim([0b11100100, 0])
      const own = { sub: URI, iat: self.now, exp: self.now + 60, ttl: 15, status_list }
      return issuer.token({ ...NO_CLAIMS, ...own, ...claims }, { typ: 'statuslist+jwt', ...header })
    },
    reader: (over = {}) =>
      createStatusListReader({
        prefix: PREFIX,
        source: createStaticKeySource(issuer.jwks, ['ES256']),
        algorithms: ['ES256'],
        clock: () => self.now,
        clockToleranceSeconds: 0,
        fetch: async (uri, init) => {
          self.fetched.push(String(uri))
          return self.answer(String(uri), init ?? {})
        },
        ...over,
      }),
  }
  return self
}
