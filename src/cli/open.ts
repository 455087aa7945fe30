/** Opens the instance that a command works on, beside the running server. */
import { existsSync } from 'node:fs'
import { type Config, type ConfigFault, type Environment, readConfig } from '../server/config.ts'
import { type Instance, openInstance } from '../server/instance.ts'
import { StartupFault } from '../server/startup-fault.ts'

/**
 * Runs `work` on the instance that the environment names, and closes it whatever happens.
 * @throws StartupFault for a bad configuration or a database that is not there
 */
export async function withInstance<T>(env: Environment, work: (instance: Instance) => Promise<T>): Promise<T> {
  const config = configOf(env)
  if (config.store.kind === 'memory')
    throw new StartupFault(
      'SOJOURN_STORE is memory:, which only the server itself can see',
      'use the operator routes, or another store',
    )
  if (config.store.kind === 'sqlite' && !existsSync(config.store.path))
    throw new StartupFault(
      `there is no database at ${config.store.path}`,
      'start the server once with `sojourn serve`, or set SOJOURN_DATA to where it keeps its data',
    )
  const instance = await openInstance(config, { role: 'cli' })
  try {
    return await work(instance)
  } finally {
    await instance.close()
  }
}

/** @throws StartupFault that names the first fault; `doctor` lists all */
export function configOf(env: Environment): Config {
  const read = readConfig(env)
  if ('config' in read) return read.config
  const [first, ...rest] = read.faults
  if (!first) throw new TypeError('a configuration was refused without a reason')
  const more = rest.length > 0 ? ` (and ${rest.length} more: see \`sojourn doctor\`)` : ''
  throw new StartupFault(`${first.variable}: ${first.problem}`, `${first.mend}${more}`)
}

/** A fault on one line. */
export function faultLine(fault: ConfigFault): string {
  return `${fault.variable}: ${fault.problem}: ${fault.mend}`
}
