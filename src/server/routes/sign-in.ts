/** `POST /auth/sign-in` and `POST /auth/sign-up`: JSON or form. */
import type { Account } from '../../accounts/account.ts'
import { normaliseEmail, readEmail } from '../../accounts/email.ts'
import { acceptNewPassword } from '../../accounts/passwords.ts'
import { AuthError, isAuthError } from '../../errors.ts'
import { type Fields, readFields } from '../../http/body.ts'
import { localPath } from '../../http/local-path.ts'
import { respondLoggedIn } from '../../http/logged-in.ts'
import type { HttpRequest, HttpResponse } from '../../http/message.ts'
import type { Route, RouteContext } from '../../http/router.ts'
import type { LoggedIn } from '../../login/login.ts'
import type { Mode } from '../../session/session.ts'
import { deviceCookie } from '../device-cookie.ts'
import { forgetOperatorPassword, OPERATOR_EMAIL } from '../first-operator.ts'
import type { SignInOutcome } from '../metrics.ts'
import { signInPage } from '../pages/sign-in.ts'
import { actAs } from '../request-context.ts'
import { formFailure, leadingOn } from './forms.ts'
import type { ServerParts } from './parts.ts'
import { readTerms, type Terms } from './sign-in-terms.ts'

export function signInRoutes(parts: ServerParts): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/auth/sign-in',
      handle: (context) => answer(parts, context, 'sign-in', signIn),
    },
    {
      method: 'POST',
      path: '/auth/sign-up',
      handle: (context) => answer(parts, context, 'sign-up', signUp),
    },
  ]
}

type Handler = (parts: ServerParts, context: RouteContext, fields: Fields) => Promise<HttpResponse>

/** A form that fails is shown again with the message and the email, never with a password. */
async function answer(
  parts: ServerParts,
  context: RouteContext,
  form: 'sign-in' | 'sign-up',
  handler: Handler,
): Promise<HttpResponse> {
  const fields = await readFields(context.request)
  try {
    return await handler(parts, context, fields)
  } catch (error) {
    if (!fields.form) throw error
    const newPassword =
      isAuthError(error, 'account.password_change_required') || fields.value('new_password') !== undefined
    const email = fields.value('email')
    const returnTo = localPath(fields.value('return_to'))
    const again = await formFailure(parts, context.request, form, error, (fault) =>
      signInPage({
        assets: parts.assets,
        failed: { form, fault, email: typeof email === 'string' ? email.slice(0, 254) : '' },
        newPassword,
        returnTo,
      }),
    )
    return leadingOn(again, parts, returnTo)
  }
}

async function signIn(parts: ServerParts, context: RouteContext, fields: Fields): Promise<HttpResponse> {
  const terms = readTerms(fields, context.request, parts.instance)
  const { mode } = terms
  const given = fields.required('email')
  const password = fields.required('password')
  const newPassword = fields.text('new_password')
  // What is no address has no account either; it is throttled and answered like any other.
  const email = readEmail(given) ?? given.slice(0, 254)
  const presented = fields.text('device_token') ?? deviceCookie.read(context.request.headers)
  const account = await counted(parts, mode, async () => {
    const attempt = await throttled(parts, email, context.address, presented)
    let found: Account
    try {
      found = await parts.instance.accounts.signIn({ email, password })
    } catch (error) {
      // Only a wrong password is a guess: nobody has to wait because the store was busy.
      if (isAuthError(error, 'account.credentials')) await parts.failedSignIns.wrong(email, context.address)
      else await attempt.notJudged()
      throw error
    }
    await attempt.succeeded()
    return changedIfAsked(parts, found, password, newPassword)
  })
  actAs({ kind: 'subject', id: account.id })
  const loggedIn = await counted(parts, mode, () => start(parts, context, account, terms))
  // A password that was changed while this session was being started must not leave it behind.
  if (!(await parts.instance.accounts.stillSignsIn(account, newPassword ?? password))) {
    await parts.logins.logOut(loggedIn.session.id)
    throw new AuthError('account.credentials', 'Email or password is not right.')
  }
  parts.metrics.signIn('success', mode)
  return welcome(parts, fields, loggedIn, account, presented, 200)
}

async function signUp(parts: ServerParts, context: RouteContext, fields: Fields): Promise<HttpResponse> {
  const { accounts, audit } = parts.instance
  const terms = readTerms(fields, context.request, parts.instance)
  const email = normaliseEmail(fields.required('email'))
  const password = fields.required('password')
  // Mistakes are told before they are counted.
  acceptNewPassword(password, email)
  await parts.throttle.signUp(context.address)
  const account = await accounts.signUp({ email, password })
  actAs({ kind: 'subject', id: account.id })
  await audit.record({
    action: 'account.sign_up',
    actor: { kind: 'subject', id: account.id },
    subject: account.id,
    address: context.address,
  })
  const loggedIn = await start(parts, context, account, terms)
  const presented = fields.text('device_token') ?? deviceCookie.read(context.request.headers)
  return welcome(parts, fields, loggedIn, account, presented, 201)
}

function start(parts: ServerParts, context: RouteContext, account: Account, terms: Terms): Promise<LoggedIn> {
  const { request } = context
  const header = request.headers.get('cookie')
  const presentedCookie = terms.mode === 'token' || header === null ? null : parts.cookie.read(header)
  return parts.logins.logIn({
    ...terms,
    subject: account.id,
    device: { userAgent: readableUserAgent(request), address: context.address },
    amr: ['pwd'],
    ...(presentedCookie === null ? {} : { presentedCookie }),
  })
}

/** The session's cookie or tokens, and the device's token: as a cookie where cookies are kept, else as a member. */
function welcome(
  parts: ServerParts,
  fields: Fields,
  loggedIn: LoggedIn,
  account: Account,
  presented: string | null,
  status: number,
): HttpResponse {
  const token = parts.devices.remember(presented, account.email)
  const tokens = loggedIn.tokens !== null
  const response = respondLoggedIn(parts, loggedIn, {
    form: fields.form,
    returnTo: fields.text('return_to'),
    status,
    ...(tokens ? { extra: { device_token: token } } : {}),
  })
  if (!tokens) response.headers.append('Set-Cookie', deviceCookie.set(token))
  return response
}

async function throttled(parts: ServerParts, email: string, address: string | null, device: string | null) {
  try {
    return await parts.throttle.signIn(email, address, device)
  } catch (error) {
    if (isAuthError(error, 'account.throttled')) await parts.failedSignIns.throttled(email, address)
    throw error
  }
}

/** A one-time password is good for nothing but choosing another. */
async function changedIfAsked(
  { instance }: ServerParts,
  account: Account,
  password: string,
  newPassword: string | null,
): Promise<Account> {
  if (!account.mustChangePassword) return account
  if (newPassword === null || newPassword === '')
    throw new AuthError('account.password_change_required', 'Choose a new password: this one was for one use.')
  const changed = await instance.accounts.changePassword(account.id, password, newPassword)
  await instance.audit.record({
    action: 'account.password_changed',
    actor: { kind: 'subject', id: account.id },
    subject: account.id,
  })
  if (account.email === OPERATOR_EMAIL) forgetOperatorPassword(instance.config.dataDirectory)
  return changed
}

const OUTCOMES: Readonly<Record<string, SignInOutcome>> = {
  'account.credentials': 'credentials',
  'account.throttled': 'throttled',
  'account.password_change_required': 'password_change_required',
  'account.busy': 'busy',
  'session.limit': 'limit',
}

async function counted<T>(parts: ServerParts, mode: Mode, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    parts.metrics.signIn((isAuthError(error) && OUTCOMES[error.code]) || 'error', mode)
    throw error
  }
}

function readableUserAgent(request: HttpRequest): string | null {
  const text = request.headers.get('user-agent')
  return text === null ? null : text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 256)
}
