/** Whatever the command line is fed: an exit code, one clear line, no stack, nothing changed. */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCommand } from '../../src/cli/run.ts'
import { type Ended, runCli, runNode, startServer, temporaryFolder } from '../support/processes.ts'
import { testTerminal } from '../support/terminal.ts'

const huge = 'x'.repeat(200_000)

function folder(): string {
  const { path, remove } = temporaryFolder()
  onTestFinished(remove)
  return path
}

/** A data directory that a server has made and left in good order. */
async function madeData(): Promise<string> {
  const data = folder()
  const server = await startServer({ SOJOURN_DATA: data })
  await server.stop()
  return data
}

/** The same command in this process: for the many lines that differ in nothing but their words. */
async function runHere(argv: readonly string[], env: Record<string, string>): Promise<Ended> {
  const terminal = testTerminal({ env })
  const code = await runCommand(argv, terminal)
  const [stdout = '', stderr = ''] = [terminal.stdout, terminal.stderr].map((lines) =>
    lines.map((line) => `${line}\n`).join(''),
  )
  return { code, signal: null, stdout, stderr }
}

function refused(ended: Ended, code: 1 | 2): void {
  expect(ended.stderr).not.toMatch(/\n {4}at |should not happen|node:internal|undefined|\[object/)
  expect(ended.stderr.trim().split('\n'), ended.stderr).toHaveLength(1)
  expect(ended.stderr).toMatch(/^sojourn: .{10,}/)
  expect(ended.stderr.length).toBeLessThan(600)
  expect({ code: ended.code, signal: ended.signal }).toEqual({ code, signal: null })
}

/** Every row of every table but the registry, which each command joins and leaves. */
function stateOf(data: string): string {
  const database = new DatabaseSync(join(data, 'sojourn.db'), { readOnly: true })
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all()
    const rows = tables
      .map(({ name }) => String(name))
      .filter((name) => name !== 'members')
      .map((name) => [name, database.prepare(`SELECT * FROM "${name}"`).all()])
    return JSON.stringify(rows)
  } finally {
    database.close()
  }
}

describe('wrong command lines', () => {
  it('are refused with exit code 2 and change nothing', async () => {
    const data = await madeData()
    const before = stateOf(data)
    const lines: readonly (readonly string[])[] = [
      ['sessions', 'revoke', '--session', huge.slice(0, 100_000)],
      ['sessions', 'revoke', '--subject', huge.slice(0, 100_000)],
      ['sessions', 'revoke', '--session', '\u001b]0;x\u0007'],
      ['sessions', 'revoke', '--all'],
      ['keys', 'rotate', '--compromise'],
      ['keys', 'rotate', '--compromised=1'],
      ['accounts', 'claims'],
      ['token', 'verify', 'eyJhbGciOiJub25lIn0.e30.'],
    ]
    for (const argv of lines) refused(await runHere(argv, { SOJOURN_DATA: data }), 2)
    const [first = []] = lines
    refused(await runCli(first, { env: { SOJOURN_DATA: data } }), 2)
    expect(stateOf(data)).toBe(before)
  })
})

describe('wrong input', () => {
  const tokens: readonly (readonly [string, string | Uint8Array])[] = [
    ['nothing', ''],
    ['garbage', 'garbage'],
    ['one that is cut off', 'eyJhbGciOiJFUzI1NiJ9.eyJz'],
    ['a huge one', `${'A'.repeat(60_000)}.e30.x`],
    ['far too much', huge],
    ['bytes that are no text', randomBytes(1000)],
    ['a zero byte', 'e30\u0000.e30.x'],
    ['deep nesting', `e30.${Buffer.from('['.repeat(10_000)).toString('base64url')}.x`],
    ['alg none', 'eyJhbGciOiJub25lIn0.e30.'],
    ['UTF-16', Buffer.from('eyJhbGciOiJub25lIn0.e30.x', 'utf16le')],
    ['two tokens', 'e30.e30.x\ne30.e30.x\n'],
  ]

  it('is refused by token verify and token inspect with exit code 1', async () => {
    const data = await madeData()
    const before = stateOf(data)
    const known = new Set(['alg none'])
    for (const [what, input] of tokens) {
      const verified = await runCli(['token', 'verify'], { env: { SOJOURN_DATA: data }, input })
      refused(verified, 1)
      if (verified.stdout !== '') expect(JSON.parse(verified.stdout), what).toMatchObject({ accepted: false })
      const inspected = await runCli(['token', 'inspect'], { input })
      if (known.has(what)) expect(inspected.code, what).toBe(0)
      else refused(inspected, 1)
      expect(inspected.stdout).not.toMatch(/"(valid|accepted)": true/)
    }
    expect(stateOf(data)).toBe(before)
  })

  // Twenty processes, one after the other.
  it('is refused by accounts claims and accounts create, and nothing is stored', { timeout: 180_000 }, async () => {
    const data = await madeData()
    const env = { SOJOURN_DATA: data }
    const inputs = [
      '',
      'garbage',
      '[]',
      'null',
      '"text"',
      '{"roles":',
      `{"a":"${huge}"}`,
      randomBytes(100),
      '{"iss":"mine"}',
    ]
    const before = await runCli(['accounts', 'list', '--json'], { env })
    expect(before.code).toBe(0)
    for (const input of inputs) {
      refused(await runCli(['accounts', 'claims', 'operator@localhost', '--set'], { env, input }), 1)
      refused(await runCli(['accounts', 'create', 'ann@example.com', '--claims'], { env, input }), 1)
    }
    for (const email of ['nobody', '@', 'a@b@c', `${'a'.repeat(400)}@example.com`, 'a b@example.com'])
      refused(await runHere(['accounts', 'create', email], env), 1)
    for (const who of ['nobody@example.com', 'x', huge.slice(0, 100_000), '__proto__', '\u0007'])
      for (const argv of [
        ['accounts', 'reset', who],
        ['accounts', 'claims', who],
      ])
        refused(await runHere(argv, env), 1)
    expect(await runCli(['accounts', 'list', '--json'], { env })).toEqual(before)
  })
})

describe('wrong files', () => {
  const commands = [['keys', 'list'], ['sessions', 'list'], ['serve']]

  async function refusedByAll(env: Record<string, string>, message: RegExp): Promise<void> {
    for (const argv of commands) {
      const all = { PORT: '0', SOJOURN_URL: 'http://localhost:1', ...env }
      const ended = argv[0] === 'serve' ? await runCli(argv, { env: all }) : await runHere(argv, all)
      refused(ended, 1)
      expect(ended.stderr).toMatch(message)
    }
    const doctor = await runCli(['doctor'], { env: { PORT: '0', SOJOURN_URL: 'http://localhost:1', ...env } })
    expect({ code: doctor.code, stderr: doctor.stderr }).toEqual({ code: 1, stderr: '' })
    expect(doctor.stdout).toMatch(/^bad {3}.+: .+: .+/m)
  }

  it('a database that is garbage', async () => {
    const data = folder()
    writeFileSync(join(data, 'sojourn.db'), randomBytes(8192), { mode: 0o600 })
    await refusedByAll({ SOJOURN_DATA: data }, /sojourn\.db|database/)
    expect(statSync(join(data, 'sojourn.db')).size).toBe(8192)
  })

  it('a database that is cut off', async () => {
    const data = await madeData()
    const path = join(data, 'sojourn.db')
    const whole = readFileSync(path)
    writeFileSync(path, whole.subarray(0, 5000))
    await refusedByAll({ SOJOURN_DATA: data }, /database|sojourn\.db/)
  })

  it('a database that others can read', async () => {
    const data = await madeData()
    chmodSync(join(data, 'sojourn.db'), 0o644)
    await refusedByAll({ SOJOURN_DATA: data }, /chmod 600/)
  })

  it('a data directory that others can read', async () => {
    const data = await madeData()
    chmodSync(data, 0o755)
    await refusedByAll({ SOJOURN_DATA: data }, /chmod 700/)
  })

  it('a secret that is weak, and one that opens nothing', async () => {
    const data = await madeData()
    writeFileSync(join(data, 'secret'), 'short')
    for (const argv of commands)
      refused(await runCli(argv, { env: { SOJOURN_DATA: data, PORT: '0', SOJOURN_URL: 'http://localhost:1' } }), 1)
    writeFileSync(join(data, 'secret'), randomBytes(32).toString('base64url'))
    await refusedByAll({ SOJOURN_DATA: data }, /secret/)
  })

  it('a secret that is gone: no other is made in its place', async () => {
    const data = await madeData()
    const secret = readFileSync(join(data, 'secret'))
    rmSync(join(data, 'secret'))
    const files = readdirSync(data)
    await refusedByAll({ SOJOURN_DATA: data }, /there is no secret in .*: bring the file back/)
    expect(readdirSync(data)).toEqual(files)
    writeFileSync(join(data, 'secret'), secret, { mode: 0o600 })
    expect((await runCli(['keys', 'list'], { env: { SOJOURN_DATA: data } })).code).toBe(0)
  })

  it('a data directory that is not there, beside a store that is', async () => {
    const data = await madeData()
    const nowhere = join(folder(), 'nowhere')
    const env = { SOJOURN_DATA: nowhere, SOJOURN_STORE: `sqlite:${join(data, 'sojourn.db')}` }
    const ended = await runCli(['keys', 'list'], { env })
    refused(ended, 1)
    expect(ended.stderr).toContain('there is no data directory')
    expect(existsSync(nowhere)).toBe(false)
  })

  it('a data directory that is a link to nowhere', async () => {
    const link = join(folder(), 'link')
    symlinkSync('/nowhere/at/all', link)
    await refusedByAll({ SOJOURN_DATA: link }, /link/)
  })

  it('a directory where the database should be', async () => {
    const data = folder()
    mkdirSync(join(data, 'sojourn.db'), { mode: 0o700 })
    await refusedByAll({ SOJOURN_DATA: data }, /sojourn\.db|database/)
  })

  it('a full disk', async () => {
    if (!existsSync('/dev/full')) return
    const data = folder()
    symlinkSync('/dev/full', join(data, 'sojourn.db'))
    const ended = await runCli(['serve'], { env: { SOJOURN_DATA: data, PORT: '0', SOJOURN_URL: 'http://localhost:1' } })
    refused(ended, 1)
  })

  it('a port that is in use', async () => {
    const data = folder()
    const server = await startServer({ SOJOURN_DATA: data })
    onTestFinished(() => void server.stop())
    refused(await runCli(['serve'], { env: { ...server.env, SOJOURN_DATA: folder() } }), 1)
    const doctor = await runCli(['doctor'], { env: server.env })
    expect(doctor.stdout).toMatch(/good {2}port: .*a server is running there/)
    expect(doctor.code, doctor.stdout).toBe(0)
  })
})

describe('every fault of the configuration', () => {
  it('is a line of its own, without the secret', async () => {
    const env = {
      PORT: 'x',
      SOJOURN_URL: 'http://example.com',
      SOJOURN_SECRET: 'hunter2',
      SOJOURN_OPERATOR_KEY: 'open sesame',
    }
    const ended = await runCli(['serve'], { env })
    expect(ended.code).toBe(1)
    expect(ended.stdout).toBe('')
    expect(ended.stderr.trim().split('\n')).toHaveLength(4)
    const doctor = await runCli(['doctor', '--json'], { env })
    expect(doctor.code).toBe(1)
    expect(JSON.parse(doctor.stdout)).toMatchObject({ healthy: false })
    for (const text of [ended.stderr, doctor.stdout, doctor.stderr]) expect(text).not.toMatch(/hunter2|open sesame/)
  })
})

describe('an older Node', () => {
  it('is told so in one line, before anything is loaded that it could not read', async () => {
    const older = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.1.0"})'
    const ended = await runNode(['--import', older, 'src/cli/main.ts', 'serve'])
    refused(ended, 1)
    expect(ended.stderr).toMatch(/needs Node 24 or newer, and this is 20\.1\.0: .*npm start/)
  })
})
