/** Finds the command, reads its options, runs it, and turns whatever goes wrong into one line and an exit code. */
import { parseArgs } from 'node:util'
import { isAuthError } from '../errors.ts'
import { StartupFault } from '../server/startup-fault.ts'
import { packageVersion } from '../server/version.ts'
import { accountsClaims, accountsCreate, accountsList, accountsReset } from './accounts.ts'
import { clientsAdd, clientsList, clientsRemove } from './clients.ts'
import type { Command, Invocation, Option } from './command.ts'
import { doctor } from './doctor.ts'
import { commandHelp, overview } from './help.ts'
import { keysList, keysRotate } from './keys.ts'
import { modesBegin, modesClose, modesPlan, modesRollback } from './modes.ts'
import { oneLine } from './output.ts'
import { plan } from './plan.ts'
import { secret } from './secret.ts'
import { serve } from './serve.ts'
import { sessionsList, sessionsRevoke } from './sessions.ts'
import type { Terminal } from './terminal.ts'
import { tokenInspect, tokenVerify } from './token.ts'
import { UsageError } from './usage-error.ts'

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['serve', serve],
  ['doctor', doctor],
  ['secret', secret],
  ['plan', plan],
  ['accounts list', accountsList],
  ['accounts create', accountsCreate],
  ['accounts claims', accountsClaims],
  ['accounts reset', accountsReset],
  ['sessions list', sessionsList],
  ['sessions revoke', sessionsRevoke],
  ['clients list', clientsList],
  ['clients add', clientsAdd],
  ['clients remove', clientsRemove],
  ['token inspect', tokenInspect],
  ['token verify', tokenVerify],
  ['keys list', keysList],
  ['keys rotate', keysRotate],
  ['modes plan', modesPlan],
  ['modes begin', modesBegin],
  ['modes rollback', modesRollback],
  ['modes close', modesClose],
])

/**
 * @param argv what follows `sojourn`
 * @returns the exit code: 0 done; 1 refused or failed; 2 the command line is wrong
 */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(argv, terminal)
  } catch (error) {
    terminal.err(`sojourn: ${explain(error)}`)
    if (terminal.env.SOJOURN_DEBUG === '1')
      terminal.err(error instanceof Error ? `${error.stack}` : oneLine(`${error}`))
    return error instanceof UsageError ? error.exitCode : 1
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<number> {
  const words = argv.slice(0, firstOption(argv))
  const name = COMMANDS.has(words[0] ?? '') ? words[0] : words.slice(0, 2).join(' ')
  const command = COMMANDS.get(name ?? '')
  if (name && command) {
    const invocation = readOptions(name, command, argv.slice(name.split(' ').length), terminal)
    if (!invocation) return 0
    return await command.run(invocation)
  }
  const [first] = argv
  if (first === '--version' || first === '-v' || first === 'version') terminal.out(packageVersion())
  else if (first === '--help' || first === '-h' || first === 'help') terminal.out(overview(COMMANDS))
  else if (first === undefined) {
    terminal.err(overview(COMMANDS))
    return 2
  } else throw unknownCommand(words, first)
  return 0
}

function firstOption(argv: readonly string[]): number {
  const at = argv.findIndex((word) => word.startsWith('-'))
  return at < 0 ? argv.length : at
}

function unknownCommand(words: readonly string[], first: string): UsageError {
  if (words.length === 0) return new UsageError(`unknown option${named(first)}; see \`sojourn --help\``)
  const siblings = [...COMMANDS.keys()].filter((name) => name.startsWith(`${first} `))
  if (siblings.length === 0) return new UsageError(`unknown command${named(first)}; see \`sojourn --help\``)
  return new UsageError(`${first}: say what to do: ${siblings.map((name) => name.slice(first.length + 1)).join(', ')}`)
}

/** The options of a command, or null when its help was asked for and given. */
function readOptions(name: string, command: Command, argv: readonly string[], terminal: Terminal): Invocation | null {
  const options: Readonly<Record<string, Option>> = {
    ...command.options,
    help: { type: 'boolean', short: 'h', help: 'print this' },
  }
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true })
  const positionals: string[] = []
  const texts = new Map<string, string>()
  const flags = new Set<string>()
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (!option) throw new UsageError(`${name}: unknown option${named(token.rawName)}; see \`sojourn ${name} --help\``)
    if (option.type === 'boolean') {
      if (token.value !== undefined) throw new UsageError(`${name}: --${token.name} takes no value`)
      flags.add(token.name)
    } else {
      if (token.value === undefined || token.value === '')
        throw new UsageError(`${name}: --${token.name} needs a value`)
      if (texts.has(token.name)) throw new UsageError(`${name}: --${token.name} is given twice`)
      texts.set(token.name, token.value)
    }
  }
  if (flags.has('help')) {
    terminal.out(commandHelp(name, command))
    return null
  }
  const wanted = command.positionals ?? []
  // What was typed is not repeated: it may be a token or a password that does not belong here.
  if (positionals.length > wanted.length)
    throw new UsageError(`${name}: ${tooMany(command)}; see \`sojourn ${name} --help\``)
  if (positionals.length < wanted.length)
    throw new UsageError(`${name}: ${wanted[positionals.length]} is missing; see \`sojourn ${name} --help\``)
  return { terminal, positionals, text: (option) => texts.get(option), flag: (option) => flags.has(option) }
}

function tooMany({ input, positionals }: Command): string {
  if (input) return `pipe ${input} into standard input; the command line is no place for it`
  return positionals ? `only ${positionals.join(' ')} stands beside the options` : 'it takes options only'
}

/** ` "word"` for a word that can be a slip of the fingers, nothing for anything else. */
function named(word: string): string {
  return /^-{0,2}[a-zA-Z][a-zA-Z-]{0,23}$/.test(word) ? ` "${word}"` : ''
}

function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof StartupFault) return oneLine(error.message)
  if (isAuthError(error)) return oneLine(`${error.message.replace(/\.$/, '')} (${error.code})`)
  const message = error instanceof Error ? error.message : String(error)
  return oneLine(`this should not happen: ${message} (SOJOURN_DEBUG=1 shows where)`)
}
