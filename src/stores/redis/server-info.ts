/** What a server says of itself (INFO), and whether we may rely on it. */
import { AuthError } from '../../errors.ts'
import { unavailable } from './errors.ts'

export interface ServerInfo {
  /**
   * Names one life of one server's data: another after every restart, fail-over and promotion. Everything that may have lost
   * acknowledged writes has another one (a restored backup, too, for it needs a restart).
   */
  readonly run: string
  readonly role: 'primary' | 'replica'
  /** Replicas that are connected now. */
  readonly replicas: number
  readonly isCluster: boolean
  readonly appendOnly: boolean
}

const OLDEST_MAJOR = 7

/**
 * @throws AuthError `store.version` for a server older than 7, `store.unavailable` for one that evicts keys
 */
export function readServerInfo(text: string): ServerInfo {
  const fields = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  const field = (name: string): string => {
    const value = fields.get(name)
    if (value === undefined) throw unavailable(`the server's INFO lacks ${name}: is it Redis 7, Valkey or newer?`)
    return value
  }
  const version = field('redis_version')
  if (!(Number.parseInt(version, 10) >= OLDEST_MAJOR)) {
    throw new AuthError(
      'store.version',
      `the server is Redis ${version}; Sojourn needs Redis ${OLDEST_MAJOR} or Valkey`,
    )
  }
  const policy = field('maxmemory_policy')
  if (policy !== 'noeviction') {
    throw unavailable(
      `Redis evicts keys when its memory is full (maxmemory-policy ${policy}), revocations among them: set it to noeviction`,
    )
  }
  return {
    run: `${field('run_id')}/${field('master_replid')}`,
    role: field('role') === 'master' ? 'primary' : 'replica',
    replicas: Number(field('connected_slaves')),
    isCluster: fields.get('cluster_enabled') === '1',
    appendOnly: field('aof_enabled') === '1',
  }
}
