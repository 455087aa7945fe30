/** A terminal for tests: what is written to it can be read back. */
import type { Terminal } from '../../src/cli/terminal.ts'

export interface TestTerminal extends Terminal {
  readonly stdout: string[]
  readonly stderr: string[]
}

export function testTerminal(
  options: { readonly env?: Record<string, string>; readonly input?: string; readonly isInteractive?: boolean } = {},
): TestTerminal {
  const stdout: string[] = []
  const stderr: string[] = []
  return {
    env: options.env ?? {},
    isInteractive: options.isInteractive ?? false,
    now: () => 1_800_000_000,
    stdout,
    stderr,
    out: (text) => void stdout.push(text),
    err: (text) => void stderr.push(text),
    readInput: async () => options.input ?? '',
    stop: new AbortController().signal,
  }
}
