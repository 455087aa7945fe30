/** The shapes that several answers share. */
import { STATUS } from '../../http/problem.ts'
import { flag, instant, list, object, one, orNull, ref, type Schema, text, whole } from './operation.ts'

const ID = { pattern: '^[\\w-]{1,128}$' }
const mode = one('cookie', 'token', 'hybrid')

const session = {
  id: text('safe to show and to log', ID),
  mode,
  created_at: instant('when it began'),
  last_seen_at: instant('when it was last used, five minutes late at most'),
  expires_at: instant('when it ends if nobody uses it'),
  authenticated_at: instant('when its user last proved who they are'),
  acr: orNull(text('how strongly')),
  amr: list(text(), 'by what means (RFC 8176)'),
  client_id: orNull(text('the OAuth client that it belongs to; null: none')),
  device: object({ user_agent: orNull(text()), address: orNull(text()) }),
}

const receipt = {
  offset: whole('place in the revocation log', { minimum: 0 }),
  confirmed_by: one('acks', 'lease'),
  waited_for: whole('verifiers whose lease had to be waited out', { minimum: 0 }),
  ms: { type: 'number', minimum: 0, description: 'from the append to the last confirmation' },
  remote_effective_at: orNull(instant('when verifiers outside can no longer accept')),
}

const tokens = {
  access_token: text('RFC 9068; never logged'),
  expires_in: whole('seconds', { minimum: 1 }),
  token_type: { const: 'Bearer' },
  'scope?': text(),
}

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Mode: mode,
  Claims: { type: 'object', description: "the application's claims of a subject, such as its roles" },
  Problem: {
    type: 'object',
    description: 'RFC 9457; match on the code',
    properties: {
      type: { const: 'about:blank' },
      title: text(),
      status: whole(),
      code: { type: 'string', enum: Object.keys(STATUS) },
      detail: text('for people; it may change'),
      error_id: text('names the line in the log, for failures of ours'),
      acr_values: list(text(), 'RFC 9470: what is needed'),
      max_age: whole('RFC 9470: how fresh, in seconds'),
    },
    required: ['type', 'title', 'status', 'code', 'detail'],
    additionalProperties: false,
  },
  OAuthError: object({ error: text('RFC 6749 §5.2'), 'error_description?': text(), 'scope?': text() }),
  Session: object(session),
  OwnSession: object({ ...session, current: flag('whether it is the one that asks') }),
  SubjectSession: object({ subject: orNull(text('whose it is; null: nobody has signed in', ID)), ...session }),
  Receipt: object(receipt, 'the proof that nobody accepts it any more'),
  OperatorReceipt: object({
    ...receipt,
    verifiers: list(
      object({ id: text(), by: one('ack', 'left', 'lease'), ms: { type: 'number' } }),
      'everybody who was waited for',
    ),
  }),
  LoggedIn: object({
    subject: text('who has signed in', ID),
    session: ref('Session'),
    cookie_check: { const: '/auth/cookie-check' },
    'signed_out?': flag('that the session left behind has ended'),
    'ended?': whole('how many other sessions have ended', { minimum: 0 }),
    'receipt?': { anyOf: [ref('Receipt'), { type: 'null' }] },
    'device_token?': text('send it with the next sign-in of this device'),
  }),
  AccessToken: object(tokens, 'RFC 6749 §5.1'),
  Tokens: object(
    {
      ...tokens,
      refresh_token: text('spent by its use; never logged'),
      'convert_to?': mode,
      'device_token?': text('send it with the next sign-in of this device'),
      'ended?': whole('how many other sessions have ended', { minimum: 0 }),
      'receipt?': { anyOf: [ref('Receipt'), { type: 'null' }] },
    },
    'RFC 6749 §5.1',
  ),
  Login: object({
    subject: text('who is asking', ID),
    claims: ref('Claims'),
    session: object({
      id: text('', ID),
      mode,
      credential: one('cookie', 'token'),
      created_at: orNull(instant('when it began; null: the token does not tell')),
      expires_at: instant('when the credential ends, if nobody uses it'),
      authenticated_at: instant('when its user last proved who they are'),
      acr: orNull(text()),
      amr: list(text()),
    }),
    'convert_to?': mode,
  }),
  KeySet: object({
    keys: list({
      type: 'object',
      description: 'a public key (RFC 7517)',
      properties: {
        kty: one('EC', 'RSA', 'OKP'),
        kid: text(),
        alg: text(),
        use: { const: 'sig' },
        crv: text(),
        x: text(),
        y: text(),
        n: text(),
        e: text(),
      },
      required: ['kty', 'kid', 'alg', 'use'],
      additionalProperties: false,
    }),
  }),
  Readiness: object({
    ready: flag('whether this process can decide and write'),
    durability: text('what the store keeps over a crash'),
    checks: object({ store: text(), writes: text(), keys: text(), lease: text(), running: one('ok', 'stopping') }),
  }),
  Introspection: {
    type: 'object',
    description: 'RFC 7662 §2.2; nothing but `active` when it is false',
    properties: { active: { type: 'boolean' } },
    required: ['active'],
  },
}
