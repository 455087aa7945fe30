/** `sojourn modes …`: the change of mode of a running server, step by step (docs/guides/changing-the-mode.md). */
import type { ModeChange, ModeChangeReport } from '../login/mode-change-shape.ts'
import { MODES, type ModePolicies } from '../login/modes.ts'
import type { Mode } from '../session/session.ts'
import { type Command, type Invocation, JSON_OPTION } from './command.ts'
import { withInstance } from './open.ts'
import { iso, printJson } from './output.ts'
import type { Terminal } from './terminal.ts'
import { UsageError } from './usage-error.ts'

const OPTIONS = {
  from: { type: 'string', value: 'MODE', help: 'the mode that there is: cookie, token or hybrid' },
  to: { type: 'string', value: 'MODE', help: 'the mode that is wanted' },
  client: { type: 'string', value: 'ID', help: 'of this OAuth client only' },
  ...JSON_OPTION,
} as const

export const modesPlan: Command = {
  summary: 'say who a change of mode would affect; changes nothing',
  options: OPTIONS,
  run: (invocation) =>
    withChange('plan', invocation, async (change, terminal) => {
      const report = await change.dryRun()
      if (invocation.flag('json')) printJson(terminal, report)
      else for (const line of reportLines(report)) terminal.out(line)
    }),
}

export const modesBegin: Command = {
  summary: 'issue another mode from now on, and let both in',
  options: OPTIONS,
  run: (invocation) => step('begin', invocation, (change) => change.begin()),
}

export const modesRollback: Command = {
  summary: 'issue the former mode again, and let both in',
  options: OPTIONS,
  run: (invocation) => step('rollback', invocation, (change) => change.rollback()),
}

export const modesClose: Command = {
  summary: 'let the former mode in no more',
  options: {
    'refuse-remaining': { type: 'boolean', help: 'although there are logins that have not changed' },
    ...OPTIONS,
  },
  notes: ['Refuses while anybody would be logged out by it, unless --refuse-remaining says so.'],
  run: (invocation) =>
    step('close', invocation, (change) => change.close({ refuseRemaining: invocation.flag('refuse-remaining') })),
}

type Work = (change: ModeChange, terminal: Terminal) => Promise<void>

function withChange(name: string, { terminal, text }: Invocation, work: Work): Promise<number> {
  const [from, to] = [readMode(name, 'from', text('from')), readMode(name, 'to', text('to'))]
  if (from === to) throw new UsageError(`modes ${name}: --from and --to are the same`)
  const client = text('client')
  return withInstance(terminal.env, async ({ logins }) => {
    await work(logins.planModeChange({ from, to, ...(client === undefined ? {} : { clientId: client }) }), terminal)
    return 0
  })
}

function step(name: string, invocation: Invocation, take: (change: ModeChange) => Promise<ModePolicies>) {
  return withChange(name, invocation, async (change, terminal) => {
    const policies = await take(change)
    const client = invocation.text('client')
    const policy = (client === undefined ? undefined : policies.clients?.[client]) ?? policies
    if (invocation.flag('json')) printJson(terminal, policies)
    else terminal.out(`New logins: ${policy.issue}. Let in: ${(policy.accept ?? MODES).join(', ')}.`)
  })
}

function readMode(name: string, option: string, given: string | undefined): Mode {
  const mode = MODES.find((known) => known === given)
  if (mode) return mode
  throw new UsageError(`modes ${name}: --${option} is ${MODES.join(', ')}`)
}

function reportLines(report: ModeChangeReport): readonly string[] {
  const { from, to, sessions, affected, refused } = report
  const until = report.keepAcceptingUntil
  return [
    `Live sessions: ${MODES.map((mode) => `${sessions[mode]} ${mode}`).join(', ')}.`,
    `From ${from} to ${to}: ${affected} to change, ${report.convertByThemselves} of them by themselves, ${report.convertByClient} when their client asks.`,
    `Cannot change: ${refused.browsers} browsers that may hold no tokens, ${refused.parked} accounts in the background of a browser.`,
    ...(report.audiencesWithoutBrowsers.length === 0
      ? []
      : [`No browser gets tokens for ${report.audiencesWithoutBrowsers.join(', ')}.`]),
    ...(until === null ? [] : [`Let ${from} in until ${iso(until)}, and nobody is logged out.`]),
  ]
}
