/** For operators, followers and machines: `/admin`, `/revocations`, health, metrics, and this description itself. */
import {
  BODY,
  empty,
  fields,
  flag,
  IDENTIFIED,
  instant,
  json,
  list,
  type Operation,
  object,
  one,
  orNull,
  ref,
  SPREAD,
  STORE,
  text,
  whole,
} from './operation.ts'

const operator = [...IDENTIFIED, 'operator.required'] as const
const security = ['operatorKey', 'cookie', 'bearer'] as const
const follower = [
  ...BODY,
  'follower.key',
  'credentials.scheme',
  'credentials.ambiguous',
  'token.malformed',
  'store.unavailable',
] as const
const offset = whole('place in the revocation log', { minimum: 0 })

export const OPERATORS: readonly Operation[] = [
  {
    method: 'POST',
    path: '/admin/revoke',
    summary: 'Ends a session, everything of a subject, or one token',
    description:
      'Answers when nobody accepts it any more. `scope` `remote` also waits for verifiers outside; `drain` for the requests under way.',
    security,
    body: fields({
      ...object({
        'session?': text('its id'),
        'subject?': text('its id'),
        'token?': text('its `jti`'),
        'scope?': one('fleet', 'remote'),
        'drain?': {
          description: 'true, or seconds from 0 to 10',
          anyOf: [{ type: 'boolean' }, { type: 'number', minimum: 0, maximum: 10 }, { type: 'string' }],
        },
      }),
      oneOf: [{ required: ['session'] }, { required: ['subject'] }, { required: ['token'] }],
    }),
    answers: { 200: json('the receipt', ref('OperatorReceipt')) },
    problems: [...operator, ...BODY, ...SPREAD],
  },
  {
    method: 'PUT',
    path: '/admin/subjects/{id}/claims',
    summary: "Sets a subject's application claims, whole",
    description: 'Answers when every verifier judges by them.',
    security,
    segments: [{ name: 'id', description: 'of the subject', schema: text() }],
    body: { description: 'the claims', required: true, content: { 'application/json': { schema: ref('Claims') } } },
    answers: {
      200: json('set', object({ subject: text(), claims: ref('Claims'), receipt: ref('OperatorReceipt') })),
    },
    problems: [...operator, ...BODY, ...SPREAD, 'request.not_found', 'account.invalid', 'session.conflict'],
  },
  {
    method: 'GET',
    path: '/admin/sessions',
    summary: 'Sessions, of all or of one subject',
    security,
    query: [
      { name: 'subject', description: 'whose', schema: text() },
      { name: 'cursor', description: 'from the page before', schema: text() },
    ],
    answers: {
      200: json(
        'a page of them',
        object({ sessions: list(ref('SubjectSession')), cursor: orNull(text('of the next page')) }),
      ),
    },
    problems: operator,
  },
  {
    method: 'GET',
    path: '/admin/verifiers',
    summary: 'Whom a revocation waits for',
    security,
    answers: {
      200: json(
        'all of them',
        object({
          head: offset,
          verifiers: list(
            object({
              id: text(),
              kind: { enum: ['server', 'remote', null] },
              name: orNull(text()),
              confirmed_offset: offset,
              confirmed_at: orNull(instant('when it last took an entry of the log into account')),
              last_accepted_at: orNull(instant('when it last recognised a login')),
              noted_at: orNull(instant('when it said so')),
            }),
          ),
        }),
      ),
    },
    problems: operator,
  },
]

export const FOLLOWERS: readonly Operation[] = [
  {
    method: 'POST',
    path: '/revocations/renew',
    summary: 'Joins, confirms, and reads on: a lease for a follower of the log',
    description: 'Held for 2 s at most while there is nothing new. Ids are blinded by the key.',
    security: ['followerKey'],
    body: {
      description: 'what is applied here',
      required: true,
      content: {
        'application/json': {
          schema: object({
            id: orNull(text('<22 characters>.<lease in ms>; null: only a look')),
            incarnation: orNull(text('the history that `applied` belongs to')),
            applied: offset,
            nonce: text('comes back in the answer', { pattern: '^[\\w-]{22}$' }),
            wait_ms: whole('', { minimum: 0, maximum: 2000 }),
            'confirmed_at?': orNull(instant('told to operators')),
            'last_accepted_at?': orNull(instant('told to operators')),
          }),
        },
      },
    },
    answers: {
      200: json(
        'what came after',
        object({
          nonce: text(),
          member: orNull(text('its id in receipts')),
          incarnation: text(),
          settled: flag('whether everybody who held a lease of an earlier history has lost it'),
          head: offset,
          first_retained: whole('', { minimum: 1 }),
          entries: list(
            object({
              offset: whole('', { minimum: 1 }),
              event: {
                type: 'object',
                properties: { kind: one('session', 'token', 'subject', 'claims', 'floor'), until: { type: 'number' } },
                required: ['kind', 'until'],
              },
            }),
          ),
        }),
      ),
    },
    problems: [...follower, 'follower.limit', 'store.corrupt'],
  },
  {
    method: 'POST',
    path: '/revocations/leave',
    summary: 'No revocation waits for this follower any more',
    security: ['followerKey'],
    body: {
      description: 'which',
      required: true,
      content: { 'application/json': { schema: object({ id: text() }) } },
    },
    answers: { 200: json('left', object({ left: { const: true } })) },
    problems: follower,
  },
  {
    method: 'GET',
    path: '/revocations/stream',
    summary: 'Says when there is something to read: for speed, nothing depends on it',
    security: ['followerKey'],
    headers: [{ name: 'Last-Event-ID', description: 'the last offset seen', schema: text() }],
    answers: {
      200: {
        description: 'server-sent events `{"head": offset}`',
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
    },
    problems: ['follower.key', 'credentials.scheme', 'credentials.ambiguous', 'token.malformed', 'follower.limit'],
  },
]

export const MACHINES: readonly Operation[] = [
  {
    method: 'GET',
    path: '/healthz',
    summary: 'Whether the process lives',
    anyHost: true,
    answers: { 200: json('it does', object({ status: { const: 'ok' } })) },
  },
  {
    method: 'GET',
    path: '/readyz',
    summary: 'Whether it can decide and write, and if not, why not',
    anyHost: true,
    answers: { 200: json('it can', ref('Readiness')), 503: json('it cannot', ref('Readiness')) },
  },
  {
    method: 'GET',
    path: '/metrics',
    summary: 'Numbers, without a word about any user',
    anyHost: true,
    answers: {
      200: {
        description: 'Prometheus text',
        content: { 'text/plain': { schema: { type: 'string' } } },
      },
    },
    problems: STORE,
  },
  {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description',
    answers: {
      200: json('OpenAPI 3.1', { type: 'object', required: ['openapi', 'info', 'paths'] }),
      304: empty('as it was'),
    },
  },
]
