/** The pages of people: `GET /`, `/sign-in`, `/reset`, and what they are made of. */
import { AuthError } from '../../errors.ts'
import { presentedBy } from '../../http/identify.ts'
import { localPath } from '../../http/local-path.ts'
import type { HttpResponse } from '../../http/message.ts'
import type { Route, RouteContext } from '../../http/router.ts'
import type { Login } from '../../login/login.ts'
import { type DevicesPage, devicesPage } from '../pages/devices.ts'
import { resetPage } from '../pages/reset.ts'
import { signInPage } from '../pages/sign-in.ts'
import { leadingOn, pageResponse } from './forms.ts'
import type { ServerParts } from './parts.ts'

const PAGE = 50

/** Messages after a redirect, by name: no text of a link ever reaches the page. */
const MESSAGES: ReadonlyMap<string, string> = new Map([
  ['password', 'Your password is changed. All other devices are signed out.'],
])

export function pageRoutes(parts: ServerParts): readonly Route[] {
  const { assets } = parts
  return [
    {
      method: 'GET',
      path: '/',
      async handle(context) {
        const login = await parts.identify.identify(presentedBy(context.request))
        if (!login) return pageResponse(200, signInPage({ assets }))
        const message = MESSAGES.get(context.url.searchParams.get('done') ?? '')
        return pageResponse(200, await devicesAnswer(parts, context, login, message === undefined ? {} : { message }))
      },
    },
    {
      method: 'GET',
      path: '/sign-in',
      async handle({ request, url }): Promise<HttpResponse> {
        const login = await parts.identify.identify(presentedBy(request))
        const returnTo = localPath(url.searchParams.get('return_to'))
        const page = pageResponse(200, signInPage({ assets, returnTo, adding: login !== null }))
        return leadingOn(page, parts, returnTo)
      },
    },
    { method: 'GET', path: '/reset', handle: () => pageResponse(200, resetPage({ assets })) },
  ]
}

/** My devices, as HTML. */
export async function devicesAnswer(
  parts: ServerParts,
  { request, url }: RouteContext,
  login: Login,
  extra: Pick<DevicesPage, 'passwordFault' | 'message'>,
): Promise<string> {
  const { logins, cookie, clock, instance, assets } = parts
  const cursor = url.searchParams.get('cursor')
  const [account, current, page] = await Promise.all([
    instance.accounts.find(login.subject),
    login.session ?? logins.findSession(login.sessionId),
    logins.sessionsOf(login.subject, cursor, PAGE),
  ])
  if (!current) throw new AuthError('session.ended', 'the session has ended; sign in again')
  const header = request.headers.get('cookie')
  const value = login.credential === 'cookie' && header !== null ? cookie.read(header) : null
  const others = value === null ? [] : (await logins.accountsOf(value)).filter(({ active }) => !active)
  const accounts = await Promise.all(
    others.map(async ({ sessionId, subject }) => ({
      sessionId,
      email: (await instance.accounts.find(subject))?.email ?? subject,
    })),
  )
  return devicesPage({
    assets,
    now: clock.now(),
    email: account?.email ?? login.subject,
    current,
    others: page.sessions.filter(({ id }) => id !== login.sessionId),
    moreUrl: page.cursor === null ? null : `/?cursor=${encodeURIComponent(page.cursor)}`,
    accounts,
    ...extra,
  })
}
