/** Which history the log has: the incarnation that belongs to this run of the server, and what was settled when the prefix was first used. */
import { randomId } from '../../crypto/random.ts'
import { AuthError } from '../../errors.ts'
import type { Connection, Reply } from './connection.ts'
import { asList, asText, asTexts } from './fields.ts'

/** Of what is stored; another one is another layout. */
const FORMAT = '1'

export interface History {
  /** Names the fleet; null: it has no name. */
  readonly fleet: string | null
  /** The key that places rows. */
  readonly shards: string
}

/** Pages of SCAN that are looked at: a large database of others must not keep us from starting. */
const SCANS = 50

/**
 * Where there is no history yet, nothing else may be either: it would be another program's, or what is left of ours.
 *
 * @throws AuthError `store.corrupt`, naming the keys by their hash tag
 */
export async function assertUnused(connection: Connection, prefix: string): Promise<void> {
  if ((await connection.send(['EXISTS', `{${prefix}}meta`])) !== 0) return
  let cursor = '0'
  for (let i = 0; i < SCANS; i++) {
    const [next, keys] = asList(
      await connection.send(['SCAN', cursor, 'MATCH', `{${prefix}[}:=]*`, 'COUNT', '1000']),
      'keys',
    )
    const [key] = asTexts(keys, 'keys')
    // Others may have begun in this very moment.
    if (key !== undefined && (await connection.send(['EXISTS', `{${prefix}}meta`])) === 0) {
      const tag = key.slice(0, key.indexOf('}') + 1)
      throw new AuthError(
        'store.corrupt',
        `keys that begin with ${tag} are there, and ${`{${prefix}}meta`} is not: they are another program's, or a part of ours is lost`,
      )
    }
    cursor = asText(next, 'keys')
    if (cursor === '0') return
  }
}

/** The arguments of `adopt`. @param damaged the incarnation whose log lacks a part, or '' */
export function adoptArgs(fleet: string | null, shards: string | null, damaged: string): readonly string[] {
  return [randomId(), fleet ?? '', FORMAT, shards ?? randomId(), damaged]
}

/**
 * @param fleet what we are
 * @throws AuthError `store.version` for another layout, `store.corrupt` for another fleet's log
 */
export function readHistory(reply: Reply, fleet: string | null, prefix: string): History {
  const [, format, held, shards] = Array.isArray(reply) ? reply : []
  if (format !== FORMAT) {
    throw new AuthError(
      'store.version',
      `the keys under "${prefix}" have layout ${format}, and this version knows ${FORMAT}`,
    )
  }
  const name = asText(held, 'meta')
  if (fleet !== null && name !== '' && name !== fleet) {
    throw new AuthError(
      'store.corrupt',
      `the keys under "${prefix}" belong to ${name}, and this is ${fleet}: give each fleet a prefix of its own`,
    )
  }
  return { fleet: name === '' ? null : name, shards: asText(shards, 'meta') }
}
