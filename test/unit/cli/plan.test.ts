import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/cli/run.ts'
import { testTerminal } from '../../support/terminal.ts'

async function run(line: string, options: Parameters<typeof testTerminal>[0] = {}) {
  const terminal = testTerminal(options)
  const code = await runCommand(['plan', ...line.split(' ').filter((word) => word !== '')], terminal)
  return { code, out: terminal.stdout.join('\n'), err: terminal.stderr.join('\n') }
}

describe('sojourn plan', () => {
  it.each([
    ['', /--users is missing/],
    ['--users', /--users needs a value/],
    ['--users 0', /--users is a whole number from 1 to 10000000000$/],
    ['--users -5', /--users/],
    ['--users many', /--users is a whole number/],
    ['--users 1.5', /--users is a whole number/],
    ['--users 1e99', /--users is a whole number/],
    ['--users 0x10', /--users is a whole number/],
    ['--users 10 --verifiers 0', /--verifiers is a whole number from 1 to 100000$/],
    ['--users 10 --active-per-day 11', /--active-per-day is more than --users$/],
    ['--users 10 --sign-out-percent 101', /--sign-out-percent is a number from 0 to 100$/],
    ['--users 10 --peak-factor 0.5', /--peak-factor is a number from 1 to 100$/],
    ['--users 10 --revocations-per-second NaN', /--revocations-per-second is a number/],
    ['--users 10 --engine oracle', /--engine is sqlite, redis, postgres$/],
    ['--users 10 --mode jwt', /--mode is look-up, cookie, token, hybrid$/],
    ['--users 10 --users 11', /--users is given twice$/],
    ['--users 10 --tea', /unknown option "--tea"/],
    ['1000', /takes options only/],
  ])('refuses %j with one line and exit code 2', async (line, message) => {
    const { code, out, err } = await run(line)
    expect(err).toMatch(message)
    expect({ code, out, lines: err.split('\n').length }).toEqual({ code: 2, out: '', lines: 1 })
  })

  it('prints a line for every figure, with its assumptions and where the rest was measured', async () => {
    const { code, out } = await run('--users 1e6 --verifiers 8 --engine redis')
    expect(code).toBe(0)
    for (const what of ['live sessions', 'store, MB', 'memory of a verifier, MB', 'store commands a second'])
      expect(out).toContain(`redis\t${what}\t`)
    for (const what of ['log entries a second', 'start of a verifier, s', 'spread p50, ms', 'USD a month'])
      expect(out).toContain(`redis\t${what}\t`)
    expect(out).toMatch(/^ENGINE\tWHAT\tCOOKIE, LOOK-UP\tCOOKIE\tTOKEN\tHYBRID$/m)
    expect(out).toMatch(/^ {2}core-usd-per-month: 25 USD a month; .+$/m)
    expect(out).toMatch(/^Measured: bench\/results\/fleet\.json, \d{4}-\d\d-\d\d, .+$/m)
    expect(out).toMatch(/^redis: one log is enough up to [\d,]+ revocations a second/m)
    expect(out).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('names no assumption that the command line has taken the place of', async () => {
    expect((await run('--users 10 --core-usd-per-month 7')).out).not.toContain('core-usd-per-month:')
  })

  it('takes one engine and one mode', async () => {
    const { out } = await run('--users 10 --engine postgres --mode token')
    expect(out).toMatch(/^ENGINE\tWHAT\tTOKEN$/m)
    expect(out).not.toMatch(/^(redis|sqlite)\t/m)
  })

  it('prints JSON, and with --sources every constant with its source', async () => {
    const { code, out } = await run('--users 1e9 --verifiers 10000 --engine redis --json --sources')
    expect(code).toBe(0)
    const printed = JSON.parse(out) as {
      readonly plans: readonly { readonly oneLog: string; readonly log: { readonly regime: string } }[]
      readonly constants: Readonly<Record<string, { readonly source: string }>>
    }
    // With look-ups nobody follows the log, but every request looks into it.
    expect(printed.plans.map(({ oneLog }) => oneLog)).toEqual(Array.from({ length: 4 }, () => 'not enough'))
    expect(printed.constants.denyBytes?.source).toContain('fleet.json')
  })

  it('says in words what has no end', async () => {
    const { out } = await run('--users 1e9 --verifiers 10000 --engine redis --mode cookie')
    expect(out).toContain('redis\tspread p50, ms\tno end')
    expect(out).toContain('redis\tone log\tnot enough')
  })

  it('shows columns on a terminal', async () => {
    const { out } = await run('--users 1000', { isInteractive: true })
    expect(out).toMatch(/^ENGINE {4,}WHAT {2,}COOKIE, LOOK-UP {2,}COOKIE/m)
    expect(out).not.toContain('\t')
  })
})
