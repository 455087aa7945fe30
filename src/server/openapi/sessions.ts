/** A login and its sessions: `/auth/session`, `/auth/sign-out`, `/auth/sessions`, `/auth/accounts`. */
import {
  BODY,
  COOKIE,
  fields,
  flag,
  IDENTIFIED,
  json,
  list,
  type Operation,
  object,
  one,
  orNull,
  redirect,
  ref,
  type Schema,
  SPREAD,
  setsCookie,
  text,
  whole,
} from './operation.ts'

const id = { name: 'id', description: 'of a session', schema: text() }
const returnTo = { 'return_to?': text('a local path, for forms') }
const receipt = { anyOf: [ref('Receipt'), { type: 'null' }] }
const endedOne: Schema = object({ ended: { const: 1 }, receipt: ref('Receipt') })
const endedMany: Schema = {
  description: '`all`: the receipt; `others`: what a sign-in answers, for this session begins anew',
  anyOf: [object({ receipt: ref('Receipt') }), ref('LoggedIn'), ref('Tokens')],
}
const ending = [...IDENTIFIED, ...SPREAD] as const

export const SESSIONS: readonly Operation[] = [
  {
    method: 'GET',
    path: '/auth/session',
    summary: 'Who am I',
    security: ['cookie', 'bearer'],
    answers: { 200: json('the login', ref('Login')) },
    problems: IDENTIFIED,
  },
  {
    method: 'POST',
    path: '/auth/sign-out',
    summary: 'Ends the session everywhere, then expires the cookie',
    description: '`scope` `browser` (default) ends every account of this browser, `account` the active one alone.',
    security: ['cookie', 'bearer', 'none'],
    body: fields(object({ 'scope?': one('browser', 'account'), ...returnTo }), false),
    answers: {
      200: json(
        'signed out; with `account`, another account of the browser may be active now',
        { anyOf: [object({ signed_out: flag('whether there was a live session'), receipt }), ref('LoggedIn')] },
        setsCookie,
      ),
      303: redirect('signed out (for forms)'),
    },
    problems: [...ending, ...BODY],
  },
  {
    method: 'GET',
    path: '/auth/sessions',
    summary: 'My devices',
    security: ['cookie', 'bearer'],
    query: [
      { name: 'cursor', description: 'from the page before', schema: text() },
      { name: 'limit', description: 'default 50', schema: whole('', { minimum: 1, maximum: 100 }) },
    ],
    answers: {
      200: json(
        'a page of them',
        object({ sessions: list(ref('OwnSession')), cursor: orNull(text('of the next page')) }),
      ),
    },
    problems: IDENTIFIED,
  },
  {
    method: 'DELETE',
    path: '/auth/sessions',
    summary: 'Ends all sessions, or all others',
    security: ['cookie', 'bearer'],
    query: [{ name: 'scope', description: 'which', schema: one('others', 'all'), required: true }],
    answers: { 200: json('ended', endedMany, setsCookie) },
    problems: [...ending, 'session.superseded'],
  },
  {
    method: 'DELETE',
    path: '/auth/sessions/{id}',
    summary: 'Ends one session',
    security: ['cookie', 'bearer'],
    segments: [id],
    answers: { 200: json('ended', endedOne, setsCookie) },
    problems: [...ending, 'session.missing'],
  },
  {
    method: 'POST',
    path: '/auth/sessions/end',
    summary: 'Ends all sessions, or all others: for plain forms',
    security: ['cookie', 'bearer'],
    body: fields(object({ scope: one('others', 'all'), ...returnTo })),
    answers: { 200: json('ended', endedMany, setsCookie), 303: redirect('ended (for forms)') },
    problems: [...ending, ...BODY, 'session.superseded'],
  },
  {
    method: 'POST',
    path: '/auth/sessions/{id}/end',
    summary: 'Ends one session: for plain forms',
    security: ['cookie', 'bearer'],
    segments: [id],
    body: fields(object(returnTo), false),
    answers: { 200: json('ended', endedOne, setsCookie), 303: redirect('ended (for forms)') },
    problems: [...ending, ...BODY, 'session.missing'],
  },
  {
    method: 'GET',
    path: '/auth/accounts',
    summary: 'The accounts that this browser holds',
    security: ['cookie'],
    answers: {
      200: json(
        'all of them',
        object({
          accounts: list(object({ session_id: text(), subject: text(), active: flag('whether it decides now') })),
        }),
      ),
    },
    problems: COOKIE,
  },
  {
    method: 'POST',
    path: '/auth/accounts/switch',
    summary: 'Makes another account of this browser the active one',
    security: ['cookie'],
    body: fields(object({ session_id: text(), ...returnTo })),
    answers: { 200: json('switched', ref('LoggedIn'), setsCookie), 303: redirect('switched (for forms)') },
    problems: [...COOKIE, ...BODY, 'session.missing'],
  },
]
