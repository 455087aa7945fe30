/** The whole description: of the routes that are there, and of nothing else. */
import type { AuthErrorCode } from '../../errors.ts'
import { STATUS } from '../../http/problem.ts'
import type { Route } from '../../http/router.ts'
import type { Json, JsonObject } from '../../json.ts'
import { type Answer, BODY, type Operation, type Parameter } from './operation.ts'
import { FOLLOWERS, MACHINES, OPERATORS } from './operators.ts'
import { PROVIDER } from './provider.ts'
import { SCHEMAS } from './schemas.ts'
import { SESSIONS } from './sessions.ts'
import { SIGN_IN } from './sign-in.ts'
import { TOKENS } from './tokens.ts'

/** By what they are for. A route that is in none of them is not described: `test/flow/openapi.test.ts` names it. */
export const GROUPS: Readonly<Record<string, readonly Operation[]>> = {
  'sign-in': SIGN_IN,
  sessions: SESSIONS,
  tokens: TOKENS,
  operators: OPERATORS,
  followers: FOLLOWERS,
  provider: PROVIDER,
  machines: MACHINES,
}
const ALWAYS: readonly AuthErrorCode[] = ['request.malformed', 'internal']

export interface DescriptionOptions {
  readonly routes: readonly Pick<Route, 'method' | 'path'>[]
  /** The public origin. */
  readonly origin: string
  readonly version: string
  readonly cookieName: string
}

export function describeRoutes({ routes, origin, version, cookieName }: DescriptionOptions): JsonObject {
  const there = new Set(routes.map(({ method, path }) => `${method} ${path}`))
  const paths: Record<string, Record<string, Json>> = {}
  for (const [tag, operations] of Object.entries(GROUPS)) {
    for (const operation of operations) {
      const { method, path } = operation
      if (!there.has(`${method} ${path}`)) continue
      paths[path] ??= {}
      paths[path][method.toLowerCase()] = written(operation, tag)
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sojourn',
      version,
      description:
        'Keeps users logged in. Every failure is a problem (RFC 9457) with a stable `code`; OAuth routes answer in the form of RFC 6749 §5.2. A request that is not GET or HEAD and carries the session cookie must come from the public origin, and say so in `Origin` or `Sec-Fetch-Site`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: origin }],
    tags: Object.keys(GROUPS).map((name) => ({ name })),
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: cookieName,
          description: 'set by a sign-in; HttpOnly. An `Authorization` header beside it decides alone.',
        },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'an access token (RFC 9068)' },
        operatorKey: { type: 'http', scheme: 'bearer', description: '`SOJOURN_OPERATOR_KEY`' },
        followerKey: { type: 'http', scheme: 'bearer', description: 'one of `SOJOURN_FOLLOWER_KEY`' },
        client: { type: 'http', scheme: 'basic', description: 'an OAuth client; or its members of the form' },
        providerToken: { type: 'openIdConnect', openIdConnectUrl: `${origin}/.well-known/openid-configuration` },
      },
      responses: COMMON,
    },
  }
}

const COMMON: JsonObject = {
  UriTooLong: problemAnswer('the URL is longer than 8192 characters', ['request.too_large']),
  Misdirected: problemAnswer('`Host` is not the public origin', ['request.host']),
  HeadersTooLong: problemAnswer('a header is longer than 16 KiB', ['request.too_large']),
}

function written(operation: Operation, tag: string): JsonObject {
  const { method, path, summary, description, security, body, segments = [], query = [], headers = [] } = operation
  const parameters = [
    ...segments.map((one) => parameter(one, 'path')),
    ...query.map((one) => parameter(one, 'query')),
    ...headers.map((one) => parameter(one, 'header')),
  ]
  return {
    operationId: [method.toLowerCase(), ...path.split(/[^a-zA-Z]+/).filter(Boolean)].join('_'),
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(security
      ? { security: security.map((scheme): JsonObject => (scheme === 'none' ? {} : { [scheme]: [] })) }
      : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: body as unknown as JsonObject } : {}),
    responses: answersOf(operation),
  }
}

function parameter({ name, description, schema, required }: Parameter, place: 'path' | 'query' | 'header'): JsonObject {
  return { name, in: place, description, required: place === 'path' || required === true, schema }
}

function answersOf({ answers, problems = [], body, anyHost }: Operation): JsonObject {
  const codes = new Set<AuthErrorCode>([
    ...ALWAYS,
    ...(body ? [...BODY, 'request.too_large' as const] : []),
    ...problems,
  ])
  const byStatus = Map.groupBy(codes, (code) => STATUS[code])
  const all: Record<string, Json> = {
    414: { $ref: '#/components/responses/UriTooLong' },
    ...(anyHost ? {} : { 421: { $ref: '#/components/responses/Misdirected' } }),
    431: { $ref: '#/components/responses/HeadersTooLong' },
  }
  for (const [status, known] of byStatus) all[status] = problemAnswer(known.join(', '), known)
  for (const [status, answer] of Object.entries(answers)) all[status] = both(answer, all[status] as Answer | undefined)
  return all
}

/** A route's own answer, and a problem of the same status. */
function both(answer: Answer, problem: Answer | undefined): JsonObject {
  if (!problem) return answer as unknown as JsonObject
  const { headers = {}, ...rest } = answer
  return { ...rest, headers, content: { ...problem.content, ...answer.content } }
}

function problemAnswer(description: string, codes: readonly AuthErrorCode[]): JsonObject {
  const status = STATUS[codes[0] ?? 'internal']
  const header = (text: string): JsonObject => ({ description: text, required: true, schema: { type: 'string' } })
  return {
    description,
    headers: {
      ...(status === 401 ? { 'WWW-Authenticate': { ...header('RFC 6750 §3'), required: false } } : {}),
      ...(status === 429 || status === 503 ? { 'Retry-After': header('seconds') } : {}),
    },
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem', properties: { code: { enum: [...codes].sort() } } },
      },
      // A browser that navigates is shown a page.
      'text/html': { schema: { type: 'string' } },
    },
  }
}
