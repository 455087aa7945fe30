/** What a link to an arrangement carries. */
import { oneOf, whole } from '../../shell/settings.ts'
import { FLOWS, STATE_COOKIES } from '../../sso/settings.ts'

export const MAX_DELAY_SECONDS = 300

export const SHAPE = {
  flow: oneOf(FLOWS, 'redirect'),
  stateCookie: oneOf(STATE_COOKIES, 'lax'),
  delayOneSeconds: whole(0, MAX_DELAY_SECONDS, 2),
  delayTwoSeconds: whole(0, MAX_DELAY_SECONDS, 30),
}
