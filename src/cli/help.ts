/** The help texts, made from the commands themselves. */
import type { Command, Option } from './command.ts'
import { columns } from './output.ts'

export function overview(commands: ReadonlyMap<string, Command>): string {
  const rows = [...commands].map(([name, command]) => [`  ${name}`, command.summary])
  return [
    'sojourn keeps users logged in: the server and the commands beside it.',
    '',
    'Usage: sojourn COMMAND [options]',
    '',
    columns(rows),
    '',
    '`sojourn COMMAND --help` tells more; `sojourn --version` prints the version.',
    'Commands work beside a running server: they read the same variables (SOJOURN_DATA, SOJOURN_STORE, SOJOURN_SECRET, ...).',
    'Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong. SOJOURN_DEBUG=1 shows where an error came from.',
  ].join('\n')
}

export function commandHelp(name: string, command: Command): string {
  const options: readonly (readonly [string, Option])[] = Object.entries(command.options ?? {})
  const usage = ['sojourn', name, ...(command.positionals ?? []), ...(options.length > 0 ? ['[options]'] : [])].join(
    ' ',
  )
  const rows = [
    ...options.map(([option, { value, help }]) => [`  --${option}${value ? ` ${value}` : ''}`, help]),
    ['  --help', 'print this'],
  ]
  const notes = command.notes ? ['', ...command.notes] : []
  return [command.summary, '', `Usage: ${usage}`, '', columns(rows), ...notes].join('\n')
}
