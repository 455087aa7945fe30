/** What a command sees of the world around it: standard streams, environment, the wish to stop. */
import type { Environment } from '../server/config.ts'
import { UsageError } from './usage-error.ts'

export interface Terminal {
  readonly env: Environment
  /** Whether standard output is a person's terminal: then columns are aligned and times are told in words. */
  readonly isInteractive: boolean
  /** Seconds since 1970. */
  now(): number
  out(text: string): void
  err(text: string): void
  /**
   * All of standard input, as UTF-8.
   * @throws UsageError when it is a terminal, is longer than `limit` bytes, or is not UTF-8
   */
  readInput(what: string, limit: number): Promise<string>
  /** Fires once at SIGINT or SIGTERM. */
  readonly stop: AbortSignal
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const controller = new AbortController()
  // A reader such as `head` that has seen enough is no error, and no reason to stop a server.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  return {
    env: process.env,
    isInteractive: process.stdout.isTTY === true,
    now: () => Math.floor(Date.now() / 1000),
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    readInput,
    get stop() {
      // Listened for only by commands that ask: any other ends at once, as people expect.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
      return controller.signal
    },
  }
}

async function readInput(what: string, limit: number): Promise<string> {
  if (process.stdin.isTTY) throw new UsageError(`pipe ${what} into standard input`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > limit) throw new UsageError(`standard input is longer than ${limit} bytes: that is not ${what}`, 1)
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw new UsageError(`standard input is not UTF-8 text: that is not ${what}`, 1, { cause })
  }
}
