/** The single looks of `sojourn doctor`. None of them changes anything. */
import { existsSync, lstatSync, statfsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { isAuthError } from '../errors.ts'
import type { Config } from '../server/config.ts'
import { isFleet, storeName } from '../server/config-store.ts'
import { openInstance } from '../server/instance.ts'
import { StartupFault } from '../server/startup-fault.ts'

export interface Finding {
  readonly check: string
  /** What was seen, when it is good. */
  readonly said?: string
  readonly fault?: string
  readonly mend?: string
  /** The fault on one line, when it is worded otherwise than `fault: mend`. */
  readonly line?: string
}

const MIN_FREE_BYTES = 100 * 1024 * 1024
/** The release of Node 24: a clock before that day is wrong. */
const EARLIEST_MS = Date.UTC(2025, 4, 6)

export function checkNode(): Finding {
  const [major = 0] = process.versions.node.split('.').map(Number)
  return major >= 24
    ? { check: 'node', said: process.versions.node }
    : { check: 'node', fault: `this is Node ${process.versions.node}`, mend: 'install Node 24 or newer' }
}

export function checkClock(now = Date.now()): Finding {
  if (now < EARLIEST_MS)
    return {
      check: 'clock',
      fault: `the machine thinks it is ${new Date(now).toISOString()}`,
      mend: 'set the clock and let NTP keep it: every expiry depends on it',
    }
  return { check: 'clock', said: `${new Date(now).toISOString()}` }
}

/** Directory 0700 and files 0600, owned by the one who asks. */
export function checkFiles(config: Config): readonly Finding[] {
  const directory = config.dataDirectory
  if (!existsSync(directory))
    return lstatSync(directory, { throwIfNoEntry: false })
      ? [
          {
            check: 'data directory',
            fault: `${directory} is a link to nowhere`,
            mend: 'remove it, or make what it names',
          },
        ]
      : [{ check: 'data directory', said: `${directory} is not there yet; the first start makes it` }]
  if (process.platform === 'win32') return [{ check: 'data directory', said: directory }]
  const found = statSync(directory)
  if (!found.isDirectory())
    return [{ check: 'data directory', fault: `${directory} is not a directory`, mend: 'set SOJOURN_DATA to one' }]
  const paths = ['secret', 'operator-password', 'sojourn.db', 'sojourn.db-wal'].map((name) => `${directory}/${name}`)
  if (config.store.kind === 'sqlite') paths.push(config.store.path, `${config.store.path}-wal`)
  const findings = [permissions('data directory', directory, 0o700)]
  for (const path of new Set(paths)) if (existsSync(path)) findings.push(permissions('file', path, 0o600))
  return findings
}

function permissions(check: string, path: string, wanted: number): Finding {
  const { mode, uid } = statSync(path)
  const me = process.getuid?.()
  if (me !== undefined && me !== 0 && uid !== me)
    return { check, fault: `${path} belongs to another user`, mend: `chown it to the user that runs the server` }
  if ((mode & 0o077) !== 0)
    return {
      check,
      fault: `${path} can be read or changed by others (mode ${(mode & 0o777).toString(8)})`,
      mend: `chmod ${wanted.toString(8)} '${path}'`,
    }
  return { check, said: `${path} (mode ${(mode & 0o777).toString(8)})` }
}

export function checkDisk(config: Config): Finding {
  const wanted = config.store.kind === 'sqlite' ? dirname(config.store.path) : config.dataDirectory
  let path = wanted
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path)
  const { bavail, bsize } = statfsSync(path)
  const free = bavail * bsize
  const megabytes = `${Math.floor(free / 1024 / 1024)} MB`
  return free >= MIN_FREE_BYTES
    ? { check: 'disk', said: `${megabytes} free` }
    : {
        check: 'disk',
        fault: `only ${megabytes} are free at ${path}`,
        mend: 'make room: logins cannot be written otherwise',
      }
}

/** Opens the store beside a running server, asks it, reads the keys. */
export async function checkStore(config: Config): Promise<readonly Finding[]> {
  if (config.store.kind === 'memory') return [{ check: 'store', said: 'memory: every login is gone at a restart' }]
  if (config.store.kind === 'sqlite' && !existsSync(config.store.path))
    return [{ check: 'store', said: `${config.store.path} is not there yet; the first start makes it` }]
  try {
    const instance = await openInstance(config, { role: 'cli' })
    try {
      await instance.store.ping()
      const now = instance.clock.now()
      const count = await instance.store.sessions.count(now)
      const [newest] = await instance.audit.list({}, null, 1)
      const keys = await instance.keys.list()
      const signing = keys.find((key) => key.state === 'signing')
      return [
        {
          check: 'store',
          said: `${storeName(config.store)}: ${count} live sessions, durability ${instance.store.revocations.durability}`,
        },
        newest && newest.at > now + 60
          ? {
              check: 'clock against store',
              fault: `the newest entry of the audit log is ${newest.at - now} s in the future`,
              mend: 'the clock has gone back: set it right before anybody signs in',
            }
          : { check: 'clock against store', said: 'nothing was written in the future' },
        signing
          ? { check: 'keys', said: `${signing.keyId} signs with ${signing.algorithm}` }
          : { check: 'keys', fault: 'no key signs', mend: 'start the server, or run `sojourn keys rotate`' },
      ]
    } finally {
      await instance.close()
    }
  } catch (error) {
    if (error instanceof StartupFault) return [{ check: 'store', fault: error.problem, mend: error.mend }]
    if (isAuthError(error))
      return [
        {
          check: 'store',
          fault: `${error.message} (${error.code})`,
          mend: isFleet(config.store)
            ? 'look at that server, then try again'
            : 'look at the disk and the file, then try again',
        },
      ]
    throw error
  }
}

/** Whether the port is free; a port that our own server holds is good too. */
export async function checkPort({ port, host, url }: Config): Promise<Finding> {
  if (port === 0) return { check: 'port', said: 'any free one' }
  const code = await new Promise<string | null>((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)))
  })
  if (code === null) return { check: 'port', said: `${host}:${port} is free` }
  if (code !== 'EADDRINUSE')
    return {
      check: 'port',
      fault: `cannot listen on ${host}:${port} (${code})`,
      mend: code === 'EACCES' ? 'take a PORT above 1023' : "set SOJOURN_HOST to one of this machine's addresses",
    }
  return (await isOurServer(host, port))
    ? { check: 'port', said: `${host}:${port}: a server is running there for ${url}` }
    : { check: 'port', fault: `another program listens on ${host}:${port}`, mend: 'stop it, or set another PORT' }
}

async function isOurServer(host: string, port: number): Promise<boolean> {
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  try {
    const response = await fetch(`http://${address}:${port}/healthz`, {
      signal: AbortSignal.timeout(2000),
      redirect: 'error',
    })
    await response.body?.cancel()
    return response.ok
  } catch {
    // Whatever it says instead of an answer: it is not our server.
    return false
  }
}
