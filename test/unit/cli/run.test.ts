import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/cli/run.ts'
import { root } from '../../support/source-files.ts'
import { testTerminal } from '../../support/terminal.ts'

const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl'

async function run(argv: readonly string[], options: Parameters<typeof testTerminal>[0] = {}) {
  const terminal = testTerminal(options)
  const code = await runCommand(argv, terminal)
  return { code, out: terminal.stdout.join('\n'), err: terminal.stderr.join('\n') }
}

describe('the command line', () => {
  it.each([
    [['frobnicate'], /^sojourn: unknown command "frobnicate"; see `sojourn --help`$/],
    [['--frobnicate'], /^sojourn: unknown option "--frobnicate"/],
    [['-x'], /^sojourn: unknown option "-x"/],
    [['keys'], /^sojourn: keys: say what to do: list, rotate$/],
    [['keys', 'burn'], /^sojourn: keys: say what to do/],
    [['keys', 'list', '--foo'], /^sojourn: keys list: unknown option "--foo"/],
    [['keys', 'list', '--json=yes'], /--json takes no value$/],
    [['keys', 'list', 'now'], /^sojourn: keys list: it takes options only/],
    [['sessions', 'revoke'], /either --session ID or --subject WHO$/],
    [['sessions', 'revoke', '--session', 'a', '--subject', 'b'], /either --session ID or --subject WHO$/],
    [['sessions', 'revoke', '--session'], /--session needs a value$/],
    [['sessions', 'revoke', '--session', '../../etc/passwd'], /a session id has 22 letters/],
    [['sessions', 'revoke', '--session', 'x'.repeat(100_000)], /a session id has 22 letters/],
    [['sessions', 'revoke', '--subject', 'a\u0000b'], /--subject is a subject or an email address/],
    [['sessions', 'revoke', '--subject', 'x'.repeat(300)], /at most 256 characters$/],
    [['sessions', 'list', '--limit', '-1'], /--limit is a whole number$/],
    [['sessions', 'list', '--limit', '1e9'], /--limit is a whole number$/],
    [['sessions', 'list', '--limit', '1', '--limit', '2'], /--limit is given twice$/],
    [['accounts', 'reset'], /^sojourn: accounts reset: WHO is missing/],
    [['accounts', 'reset', 'a@example.com', 'secret'], /only WHO stands beside the options/],
    [['clients'], /^sojourn: clients: say what to do: list, add, remove$/],
    [['clients', 'add'], /^sojourn: clients add: ID is missing/],
    [['clients', 'add', 'a:b'], /^sojourn: clients add: client_id must be/],
    [['clients', 'add', 'a', '--redirect', 'http://a.example/'], /plain http is for loopback only$/],
    [['clients', 'add', 'a', '--grants', 'password'], /^sojourn: clients add: grant_types: "password" is not offered/],
    [['clients'], /^sojourn: clients: say what to do: list, add, remove$/],
    [['clients', 'add'], /^sojourn: clients add: ID is missing/],
    [['clients', 'add', 'a:b'], /^sojourn: clients add: client_id must be/],
    [['clients', 'add', 'a', '--redirect', 'http://a.example/'], /plain http is for loopback only$/],
    [['clients', 'add', 'a', '--grants', 'password'], /^sojourn: clients add: grant_types: "password" is not offered/],
    [['__proto__'], /unknown command/],
    [['keys', 'list', '--__proto__'], /unknown option/],
    [['keys', 'list', '--constructor'], /unknown option/],
    [['\u001b[2J'], /^sojourn: unknown command; see/],
    [[''], /^sojourn: unknown command; see/],
  ])('refuses %j with one line and exit code 2', async (argv, message) => {
    const { code, out, err } = await run(argv)
    expect(err).toMatch(message)
    expect({ code, out, lines: err.split('\n').length }).toEqual({ code: 2, out: '', lines: 1 })
    expect(err.length).toBeLessThan(200)
  })

  it.each([
    [['token', 'verify', JWT]],
    [['token', 'inspect', JWT]],
    [[JWT]],
    [['keys', 'list', JWT]],
    [['token', 'verify', `--${JWT}`]],
  ])('does not repeat a token that stands on the command line: %j', async (argv) => {
    const { code, out, err } = await run(argv)
    expect(code).toBe(2)
    expect(out + err).not.toMatch(/eyJ|c2lnbmF0dXJl/)
  })

  it('says how to use it when it is called without a word', async () => {
    const { code, out, err } = await run([])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/Usage: sojourn COMMAND/)
  })

  it.each(['--help', '-h', 'help'])('prints every command for %s', async (word) => {
    const { code, out } = await run([word])
    expect(code).toBe(0)
    for (const name of [
      'serve',
      'doctor',
      'secret',
      'accounts reset',
      'sessions revoke',
      'token verify',
      'keys rotate',
    ])
      expect(out).toContain(name)
  })

  it('has help for every command that it lists', async () => {
    const { out } = await run(['--help'])
    const names = [...out.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}\S/gm)].map(([, name = '']) => name)
    expect(names.length).toBeGreaterThanOrEqual(12)
    for (const name of names) {
      const help = await run([...name.split(' '), '--help'])
      expect(help.code, name).toBe(0)
      expect(help.out).toMatch(new RegExp(`Usage: sojourn ${name}`))
      expect(await run([...name.split(' '), '-h'])).toEqual(help)
    }
  })

  it('has a line in the guide for every command that it lists', async () => {
    const { out } = await run(['--help'])
    const guide = readFileSync(`${root}/docs/guides/command-line.md`, 'utf8')
    for (const [, name] of out.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}\S/gm)) expect(guide).toContain(`| \`${name}`)
  })

  it('prints the version of the package', async () => {
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+$/)
  })

  it('makes secrets that are accepted and never the same', async () => {
    const made = await Promise.all([run(['secret']), run(['secret'])])
    for (const { code, out } of made) {
      expect(code).toBe(0)
      expect(out).toMatch(/^[A-Za-z0-9_-]{43}$/)
    }
    expect(made[0]?.out).not.toBe(made[1]?.out)
  })

  it('names the first fault of the configuration', async () => {
    const { code, err } = await run(['keys', 'list'], { env: { PORT: 'x', SOJOURN_SECRET: 'hunter2' } })
    expect(code).toBe(1)
    expect(err).toMatch(/^sojourn: PORT: .*\(and 1 more: see `sojourn doctor`\)$/)
    expect(err).not.toContain('hunter2')
  })

  it('does not start on a bad configuration, and names every fault', async () => {
    const { code, out, err } = await run(['serve'], {
      env: { PORT: '99999', SOJOURN_URL: 'ftp://x', SOJOURN_SECRET: 'short' },
    })
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err.split('\n').map((line) => /^sojourn: (\w+): .+: .+/.exec(line)?.[1])).toEqual([
      'PORT',
      'SOJOURN_URL',
      'SOJOURN_SECRET',
    ])
  })

  it.each([
    ['keys', 'list'],
    ['sessions', 'list'],
    ['accounts', 'list'],
    ['token', 'verify'],
  ])('refuses a store that is not there: %s %s', async (...argv) => {
    const { code, err } = await run(argv, { env: { SOJOURN_DATA: '/nonexistent/sojourn' }, input: JWT })
    expect(code).toBe(1)
    expect(err).toMatch(/^sojourn: there is no database at .*: start the server once/)
    const memory = await run(argv, { env: { SOJOURN_STORE: 'memory:' }, input: JWT })
    expect(memory.err).toMatch(/only the server itself can see/)
  })

  it('shows where an error came from only when it is asked to', async () => {
    const quiet = await run(['keys', 'list'], { env: { SOJOURN_STORE: 'memory:' } })
    const loud = await run(['keys', 'list'], { env: { SOJOURN_STORE: 'memory:', SOJOURN_DEBUG: '1' } })
    expect(quiet.err).not.toMatch(/ at /)
    expect(loud.err).toMatch(/\n {4}at /)
  })
})

describe('token inspect', () => {
  const inspect = (input: string) => run(['token', 'inspect'], { input })
  const part = (value: string) => Buffer.from(value).toString('base64url')

  it('decodes without judging', async () => {
    const { code, out } = await inspect(`${JWT}\n`)
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ verified: false, header: { alg: 'ES256' }, claims: { sub: 'ann' } })
    expect(out).not.toMatch(/c2lnbmF0dXJl/)
    expect(out).not.toMatch(/\b(valid|accepted)\b/)
  })

  it.each([
    ['', 'three parts'],
    ['garbage', 'three parts'],
    ['a.b', 'three parts'],
    ['a.b.c.d', 'three parts'],
    ['..', 'base64url'],
    ['!!!.e30.', 'base64url'],
    [`${part('[]')}.e30.x`, 'no JSON object'],
    [`${part('null')}.e30.x`, 'no JSON object'],
    [`${part('{')}.e30.x`, 'not JSON'],
    [`e30.${part('{"a":')}.x`, 'payload is not JSON'],
    [`${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.e30.x`, 'not JSON'],
    [`${part('['.repeat(30_000))}.e30.x`, 'not JSON'],
  ])('refuses %j', async (input, why) => {
    const { code, out, err } = await inspect(input)
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ decoded: false, code: 'token.malformed' })
    expect(err).toContain(why)
    expect(err.split('\n')).toHaveLength(1)
  })

  it('prints no character that a terminal would obey', async () => {
    const { out } = await inspect(`e30.${part(JSON.stringify({ sub: '\u001b[2J\u202e\u009b', text: 'a\u2028b' }))}.x`)
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(JSON.parse(out).claims.sub).toBe('\u001b[2J\u202e\u009b')
  })
})
