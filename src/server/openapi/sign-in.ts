/** Accounts and their sign-in: `/auth/sign-up`, `/auth/sign-in`, passwords, the cookie check, and the pages of people. */
import {
  BEARER,
  BODY,
  COOKIE,
  CSRF,
  empty,
  fields,
  IDENTIFIED,
  json,
  type Operation,
  object,
  page,
  redirect,
  ref,
  type Schema,
  SPREAD,
  STORE,
  setsCookie,
  text,
} from './operation.ts'

const asked: Readonly<Record<string, Schema>> = {
  email: text('how the account is known', { maxLength: 508 }),
  password: text('', { writeOnly: true }),
  'mode?': ref('Mode'),
  'audience?': text('of the tokens, in mode token'),
  'scope?': text('none is given out here', { maxLength: 0 }),
  'device_token?': text('of an earlier sign-in of this device: the guesses of others do not hold it up'),
  'return_to?': text('a local path, for forms'),
}
const welcome = { anyOf: [ref('LoggedIn'), ref('Tokens')] }
const returnTo = { name: 'return_to', description: 'a local path, where to go on to', schema: text() }
const signingIn = [
  ...BODY,
  ...CSRF,
  ...STORE,
  'credentials.ambiguous',
  'account.invalid',
  'account.throttled',
  'account.busy',
  'account.password_weak',
  'session.limit',
  'session.superseded',
  'session.conflict',
  'token.audience_unknown',
  'token.browser',
  'token.too_large',
  'policy.denied',
  'keys.unavailable',
  'revocation.stale',
] as const

export const SIGN_IN: readonly Operation[] = [
  {
    method: 'POST',
    path: '/auth/sign-up',
    summary: 'Makes an account and signs it in',
    body: fields(object(asked)),
    answers: {
      201: json('signed in: by cookie, or with tokens in mode token', welcome, setsCookie),
      303: redirect('signed in (for forms)'),
    },
    problems: [...signingIn, 'account.exists'],
  },
  {
    method: 'POST',
    path: '/auth/sign-in',
    summary: 'Signs in',
    description: '`mode` says where the login lives: `cookie` (default), `token` or `hybrid`.',
    body: fields(object({ ...asked, 'new_password?': text('instead of a one-time password', { writeOnly: true }) })),
    answers: {
      200: json('signed in: by cookie, or with tokens in mode token', welcome, setsCookie),
      303: redirect('signed in (for forms)'),
    },
    problems: [...signingIn, ...SPREAD, 'account.credentials', 'account.password_change_required'],
  },
  {
    method: 'POST',
    path: '/auth/password',
    summary: 'Changes the password, renews this session and ends every other one',
    security: ['cookie', 'bearer'],
    body: fields(
      object({ current_password: text('', { writeOnly: true }), new_password: text('', { writeOnly: true }) }),
    ),
    answers: {
      200: json('changed; the caller has a new cookie or new tokens', welcome, setsCookie),
      303: redirect('changed (for forms)'),
    },
    problems: [
      ...IDENTIFIED,
      ...BODY,
      ...SPREAD,
      'account.credentials',
      'account.invalid',
      'account.password_weak',
      'account.throttled',
      'account.busy',
      'session.superseded',
    ],
  },
  {
    method: 'POST',
    path: '/auth/reset',
    summary: 'Sets a new password by a one-time code, and ends every session',
    body: fields(
      object({
        code: text('from the operator: `sojourn accounts reset`', { writeOnly: true }),
        new_password: text('', { writeOnly: true }),
        'device_token?': text('of an earlier sign-in of this device'),
      }),
    ),
    answers: {
      200: {
        description: 'set; a page for forms',
        content: {
          'application/json': { schema: object({ reset: { const: true }, device_token: text() }) },
          'text/html': { schema: { type: 'string' } },
        },
      },
    },
    problems: [...BODY, ...CSRF, ...STORE, ...SPREAD, 'account.reset_invalid', 'account.password_weak', 'account.busy'],
  },
  {
    method: 'GET',
    path: '/auth/cookie-check',
    summary: 'Whether the browser kept the cookie of a sign-in',
    security: ['cookie'],
    query: [returnTo],
    answers: { 204: empty('kept'), 303: redirect('kept: on to return_to') },
    problems: ['session.cookie_not_kept', 'credentials.ambiguous'],
  },
  {
    method: 'GET',
    path: '/',
    summary: 'The start page: sign in or sign up, then my devices',
    security: ['cookie', 'bearer', 'none'],
    query: [
      { name: 'cursor', description: 'the next page of devices', schema: text() },
      { name: 'done', description: 'which message to show', schema: text() },
    ],
    answers: { 200: page('the page') },
    problems: [...COOKIE, ...BEARER],
  },
  {
    method: 'GET',
    path: '/sign-in',
    summary: 'The page to sign in, or to add an account',
    security: ['cookie', 'bearer', 'none'],
    query: [returnTo],
    answers: { 200: page('the page') },
    problems: [...COOKIE, ...BEARER],
  },
  { method: 'GET', path: '/reset', summary: 'The page that takes a one-time code', answers: { 200: page('the page') } },
]
