/** What every command of the command line looks like. */
import type { ParseArgsOptionDescriptor } from 'node:util'
import type { Terminal } from './terminal.ts'

export interface Option extends Pick<ParseArgsOptionDescriptor, 'type' | 'short'> {
  /** What the value is called in the help; for strings only. */
  readonly value?: string
  readonly help: string
}

export interface Invocation {
  readonly terminal: Terminal
  readonly positionals: readonly string[]
  /** The option's value; undefined when it was not given. */
  text(name: string): string | undefined
  flag(name: string): boolean
}

export interface Command {
  /** One line, as it stands in the list of commands. */
  readonly summary: string
  /** Names of what follows the command, in order; all are needed. */
  readonly positionals?: readonly string[]
  readonly options?: Readonly<Record<string, Option>>
  /** What it reads from standard input, for the one who puts it on the command line instead. */
  readonly input?: string
  /** Further lines of help. */
  readonly notes?: readonly string[]
  /**
   * @returns the exit code
   * @throws UsageError, StartupFault, AuthError: each becomes one line
   */
  run(invocation: Invocation): Promise<number>
}

export const JSON_OPTION: Readonly<Record<'json', Option>> = {
  json: { type: 'boolean', help: 'print JSON, for scripts' },
}
