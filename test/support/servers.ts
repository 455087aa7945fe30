/**
 * Real Redis and Postgres, each a process of its own on a free port of loopback, in a folder that goes with it. Nothing
 * outlives the test: the servers are stopped, killed when the test process exits, and by the kernel when it is killed.
 * Missing: a visible skip here, a failure in CI.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, it } from 'vitest'
import { freePort } from './processes.ts'

export interface ServerProcess {
  readonly port: number
  /** Its files; gone after `stop`. */
  readonly directory: string
  readonly pid: number
  /** Everything it has printed so far. */
  output(): string
  /** As a machine that loses power: nothing is written any more. The folder stays for `restart`. */
  kill(): Promise<void>
  /** Holds the whole server as a stalled machine would, until `resume`. */
  pause(): void
  resume(): void
  /** Starts again on the same port and files, after `kill`. */
  restart(): Promise<void>
  /** Ends it and removes its files. Does nothing the second time. */
  stop(): Promise<void>
}

export interface RedisServer extends ServerProcess {
  /** `redis://127.0.0.1:<port>` */
  readonly url: string
}

export interface PostgresServer extends ServerProcess {
  /** Of the database `test`: `postgres://sojourn@127.0.0.1:<port>/test`; everybody on loopback is trusted. */
  readonly url: string
  /** An empty database of its own; its URL. */
  createDatabase(): Promise<string>
}

const READY_MS = 30_000

const REDIS = findCommand(['redis-server', 'valkey-server'])
/** The newest release that is installed: Debian keeps it off the PATH. */
const POSTGRES_FOLDER =
  globSync('/usr/lib/postgresql/*/bin')
    .filter((folder) => existsSync(join(folder, 'initdb')))
    .sort((a, b) => parseInt(b.split('/')[4] ?? '', 10) - parseInt(a.split('/')[4] ?? '', 10))[0] ?? folderOf('initdb')
const SETPRIV = findCommand(['setpriv'])
const PGBOUNCER = findCommand(['pgbouncer'])

export const describeWithRedis = describeWith('Redis', 'redis-server', REDIS !== null)
export const describeWithPostgres = describeWith('Postgres', 'postgresql', POSTGRES_FOLDER !== null)
export const describeWithPgBouncer = describeWith(
  'Postgres with PgBouncer',
  'postgresql and pgbouncer',
  POSTGRES_FOLDER !== null && PGBOUNCER !== null,
)

/**
 * @param config directives and their values over the defaults: no snapshots, nothing written to disk, nothing evicted
 */
export async function startRedis(config: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  if (REDIS === null) throw new Error('redis-server is not installed')
  const directory = mkdtempSync(join(tmpdir(), 'sojourn-redis-'))
  const port = config.port ? Number(config.port) : await freePort()
  const settings = {
    bind: '127.0.0.1',
    dir: directory,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
    ...config,
    port: String(port),
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  const server = await superviseIn(directory, {
    port,
    launch: () => spawnTethered(REDIS, args, { cwd: directory, onParentDeath: 'KILL', user: null }),
    // One that wants a password says so, which is an answer too.
    isReady: async () => /^(\+PONG|-NOAUTH)/.test(await exchange(port, 'PING\r\n')),
    // A clean end; `SHUTDOWN` would save first where saving is configured, as an operator's stop does.
    end: 'SIGTERM',
  })
  return { ...server, url: `redis://127.0.0.1:${port}` }
}

export interface PostgresOptions {
  /** Server settings over the defaults. */
  readonly settings?: Readonly<Record<string, string>>
  /** Writes through to the disk, as it is not done for tests otherwise. */
  readonly durable?: boolean
  /** A copy of this server that follows it, until `SELECT pg_promote()`. */
  readonly standbyOf?: PostgresServer
}

/** A cluster of its own; Postgres refuses to run as root, so that it then runs as `postgres` or `nobody`. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const { settings = {}, durable = false, standbyOf } = options
  if (POSTGRES_FOLDER === null) throw new Error('postgresql is not installed')
  const user = unprivilegedUser()
  const directory = mkdtempSync(join(tmpdir(), 'sojourn-postgres-'))
  if (user) chownSync(directory, user.uid, user.gid)
  const data = join(directory, 'data')
  const [command, ...making] = standbyOf
    ? `pg_basebackup -D ${data} -R -c fast --no-sync -h 127.0.0.1 -p ${standbyOf.port} -U sojourn`.split(' ')
    : `initdb -D ${data} -U sojourn -A trust -E UTF8 --locale=C --no-sync --no-instructions`.split(' ')
  const made = spawnSync(join(POSTGRES_FOLDER, command ?? ''), making, {
    cwd: directory,
    env: {},
    encoding: 'utf8',
    ...user,
  })
  if (made.status !== 0) {
    rmSync(directory, { recursive: true, force: true })
    throw new Error(`${command} failed: ${made.error ?? made.stderr}`)
  }
  const port = await freePort()
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '32MB',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...settings,
  }
  const args = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const psql = (database: string, command: string) =>
    runFor(join(POSTGRES_FOLDER, 'psql'), ['-X', '-q', '-d', urlOf(database), '-c', command], directory)
  const urlOf = (database: string): string => `postgres://sojourn@127.0.0.1:${port}/${database}`
  const server = await superviseIn(directory, {
    port,
    launch: () =>
      // Its children end by themselves when they see that their parent is gone.
      spawnTethered(join(POSTGRES_FOLDER, 'postgres'), args, { cwd: directory, onParentDeath: 'QUIT', user }),
    isReady: async () => (await psql('postgres', 'SELECT 1')).code === 0,
    // Fast shutdown: it waits for no client.
    end: 'SIGINT',
  })
  let databases = 0
  const createDatabase = async (name = `test_${++databases}`): Promise<string> => {
    const { code, stderr } = await psql('postgres', `CREATE DATABASE "${name}"`)
    if (code !== 0) throw new Error(`no database: ${stderr}`)
    return urlOf(name)
  }
  const url = standbyOf ? urlOf('test') : await createDatabase('test')
  return { ...server, url, createDatabase: () => createDatabase() }
}

/** A PgBouncer before a server, in transaction mode with few connections: each transaction may get another one. */
export async function startPgBouncer(server: PostgresServer): Promise<ServerProcess & { readonly url: string }> {
  if (PGBOUNCER === null || POSTGRES_FOLDER === null) throw new Error('pgbouncer is not installed')
  const user = unprivilegedUser()
  const directory = mkdtempSync(join(tmpdir(), 'sojourn-pgbouncer-'))
  if (user) chownSync(directory, user.uid, user.gid)
  const port = await freePort()
  const settings = [
    '[databases]',
    `test = host=127.0.0.1 port=${server.port} dbname=test user=sojourn`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    'default_pool_size = 4',
  ]
  const file = join(directory, 'pgbouncer.ini')
  writeFileSync(file, settings.join('\n'))
  const url = `postgres://sojourn@127.0.0.1:${port}/test`
  const bouncer = await superviseIn(directory, {
    port,
    launch: () => spawnTethered(PGBOUNCER, [file], { cwd: directory, onParentDeath: 'KILL', user }),
    isReady: async () =>
      (await runFor(join(POSTGRES_FOLDER, 'psql'), ['-X', '-q', '-d', url, '-c', 'SELECT 1'], directory)).code === 0,
    end: 'SIGTERM',
  })
  return { ...bouncer, url }
}

interface Supervised {
  readonly port: number
  launch(): ChildProcess
  /** May reject while nobody listens yet. */
  isReady(): Promise<boolean>
  readonly end: NodeJS.Signals
}

async function superviseIn(directory: string, { port, launch, isReady, end }: Supervised): Promise<ServerProcess> {
  let printed = ''
  let child: ChildProcess
  let over: Promise<unknown>
  let stopped = false
  const killNow = () => child.kill('SIGKILL')

  const begin = async (): Promise<void> => {
    child = launch()
    child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    over = new Promise((resolve) => {
      child.once('close', resolve)
      child.once('error', (error) => {
        printed += String(error)
        resolve(null)
      })
    })
    const until = Date.now() + READY_MS
    while (!(await isReady().catch(() => false))) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined || Date.now() > until) {
        killNow()
        rmSync(directory, { recursive: true, force: true })
        throw new Error(`the server did not start:\n${printed}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const atExit = (): void => {
    killNow()
    rmSync(directory, { recursive: true, force: true })
  }
  process.once('exit', atExit)
  await begin()
  return {
    port,
    directory,
    get pid() {
      return child.pid ?? 0
    },
    output: () => printed,
    async kill() {
      killNow()
      await over
    },
    pause: () => signalWithChildren(child, 'SIGSTOP'),
    resume: () => signalWithChildren(child, 'SIGCONT'),
    restart: begin,
    async stop() {
      if (stopped) return
      stopped = true
      // One that is paused hears of nothing else.
      signalWithChildren(child, 'SIGCONT')
      child.kill(end)
      await over
      process.off('exit', atExit)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Postgres has a process for each connection. */
function signalWithChildren(child: ChildProcess, signal: NodeJS.Signals): void {
  child.kill(signal)
  const list = `/proc/${child.pid}/task/${child.pid}/children`
  if (child.exitCode !== null || child.signalCode !== null || !existsSync(list)) return
  for (const pid of readFileSync(list, 'utf8').split(' ').filter(Boolean)) {
    try {
      process.kill(Number(pid), signal)
    } catch (error) {
      // It has ended between the list and here.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
    }
  }
}

interface User {
  readonly uid: number
  readonly gid: number
}

/** Who runs what must not run as root; null: we are somebody else already. */
function unprivilegedUser(): User | null {
  if (process.getuid?.() !== 0) return null
  const idOf = (name: string, flag: string) => spawnSync('id', [flag, name], { encoding: 'utf8' })
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = [idOf(name, '-u'), idOf(name, '-g')]
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  }
  throw new Error('Postgres needs a user other than root, and there is neither postgres nor nobody')
}

/** Started so that the kernel ends it when this process dies without a chance to (util-linux's `setpriv`). */
function spawnTethered(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly onParentDeath: 'KILL' | 'QUIT'; readonly user: User | null },
): ChildProcess {
  const { cwd, onParentDeath, user } = options
  const common = { cwd, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] as const }
  if (SETPRIV === null) return spawn(command, args, { ...common, stdio: [...common.stdio], ...user })
  const as = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : []
  return spawn(SETPRIV, [`--pdeathsig=${onParentDeath}`, ...as, command, ...args], {
    ...common,
    stdio: [...common.stdio],
  })
}

function runFor(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(command, args, { cwd, env: { PGCONNECT_TIMEOUT: '2' }, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stderr }))
  })
}

/** Sends a line and answers the first bytes that come back. */
function exchange(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(line))
    socket.setTimeout(2000, () => socket.destroy(new Error('no answer')))
    socket.once('error', reject)
    socket.once('data', (chunk) => {
      resolve(chunk.toString('latin1'))
      socket.destroy()
    })
  })
}

function findCommand(names: readonly string[]): string | null {
  for (const name of names) {
    const folder = folderOf(name)
    if (folder !== null) return join(folder, name)
  }
  return null
}

function folderOf(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin']
  return folders.find((folder) => folder !== '' && existsSync(join(folder, name))) ?? null
}

function describeWith(server: string, debianPackage: string, isThere: boolean) {
  return (name: string, tests: () => void): void => {
    const missing = `${server} is missing: install ${debianPackage}`
    if (isThere) describe(name, tests)
    else if (process.env.CI === 'true') {
      describe(name, () => {
        it(`needs ${server}`, () => {
          throw new Error(missing)
        })
      })
    } else describe.skip(`${name} (${missing})`, tests)
  }
}
