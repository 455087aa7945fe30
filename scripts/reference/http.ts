/** The routes of the server as a page, from what `/openapi.json` says of them. */
import { STATUS } from '../../src/http/problem.ts'
import type { JsonObject } from '../../src/json.ts'
import { GROUPS } from '../../src/server/openapi/description.ts'
import type { Operation, Parameter, Schema, Scheme } from '../../src/server/openapi/operation.ts'

const TITLES: Readonly<Record<string, string>> = {
  'sign-in': 'Accounts and sign-in',
  sessions: 'Sessions',
  tokens: 'Tokens',
  operators: 'Operators',
  followers: 'Followers of the revocation log',
  provider: 'OpenID Connect provider',
  machines: 'Machines',
}
const CREDENTIALS: Readonly<Record<Scheme | 'none', string>> = {
  cookie: 'the session cookie',
  bearer: 'an access token',
  operatorKey: 'the operator key',
  followerKey: 'a follower key',
  client: 'an OAuth client',
  providerToken: 'a token of the provider',
  none: 'nobody',
}

export function httpReference(): string {
  const groups = Object.entries(GROUPS).map(([name, operations]) => {
    const shown = operations.filter(({ method }) => method !== 'OPTIONS')
    return `## ${TITLES[name] ?? name}\n\n${shown.map(operationText).join('\n')}`
  })
  return `# Routes of the server

What \`/openapi.json\` of a server says in full, schemas included; it lists what that server has, here is everything. Every route also knows
\`request.malformed\`, \`internal\`, and refuses a foreign \`Host\` (\`request.host\`). [What each code means](../errors.md).

Made from \`src/server/openapi\` by \`npm run reference\`.

${groups.join('\n')}`
}

function operationText(operation: Operation): string {
  const {
    method,
    path,
    summary,
    description,
    security,
    segments = [],
    query = [],
    body,
    answers,
    problems = [],
  } = operation
  const lines = [`### ${method} ${path}`, '', `${summary}.${description === undefined ? '' : ` ${description}`}`, '']
  if (security) lines.push(`- Asked by ${security.map((scheme) => CREDENTIALS[scheme]).join(', or ')}`)
  for (const parameter of [...segments, ...query]) lines.push(parameterText(parameter))
  if (body) lines.push(...bodyLines(body.content ?? {}))
  for (const [status, answer] of Object.entries(answers))
    lines.push(`- **${status}** ${answer.description}${shapeOf(answer.content)}`)
  const byStatus = Map.groupBy(problems, (code) => STATUS[code])
  for (const [status, codes] of [...byStatus].toSorted(([a], [b]) => a - b))
    lines.push(`- **${status}** ${codes.map((code) => `\`${code}\``).join(', ')}`)
  return `${lines.join('\n')}\n`
}

function parameterText({ name, description }: Parameter): string {
  return `- \`${name}\`: ${description}`
}

function bodyLines(content: JsonObject): readonly string[] {
  const types = Object.keys(content)
  const schema = (content[types[0] ?? ''] as { readonly schema?: Schema } | undefined)?.schema
  const members = (schema?.properties ?? {}) as Readonly<Record<string, Schema>>
  const required = (schema?.required ?? []) as readonly string[]
  const named = Object.entries(members).map(([name, member]) => {
    const said = typeof member.description === 'string' && member.description !== '' ? `: ${member.description}` : ''
    return `  - \`${name}\`${required.includes(name) ? '' : ' (may be left out)'}${said}`
  })
  return [`- Takes ${types.map((type) => `\`${type}\``).join(' or ')}${named.length > 0 ? ':' : ''}`, ...named]
}

/** The names of the members of a JSON answer, where they are few and known. */
function shapeOf(content: JsonObject | undefined): string {
  const schema = (content?.['application/json'] as { readonly schema?: Schema } | undefined)?.schema
  if (!schema) return ''
  const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : null
  if (name) return `: \`${name}\``
  const members = Object.keys((schema.properties ?? {}) as JsonObject)
  return members.length > 0 ? `: \`{ ${members.join(', ')} }\`` : ''
}
