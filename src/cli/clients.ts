/** `sojourn clients add|list|remove`: the OAuth clients of Sojourn's own server. */
import type { JsonObject } from '../json.ts'
import { type Client, readClient } from '../oidc/client.ts'
import { newClientSecret } from '../oidc/clients.ts'
import { unknownAudiences } from '../server/config-clients.ts'
import { type Command, JSON_OPTION, type Option } from './command.ts'
import { withInstance } from './open.ts'
import { plain, printJson, printRows, receiptJson, receiptLine } from './output.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'

const INPUT_LIMIT = 64 * 1024

/** Options that are members of the client: one text, or several parted by blanks. */
const MEMBERS: Readonly<Record<string, Option & { readonly member: keyof Client; readonly many?: true }>> = {
  name: { type: 'string', value: 'TEXT', help: 'what people are shown (default: the id)', member: 'client_name' },
  type: { type: 'string', value: 'TYPE', help: 'web (default) or native', member: 'application_type' },
  redirect: { type: 'string', value: 'URIS', help: 'redirect URIs, exact', member: 'redirect_uris', many: true },
  'after-logout': {
    type: 'string',
    value: 'URIS',
    help: 'where a logout may lead back to',
    member: 'post_logout_redirect_uris',
    many: true,
  },
  'backchannel-logout': {
    type: 'string',
    value: 'URI',
    help: 'is told when a session ends',
    member: 'backchannel_logout_uri',
  },
  grants: {
    type: 'string',
    value: 'GRANTS',
    help: 'grant types (default with a redirect URI: authorization_code refresh_token)',
    member: 'grant_types',
    many: true,
  },
  auth: {
    type: 'string',
    value: 'METHOD',
    help: 'client_secret_basic (default), client_secret_post, private_key_jwt, none (default of native)',
    member: 'token_endpoint_auth_method',
  },
  'jwks-uri': { type: 'string', value: 'URI', help: 'where its public keys are', member: 'jwks_uri' },
  scopes: { type: 'string', value: 'SCOPES', help: 'scopes that it may ask for', member: 'scopes', many: true },
  audiences: {
    type: 'string',
    value: 'NAMES',
    help: 'audiences that it may ask tokens for',
    member: 'audiences',
    many: true,
  },
  serves: {
    type: 'string',
    value: 'NAMES',
    help: 'audiences that it is: it may introspect and exchange their tokens',
    member: 'serves',
    many: true,
  },
}

const optionsOfMembers: Readonly<Record<string, Option>> = Object.fromEntries(
  Object.entries(MEMBERS).map(([name, { type, value, help }]) => [name, { type, value: value ?? '', help }]),
)

export const clientsAdd: Command = {
  summary: 'register an OAuth client and print its secret, once',
  positionals: ['ID'],
  options: {
    ...optionsOfMembers,
    trusted: { type: 'boolean', help: 'one of our own: nobody is asked for consent' },
    input: { type: 'boolean', help: 'read further members (RFC 7591), such as jwks, as JSON from standard input' },
    ...JSON_OPTION,
  },
  notes: [
    'Several values are parted by blanks, in quotes. It counts at once, without a restart. Of the secret only a digest is kept.',
  ],
  run: async ({ terminal, positionals: [id = ''], text, flag }) => {
    const given: Record<string, unknown> = flag('input') ? { ...(await readMembers(terminal)) } : {}
    for (const [option, { member, many }] of Object.entries(MEMBERS)) {
      const value = text(option)
      if (value !== undefined) given[member] = many ? value.split(/ +/).filter((one) => one !== '') : value
    }
    if (flag('trusted')) given.trusted = true
    const { client, secret } = newClient(id, given)
    return withInstance(terminal.env, async ({ audit, clients, config }) => {
      const [unknown] = unknownAudiences(client, config.audiences)
      if (unknown) throw new UsageError(`clients add: ${unknown}`)
      if (!(await clients.add(client))) throw new UsageError('there is a client of that id already; remove it first', 1)
      await audit.record({ action: 'client.added', actor: { kind: 'cli' }, detail: { client_id: client.client_id } })
      if (flag('json'))
        printJson(terminal, { ...asJson(client), ...(secret === null ? {} : { client_secret: secret }) })
      else {
        terminal.out(`Client ${plain(client.client_id)} is registered.`)
        if (secret !== null) terminal.out(`Its secret, shown this once: ${secret}`)
      }
      return 0
    })
  },
}

export const clientsList: Command = {
  summary: 'list OAuth clients',
  options: JSON_OPTION,
  run: ({ terminal, flag }) =>
    withInstance(terminal.env, async ({ clients }) => {
      const list = await clients.list()
      if (flag('json')) printJson(terminal, { clients: list.map(asJson) })
      else
        printRows(
          terminal,
          list,
          [
            { title: 'client', show: (client) => client.client_id },
            { title: 'name', show: (client) => client.client_name },
            { title: 'from', show: (client) => (clients.isFixed(client.client_id) ? 'file' : 'store') },
            { title: 'authenticates by', show: (client) => client.token_endpoint_auth_method },
            { title: 'grants', show: (client) => client.grant_types.map(shortGrant).join(' ') },
            { title: 'redirect URIs', show: (client) => client.redirect_uris.join(' ') || '-' },
          ],
          'There are no clients yet.',
        )
      return 0
    }),
}

export const clientsRemove: Command = {
  summary: 'remove an OAuth client; every token that it holds ends, everywhere',
  positionals: ['ID'],
  options: JSON_OPTION,
  notes: ['It returns when no verifier accepts a token of that client any more. Its users stay signed in with us.'],
  run: ({ terminal, positionals: [id = ''], flag }) =>
    withInstance(terminal.env, async ({ audit, clients, clientEnds }) => {
      if (clients.isFixed(id))
        throw new UsageError('that client stands in the file of SOJOURN_CLIENTS: take it out there', 1)
      // Also where there is none: an earlier removal may have been cut off before the tokens had ended.
      const removed = await clients.remove(id)
      const { tokens, receipt } = await clientEnds.end(id, removed)
      if (!removed && tokens === 0)
        throw new UsageError('there is no such client; `sojourn clients list` shows them', 1)
      await audit.record({ action: 'client.removed', actor: { kind: 'cli' }, detail: { client_id: id, tokens } })
      if (flag('json'))
        printJson(terminal, { client_id: id, tokens, receipt: receipt === null ? null : receiptJson(receipt) })
      else
        terminal.out(
          `Client ${plain(id)} is removed${receipt === null ? '; no token of its was alive' : `, and its tokens with it: ${receiptLine(receipt)}`}.`,
        )
      return 0
    }),
}

/** @throws UsageError with the first fault */
function newClient(
  id: string,
  given: Record<string, unknown>,
): { readonly client: Client; readonly secret: string | null } {
  for (const name of ['client_id', 'client_secret', 'client_secret_sha256'])
    if (name in given) throw new UsageError(`clients add: ${name} is not to be given; the secret is made here`)
  const made = newClientSecret()
  const method = given.token_endpoint_auth_method
  const wantsSecret =
    method === undefined ? given.application_type !== 'native' : String(method).startsWith('client_secret_')
  const read = readClient({ ...given, client_id: id, ...(wantsSecret ? { client_secret_sha256: made.sha256 } : {}) })
  if ('client' in read) return { client: read.client, secret: wantsSecret ? made.secret : null }
  const [first, ...rest] = read.faults
  throw new UsageError(`clients add: ${first}${rest.length > 0 ? ` (and ${rest.length} more)` : ''}`)
}

async function readMembers(terminal: Terminal): Promise<JsonObject> {
  const text = await terminal.readInput('members of a client as JSON', INPUT_LIMIT)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new UsageError('standard input is not JSON: give an object such as {"jwks":{"keys":[...]}}', 1, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError('standard input is no JSON object: give one such as {"jwks":{"keys":[...]}}', 1)
  return value as JsonObject
}

function shortGrant(grant: string): string {
  return grant.slice(grant.lastIndexOf(':') + 1)
}

/** Without the digest: nobody needs it, and it is half of what a guess needs. */
function asJson({ client_secret_sha256: _, ...client }: Client) {
  return client
}
