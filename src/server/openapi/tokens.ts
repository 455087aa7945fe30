/** Tokens: the bridge, refresh, conversion, the public keys, status lists, and OAuth's introspection and revocation. */
import {
  type Answer,
  BEARER,
  BODY,
  COOKIE,
  empty,
  fields,
  form,
  json,
  list,
  type Operation,
  object,
  redirect,
  ref,
  SPREAD,
  STORE,
  setsCookie,
  text,
} from './operation.ts'

const terms = { 'audience?': text('one of those configured'), 'scope?': text('parted by blanks') }
const oauthError = (description: string): Answer => json(description, ref('OAuthError'))
const oauthErrors = {
  400: oauthError('the request is not good, or the token is not for this client'),
  401: oauthError('the client, or the token that it shows, is not good'),
  413: oauthError('the body is too large'),
  415: oauthError('it is no form'),
  503: oauthError('try again'),
}
const cached = { 'Cache-Control': { description: 'public', required: true, schema: { type: 'string' } } }

export const TOKENS: readonly Operation[] = [
  {
    method: 'POST',
    path: '/auth/token',
    summary: 'The token bridge: a cookie for a token for one audience',
    security: ['cookie'],
    body: fields(object(terms), false),
    answers: { 200: json('a token of minutes', ref('AccessToken')) },
    problems: [...COOKIE, ...BEARER, ...BODY, 'policy.denied', 'token.audience_unknown', 'token.browser'],
  },
  {
    method: 'POST',
    path: '/auth/refresh',
    summary: 'A refresh token for its successor and a new access token',
    body: fields(object({ refresh_token: text('spent by this', { writeOnly: true }) })),
    answers: { 200: json('both', ref('Tokens')) },
    problems: [
      ...BODY,
      ...STORE,
      ...SPREAD,
      'refresh.unknown',
      'refresh.expired',
      'refresh.reused',
      'session.ended',
      'session.mode',
      'session.conflict',
      'token.audience_unknown',
      'token.too_large',
      'keys.unavailable',
      'revocation.stale',
    ],
  },
  {
    method: 'POST',
    path: '/auth/convert',
    summary: "During a change of mode: a session's credential for one of the mode that is issued now",
    security: ['cookie', 'none'],
    body: fields(
      object({
        'refresh_token?': text('to get the cookie; absent: the cookie, to get tokens', { writeOnly: true }),
        ...terms,
        'return_to?': text('a local path, for forms'),
      }),
      false,
    ),
    answers: {
      200: json('the new credential', { anyOf: [ref('LoggedIn'), ref('Tokens')] }, setsCookie),
      303: redirect('the cookie is set (for forms)'),
    },
    problems: [
      ...COOKIE,
      ...BODY,
      'policy.denied',
      'refresh.unknown',
      'refresh.expired',
      'refresh.reused',
      'token.browser',
      'token.audience_unknown',
      'keys.unavailable',
    ],
  },
  {
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'The public keys of the tokens',
    answers: {
      200: {
        description: 'RFC 7517',
        headers: cached,
        content: { 'application/jwk-set+json': { schema: ref('KeySet') } },
      },
    },
    problems: [...STORE, 'keys.unavailable'],
  },
  {
    method: 'GET',
    path: '/status/lists',
    summary: 'The addresses of all status lists',
    answers: { 200: json('all of them', object({ status_lists: list(text('', { format: 'uri' })) }), cached) },
    problems: STORE,
  },
  {
    method: 'GET',
    path: '/status/{n}',
    summary: 'A Token Status List, for verifiers outside the fleet',
    segments: [{ name: 'n', description: 'which', schema: text() }],
    query: [{ name: 'time', description: 'lists are kept as of now: leave it out', schema: text() }],
    answers: {
      200: {
        description: 'the list, signed',
        headers: { ...cached, ETag: { required: true, schema: { type: 'string' } } },
        content: { 'application/statuslist+jwt': { schema: { type: 'string' } } },
      },
      304: empty('as it was'),
    },
    problems: [...STORE, 'request.not_found', 'request.not_acceptable', 'status.history', 'keys.unavailable'],
  },
  {
    method: 'POST',
    path: '/oauth/introspect',
    summary: 'What a token says, and whether it is good (RFC 7662)',
    description:
      'The operator key may ask about every token, a client about its own and those for its audiences, an access token about those of its session.',
    security: ['operatorKey', 'client', 'bearer'],
    body: form(object({ token: text(), 'token_type_hint?': text(), ...clientMembers() })),
    answers: { 200: json('the answer', ref('Introspection')), ...oauthErrors },
  },
  {
    method: 'POST',
    path: '/oauth/revoke',
    summary: 'Ends a token (RFC 7009)',
    security: ['client', 'none'],
    body: form(object({ token: text(), 'token_type_hint?': text(), ...clientMembers() })),
    answers: { 200: empty('ended, or never was'), ...oauthErrors },
  },
]

/** How a client names and proves itself in a form (RFC 6749 §2.3.1, RFC 7523 §2.2). */
export function clientMembers() {
  return {
    'client_id?': text(),
    'client_secret?': text('', { writeOnly: true }),
    'client_assertion?': text(),
    'client_assertion_type?': text(),
  }
}
