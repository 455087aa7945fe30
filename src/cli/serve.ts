/** `sojourn serve`: runs the server until it is told to stop. */
import { once } from 'node:events'
import { readConfig } from '../server/config.ts'
import { openInstance } from '../server/instance.ts'
import { startServer } from '../server/server.ts'
import type { Command } from './command.ts'
import { faultLine } from './open.ts'

export const serve: Command = {
  summary: 'run the server until it is stopped',
  notes: ['The environment configures it; `sojourn doctor` says whether it would start.'],
  async run({ terminal }) {
    const read = readConfig(terminal.env)
    if ('faults' in read) {
      for (const fault of read.faults) terminal.err(`sojourn: ${faultLine(fault)}`)
      return 1
    }
    const { stop } = terminal
    const instance = await openInstance(read.config, { role: 'server' })
    const server = await startServer(instance)
    terminal.out(`Sojourn is running at ${server.url} (durability ${instance.store.revocations.durability})`)
    if (!stop.aborted) await once(stop, 'abort')
    await server.close()
    return 0
  },
}
