/** The cookie that holds the device token: it signs nobody in, it only gives its device attempts of its own. */

import { parseCookie, writeCookie } from '../http/cookie.ts'
import type { HeadersLike } from '../http/message.ts'

export interface DeviceCookie {
  /** The token as sent, or null; of two neither counts. @throws AuthError `request.too_large` */
  read(headers: HeadersLike): string | null
  /** `Set-Cookie` for 400 days, which is the most that browsers keep. */
  set(token: string): string
}

const NAME = '__Host-Http-device'
const MAX_AGE_SECONDS = 400 * 86_400

export const deviceCookie: DeviceCookie = {
  read(headers) {
    const found = parseCookie(headers.get('cookie') ?? '').filter(([name]) => name === NAME)
    return found.length === 1 ? (found[0]?.[1] ?? null) : null
  },
  set: (token) =>
    writeCookie(NAME, token, {
      path: '/',
      secure: true,
      httpOnly: true,
      sameSite: 'strict',
      maxAgeSeconds: MAX_AGE_SECONDS,
    }),
}
