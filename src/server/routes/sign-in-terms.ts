/** What a sign-in or sign-up asks for besides being let in: checked before anything is done, for it comes from outside. */
import { AuthError } from '../../errors.ts'
import type { Fields } from '../../http/body.ts'
import { isBrowser } from '../../http/identify.ts'
import type { HttpRequest } from '../../http/message.ts'
import type { LogInInput, Logins } from '../../login/login.ts'
import type { Mode } from '../../session/session.ts'
import type { Config } from '../config.ts'

export type Terms = Pick<LogInInput, 'mode' | 'audience' | 'browser'> & { readonly browser: boolean }

type Asked = { readonly config: Pick<Config, 'audiences'>; readonly logins: Pick<Logins, 'modes'> }

/**
 * The mode, and for token mode the audience. A scope is refused: this server has none to give, and the one who signs in is
 * not the one who decides (a service believes what its tokens say).
 *
 * @throws AuthError `request.malformed`, `token.audience_unknown`, `token.browser`, `policy.denied`
 */
export function readTerms(fields: Fields, request: HttpRequest, { config, logins }: Asked): Terms {
  const { audiences } = config
  const browser = isBrowser(request)
  const mode = fields.text('mode') ?? modeWhenUnnamed(logins.modes, browser && !audiences[0]?.browser)
  if (mode !== 'cookie' && mode !== 'token' && mode !== 'hybrid')
    throw new AuthError('request.malformed', '"mode" is cookie, token or hybrid')
  const audience = fields.text('audience')
  const scope = fields.text('scope')
  if (mode !== 'token') {
    if (audience !== null || scope !== null)
      throw new AuthError('request.malformed', '"audience" and "scope" belong to mode token')
    return { mode, browser }
  }
  const policy = audience === null ? audiences[0] : audiences.find((known) => known.audience === audience)
  if (!policy) throw new AuthError('token.audience_unknown', 'tokens are not issued for this audience')
  if (browser && !policy.browser)
    throw new AuthError('token.browser', 'tokens for this audience are not handed to a browser')
  if (scope !== null && scope !== '') throw new AuthError('policy.denied', 'no scope is given out here')
  return { mode, browser, audience: [policy.audience] }
}

/** What the application issues now (`planModeChange`); a browser that may hold no tokens goes on with a cookie. */
function modeWhenUnnamed(modes: Logins['modes'], tokenless: boolean): Mode {
  const issued = modes.issueFor(null)
  return issued === 'token' && tokenless ? 'cookie' : issued
}
