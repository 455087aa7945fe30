/** `POST /auth/password`: change it. `POST /auth/reset`: set it anew with a one-time code. */
import { AuthError, isAuthError } from '../../errors.ts'
import { type Fields, readFields } from '../../http/body.ts'
import { presentedBy } from '../../http/identify.ts'
import { respondLoggedIn } from '../../http/logged-in.ts'
import { type HttpResponse, jsonResponse } from '../../http/message.ts'
import type { Route, RouteContext } from '../../http/router.ts'
import type { Login } from '../../login/login.ts'
import { deviceCookie } from '../device-cookie.ts'
import { forgetOperatorPassword, OPERATOR_EMAIL } from '../first-operator.ts'
import { resetPage } from '../pages/reset.ts'
import { signInPage } from '../pages/sign-in.ts'
import { actAs } from '../request-context.ts'
import { devicesAnswer } from './devices.ts'
import { formFailure, pageResponse } from './forms.ts'
import type { ServerParts } from './parts.ts'

export function passwordRoutes(parts: ServerParts): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/auth/password',
      async handle(context) {
        const login = await parts.identify.require(presentedBy(context.request))
        const fields = await readFields(context.request)
        try {
          return await change(parts, login, fields)
        } catch (error) {
          if (!fields.form) throw error
          return formFailure(parts, context.request, 'password', error, (passwordFault) =>
            devicesAnswer(parts, context, login, { passwordFault }),
          )
        }
      },
    },
    {
      method: 'POST',
      path: '/auth/reset',
      async handle(context) {
        const fields = await readFields(context.request)
        try {
          return await reset(parts, context, fields)
        } catch (error) {
          if (!fields.form) throw error
          return formFailure(parts, context.request, 'reset', error, (fault) =>
            resetPage({ assets: parts.assets, fault }),
          )
        }
      },
    },
  ]
}

/** The caller's own session is re-created; every other one of the account ends. */
async function change(parts: ServerParts, login: Login, fields: Fields): Promise<HttpResponse> {
  const { accounts, audit } = parts.instance
  const current = fields.required('current_password')
  const next = fields.required('new_password')
  actAs({ kind: 'subject', id: login.subject })
  const attempt = await parts.throttle.passwordCheck(login.subject)
  let kept = null as Awaited<ReturnType<typeof parts.logins.revokeOthers>>
  try {
    await accounts.changePassword(login.subject, current, next, async () => {
      await audit.record({
        action: 'account.password_changed',
        actor: { kind: 'subject', id: login.subject },
        subject: login.subject,
        sessionId: login.sessionId,
      })
      kept = await parts.logins.revokeOthers(login)
      return kept !== null
    })
    await attempt.succeeded()
  } catch (error) {
    // Only a wrong current password is a guess.
    if (!isAuthError(error, 'account.credentials')) await attempt.notJudged()
    throw error
  }
  if (!kept) throw new AuthError('session.ended', 'the session has ended; sign in with the new password')
  return respondLoggedIn(parts, kept, {
    form: fields.form,
    returnTo: '/?done=password',
    extra: { ended: kept.ended },
  })
}

/** Afterwards this device is known to the account, so that nobody else's guesses keep the owner from signing in. */
async function reset(parts: ServerParts, context: RouteContext, fields: Fields): Promise<HttpResponse> {
  const given = fields.required('code').trim()
  const code = given.slice(given.indexOf('#') + 1)
  const account = await parts.instance.accounts.resetPassword(code, fields.required('new_password'))
  await parts.instance.audit.record({
    action: 'account.password_reset',
    actor: { kind: 'subject', id: account.id },
    subject: account.id,
    address: context.address,
  })
  if (account.email === OPERATOR_EMAIL) forgetOperatorPassword(parts.instance.config.dataDirectory)
  const presented = fields.text('device_token') ?? deviceCookie.read(context.request.headers)
  const token = parts.devices.remember(presented, account.email)
  const response = fields.form
    ? pageResponse(200, signInPage({ assets: parts.assets, message: 'Your new password is set. Sign in with it.' }))
    : jsonResponse(200, { reset: true, device_token: token })
  response.headers.append('Set-Cookie', deviceCookie.set(token))
  return response
}
