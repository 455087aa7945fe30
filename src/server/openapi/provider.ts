/** The OpenID Connect provider, as far as its discovery document tells of it; the protocol is that of the RFCs. */
import type { Route } from '../../http/router.ts'
import { PATHS } from '../../oidc/paths.ts'
import {
  type Answer,
  redirect as bareRedirect,
  COOKIE,
  empty,
  form,
  json,
  type Operation,
  object,
  page,
  ref,
  type Schema,
  text,
} from './operation.ts'
import { clientMembers } from './tokens.ts'

const oauthError = (description: string): Answer => json(description, ref('OAuthError'))
const failures = {
  400: oauthError('RFC 6749 §5.2'),
  401: oauthError('the client did not prove itself'),
  413: oauthError('the body is too large'),
  503: oauthError('try again'),
}
/** The members of a grant or a request vary: those of the RFCs, of which these are the common ones. */
const open = (members: Readonly<Record<string, Schema>>): Schema => ({
  ...object(members),
  additionalProperties: { type: 'string' },
})
const request = {
  'response_type?': { const: 'code' },
  'redirect_uri?': text(),
  'scope?': text(),
  'state?': text(),
  'nonce?': text(),
  'code_challenge?': text('RFC 7636'),
  'code_challenge_method?': { const: 'S256' },
  'request_uri?': text('from a pushed request (RFC 9126)'),
  'prompt?': text(),
  'max_age?': text(),
  'resource?': text('RFC 8707'),
}
const query = (members: Readonly<Record<string, Schema>>) =>
  Object.entries(members).map(([name, schema]) => ({
    name: name.replace(/\?$/, ''),
    description: typeof schema.description === 'string' ? schema.description : 'OpenID Connect Core §3.1.2.1',
    schema,
    required: !name.endsWith('?'),
  }))
const uid = { name: 'uid', description: 'of the request under way', schema: text() }
const userinfo = json('OpenID Connect Core §5.3.2', {
  type: 'object',
  properties: { sub: text(), email: text(), email_verified: { type: 'boolean' } },
  required: ['sub'],
})
const metadata = json('what it can do', {
  type: 'object',
  properties: { issuer: text(), jwks_uri: text(), token_endpoint: text(), authorization_endpoint: text() },
  required: ['issuer', 'jwks_uri', 'token_endpoint', 'authorization_endpoint'],
})
const badPage: Answer = {
  description: 'what is wrong',
  content: { 'text/html': { schema: { type: 'string' } }, 'application/json': { schema: ref('OAuthError') } },
}
/** With a page for whoever does not follow. */
const redirect = (description: string): Answer => ({ ...page(description), ...bareRedirect(description) })

/** Asked by browsers before a script of another origin may ask. */
const preflight = (path: string): Operation => ({
  method: 'OPTIONS' satisfies Route['method'],
  path,
  summary: 'Preflight (CORS)',
  answers: { 204: empty('may be asked'), 404: empty('no preflight: nothing is allowed') },
})

export const PROVIDER: readonly Operation[] = [
  {
    method: 'GET',
    path: PATHS.discovery,
    summary: 'Discovery (OpenID Connect Discovery 1.0)',
    answers: { 200: metadata },
  },
  { method: 'GET', path: PATHS.metadata, summary: 'Discovery (RFC 8414)', answers: { 200: metadata } },
  {
    method: 'POST',
    path: PATHS.token,
    summary: 'Tokens for a code, a refresh token, a device code, client credentials or another token',
    security: ['client', 'none'],
    body: form(open({ grant_type: text(), ...clientMembers() })),
    answers: {
      200: json('RFC 6749 §5.1', {
        type: 'object',
        properties: {
          access_token: text(),
          token_type: text(),
          expires_in: { type: 'integer' },
          id_token: text(),
          refresh_token: text(),
          scope: text(),
          issued_token_type: text('RFC 8693'),
        },
        required: ['access_token', 'token_type'],
        additionalProperties: false,
      }),
      ...failures,
    },
  },
  {
    method: 'GET',
    path: PATHS.userinfo,
    summary: 'Who it is',
    security: ['providerToken'],
    answers: { 200: userinfo, ...failures },
  },
  {
    method: 'POST',
    path: PATHS.userinfo,
    summary: 'Who it is',
    security: ['providerToken'],
    body: form(open({ 'access_token?': text() }), false),
    answers: { 200: userinfo, ...failures },
  },
  {
    method: 'POST',
    path: PATHS.par,
    summary: 'Pushes an authorization request (RFC 9126)',
    security: ['client', 'none'],
    body: form(open({ ...request, ...clientMembers() })),
    answers: {
      201: json('kept', object({ request_uri: text(), expires_in: { type: 'integer' } })),
      ...failures,
    },
  },
  {
    method: 'POST',
    path: PATHS.deviceAuthorization,
    summary: 'A code for a device without a browser (RFC 8628)',
    security: ['client', 'none'],
    body: form(open({ 'scope?': text(), ...clientMembers() })),
    answers: {
      200: json(
        'RFC 8628 §3.2',
        object({
          device_code: text(),
          user_code: text(),
          verification_uri: text(),
          'verification_uri_complete?': text(),
          expires_in: { type: 'integer' },
          'interval?': { type: 'integer' },
        }),
      ),
      ...failures,
    },
  },
  {
    method: 'GET',
    path: PATHS.authorization,
    summary: 'Begins a sign-in (code with PKCE)',
    security: ['cookie', 'none'],
    query: query({ client_id: text('which application'), ...request }),
    answers: { 303: redirect('back to the application, or to where people are asked'), 400: badPage },
    problems: COOKIE,
  },
  {
    method: 'GET',
    path: `${PATHS.authorization}/{uid}`,
    summary: 'Goes on with a sign-in',
    security: ['cookie', 'none'],
    segments: [uid],
    answers: { 303: redirect('back to the application'), 400: badPage },
    problems: COOKIE,
  },
  {
    method: 'GET',
    path: '/oidc/interaction/{uid}',
    summary: 'Where people are asked for consent',
    security: ['cookie', 'none'],
    segments: [uid],
    answers: { 200: page('the question'), 303: redirect('there is nothing to ask, or sign in first') },
    problems: [...COOKIE, 'request.not_found'],
  },
  {
    method: 'POST',
    path: '/oidc/interaction/{uid}',
    summary: 'The answer of whoever was asked',
    security: ['cookie', 'none'],
    segments: [uid],
    body: form(open({ 'answer?': text('`allow`, or anything else') }), false),
    answers: { 303: redirect('on with the sign-in') },
    problems: [...COOKIE, 'request.not_found', 'request.media_type'],
  },
  {
    method: 'GET',
    path: PATHS.device,
    summary: 'The page that takes the code of a device',
    security: ['cookie', 'none'],
    answers: { 200: page('the page') },
    problems: COOKIE,
  },
  {
    method: 'POST',
    path: PATHS.device,
    summary: 'The code of a device, then the answer',
    security: ['cookie', 'none'],
    body: form(open({ 'user_code?': text(), 'xsrf?': text(), 'confirm?': text(), 'abort?': text() })),
    answers: { 200: page('the next page'), 303: redirect('sign in first, or begin there'), 400: badPage },
    problems: [...COOKIE, 'account.throttled'],
  },
  {
    method: 'GET',
    path: `${PATHS.device}/{uid}`,
    summary: 'Goes on with the sign-in of a device',
    security: ['cookie', 'none'],
    segments: [uid],
    answers: { 200: page('the next page'), 303: redirect('on with it, or begin there'), 400: badPage },
    problems: COOKIE,
  },
  {
    method: 'GET',
    path: PATHS.logout,
    summary: 'Logout, asked for by an application (RP-Initiated Logout 1.0)',
    security: ['cookie', 'none'],
    query: query({
      'id_token_hint?': text('from whose sign-in'),
      'client_id?': text('which application'),
      'post_logout_redirect_uri?': text('where to afterwards'),
      'state?': text('comes back'),
      'ui_locales?': text('not used'),
    }),
    answers: { 200: page('the question'), 303: redirect('nobody was signed in'), 400: badPage },
    problems: COOKIE,
  },
  {
    method: 'POST',
    path: PATHS.logoutConfirm,
    summary: 'The answer of whoever was asked',
    security: ['cookie', 'none'],
    body: form(open({ 'xsrf?': text(), 'logout?': text() })),
    answers: { 303: redirect('done'), 400: badPage },
    problems: [...COOKIE, 'revocation.pending', 'revocation.unknown_outcome'],
  },
  {
    method: 'GET',
    path: PATHS.logoutSuccess,
    summary: 'The page after a logout',
    security: ['cookie', 'none'],
    answers: { 200: page('the page'), 400: badPage },
    problems: COOKIE,
  },
  ...[PATHS.discovery, PATHS.metadata, PATHS.token, PATHS.userinfo, PATHS.par, PATHS.deviceAuthorization].map(
    preflight,
  ),
]
