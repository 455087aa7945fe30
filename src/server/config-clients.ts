/** `SOJOURN_CLIENTS`: a JSON file with a list of OAuth clients, for those who keep their configuration in files. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { sha256Base64url } from '../crypto/digest.ts'
import { type Client, readClient } from '../oidc/client.ts'
import { type AudiencePolicy, shown } from './config-audiences.ts'

const MOST_BYTES = 1024 * 1024
const LEAST_SECRET = 32

type Report = (problem: string, mend: string) => void

/**
 * A client's members are those of RFC 7591 and some of ours (`Client`). Its secret stands there as `client_secret`, of 32
 * characters or more, or as `client_secret_sha256`; only the digest is kept.
 */
export function readClients(
  path: string | undefined,
  audiences: readonly AudiencePolicy[],
  report: Report,
): readonly Client[] {
  if (path === undefined) return []
  const list = readList(resolve(path), report)
  const clients: Client[] = []
  for (const [i, given] of list.entries()) {
    const fault = (problem: string): void => report(`client ${nameOf(given, i)}: ${problem}`, 'mend it in that file')
    const read = readClient(hashed(given, fault))
    if ('faults' in read) {
      for (const problem of read.faults) fault(problem)
      continue
    }
    const { client } = read
    if (clients.some(({ client_id }) => client_id === client.client_id)) fault('it is there twice')
    for (const problem of unknownAudiences(client, audiences)) fault(problem)
    clients.push(client)
  }
  return clients
}

/** Audiences of a client that no token is issued for. */
export function unknownAudiences(client: Client, audiences: readonly AudiencePolicy[]): readonly string[] {
  return [...new Set([...client.audiences, ...client.serves])]
    .filter((name) => !audiences.some(({ audience }) => audience === name))
    .map((name) => `"${shown(name)}" is not among SOJOURN_AUDIENCES`)
}

function readList(path: string, report: Report): readonly unknown[] {
  try {
    const text = readFileSync(path, 'utf8')
    const value: unknown = text.length > MOST_BYTES ? null : JSON.parse(text)
    if (Array.isArray(value)) return value
    report(`${path} holds no list of clients`, 'give a JSON list, such as [{ "client_id": "shop", ... }]')
  } catch (error) {
    // The parser's words would quote the file, which may hold secrets.
    const why = error instanceof SyntaxError ? 'is no JSON' : 'cannot be read'
    report(`${path} ${why}`, 'give the path of a JSON list that this user may read')
  }
  return []
}

/** The client with the digest of its secret in the place of the secret. */
function hashed(given: unknown, fault: (problem: string) => void): unknown {
  if (typeof given !== 'object' || given === null || !('client_secret' in given)) return given
  const { client_secret: secret, ...rest } = given
  if (typeof secret !== 'string' || secret.length < LEAST_SECRET) {
    fault(`client_secret must have ${LEAST_SECRET} characters or more: make one with \`sojourn secret\``)
    return { ...rest, client_secret_sha256: sha256Base64url('') }
  }
  return { ...rest, client_secret_sha256: sha256Base64url(secret) }
}

function nameOf(given: unknown, i: number): string {
  const id = typeof given === 'object' && given !== null && 'client_id' in given ? given.client_id : null
  return typeof id === 'string' ? `"${shown(id)}"` : `${i + 1}`
}
