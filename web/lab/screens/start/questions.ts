/**
 * The questions of the Start screen, each with the screen that answers it. The settings are written out: the shapes of all those
 * screens would be a part of the first load. A test reads them with the shapes.
 */
import type { ScreenName } from '../../shell/screen.ts'

export const QUESTIONS: readonly (readonly [question: string, screen: ScreenName, settings: string])[] = [
  ['Which should I use?', 'decide', ''],
  ['How long is a stolen token good?', 'compare', ''],
  ['Why is my cookie not sent?', 'cookies', ''],
  ['What does logging out do?', 'attack', 'v=1&exercise=half-logout'],
  ['Can I revoke a JWT?', 'compare', 'v=1&scenario=revoke-user'],
  ['Are cookies enough against CSRF?', 'attack', 'v=1&exercise=forged-request'],
  ['What about phones?', 'sso', 'v=1&flow=mobile'],
  ['Where do I store the refresh token?', 'attack', 'v=1&exercise=refresh-reuse'],
]
