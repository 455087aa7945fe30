/** A server of the HTTP bench in a process of its own: started with its subject, asked for figures over IPC. */
import type { Setup, Start } from './application.ts'

export interface StartMessage {
  readonly ask: 'start'
  readonly module: string
  readonly setup: Setup
}

/** `cpu`: microseconds that this process has used; `heap`: bytes that are in use after a collection. */
export type Ask = StartMessage | { readonly ask: 'cpu' } | { readonly ask: 'heap' }

export type Answer = { readonly value: number } | { readonly failure: string }

process.on('message', (message: Ask) => {
  answerTo(message).then(
    (value) => process.send?.({ value } satisfies Answer),
    (error: unknown) =>
      process.send?.({
        failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
      } satisfies Answer),
  )
})
process.on('disconnect', () => process.exit(0))

async function answerTo(message: Ask): Promise<number> {
  if (message.ask === 'start') {
    const { start } = (await import(`./servers/${message.module}.ts`)) as { readonly start: Start }
    return start(message.setup)
  }
  if (message.ask === 'heap') {
    // The second one collects what finalizers of the first have let go.
    for (let i = 0; i < 2; i++) {
      globalThis.gc?.()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const { user, system } = process.cpuUsage()
  return user + system
}
