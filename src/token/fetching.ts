/** What is common to everything that is fetched from an issuer: where it may be fetched from, and how much of it is read. */
import { AuthError, type AuthErrorCode } from '../errors.ts'

/**
 * A configured address.
 * @param name of the option, for the message
 * @throws TypeError for one that is neither https nor http on loopback, or holds credentials
 */
export function checkAddress(name: string, text: string): URL {
  const url = URL.parse(text)
  if (!url) throw new TypeError(`${name} is no URL`)
  if (url.username !== '' || url.password !== '') throw new TypeError(`${name} must not hold credentials`)
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    throw new TypeError(`${name} is https, or http on loopback`)
  }
  return url
}

/**
 * The body as text, which is UTF-8.
 * @throws AuthError `code` as soon as it is larger than `maxBytes`; TypeError when it breaks off or is no UTF-8
 */
export async function readText(response: Response, maxBytes: number, code: AuthErrorCode): Promise<string> {
  const reader = response.body?.getReader()
  if (!reader) return ''
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let size = 0
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.length
    if (size > maxBytes) {
      await reader.cancel()
      throw new AuthError(code, 'the answer is too large')
    }
    text += decoder.decode(value, { stream: true })
  }
}
