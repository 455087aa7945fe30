/** Requests of a remote follower over HTTP. */
import { AuthError } from '../../errors.ts'
import { readText } from '../../token/fetching.ts'
import { parseStrictObject } from '../../token/strict-json.ts'
import type { Post } from './remote-log.ts'
import { checkServer, requestOf, type ServerAddress } from './server-address.ts'

/** Besides the time for which the server may hold a request. */
const TIMEOUT_MS = 5000
/** Whoever stops does not wait long: at worst a revocation waits once for a lease that nobody holds. */
const LEAVE_TIMEOUT_MS = 2000
const MAX_ANSWER_BYTES = 8 * 1024 * 1024

/** @throws TypeError as `checkServer` */
export function createFetchPost(server: ServerAddress): Post {
  const at = checkServer(server)
  const send = server.fetch ?? fetch
  return async (path, body, { signal, holdMs }) => {
    const timeout = AbortSignal.timeout(path === 'leave' ? LEAVE_TIMEOUT_MS : holdMs + TIMEOUT_MS)
    let text: string
    try {
      const response = await send(at(path), {
        ...requestOf(server.token, { 'content-type': 'application/json', accept: 'application/json' }),
        method: 'POST',
        body: JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      })
      if (response.status !== 200) {
        await response.body?.cancel()
        throw new AuthError('store.unavailable', `the revocation server answered ${response.status}`)
      }
      text = await readText(response, MAX_ANSWER_BYTES, 'store.unavailable')
    } catch (cause) {
      if (cause instanceof AuthError) throw cause
      throw new AuthError('store.unavailable', 'the revocation server does not answer', { cause })
    }
    const answer = parseStrictObject(text)
    if (!answer) throw new AuthError('store.corrupt', 'the answer of the revocation server is no strict JSON object')
    return answer
  }
}
