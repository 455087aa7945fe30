/** Runs steps where their keys are, until they are done, refused for good, or too late. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Confirmed } from './confirmed.ts'
import { askAgain, type Connection, type Reply } from './connection.ts'
import { asStoreError, LOST, messageOf, OTHER_RUN, refusalOf, startsWith, unavailable } from './errors.ts'
import { adoptArgs, assertUnused, type History, readHistory } from './history.ts'
import type { Script, Scripts, StepName } from './scripts.ts'
import type { Lane, Servers } from './servers.ts'

export interface Steps {
  /** Rows and log are changed in one step; otherwise the log is looked at after the rows, and appended to before them. */
  readonly isWhole: boolean
  readonly prefix: string
  /** A step in the log's slot. */
  log(name: StepName, now: number, ...args: readonly string[]): Promise<Reply>
  /** A step in a shard's slot. */
  row(name: StepName, shard: string, now: number, ...args: readonly string[]): Promise<Reply>
  /** A step on these keys, all of which have the hash tag `tag`. */
  on(name: StepName, tag: string, keys: readonly string[], now: number, ...args: readonly string[]): Promise<Reply>
  /** A plain command in the log's slot on a connection of its own. */
  tail(args: readonly string[], timeoutMs: number): Promise<Reply>
  /** Begins or takes up what is stored of the fleet and its layout. @throws AuthError as `readHistory` */
  begin(): Promise<void>
  /** The key that places rows. @throws AuthError `store.unavailable` before `begin` */
  readonly shards: string
}

export interface StepsOptions {
  readonly servers: Servers
  readonly scripts: Scripts
  readonly confirmed: Confirmed
  readonly isWhole: boolean
  readonly prefix: string
  readonly fleet: string | null
  readonly timeoutMs: number
  readonly monoMs: () => number
  /** More than so many commands under way are refused. */
  readonly maxPending?: number
}

const PAUSE_MS = 20

export function createSteps(options: StepsOptions): Steps {
  const { servers, scripts, confirmed, isWhole, prefix, fleet, timeoutMs, monoMs, maxPending = 20_000 } = options
  let held: History | null = null
  let pending = 0

  /**
   * In a Cluster, with two keys that never are: while a slot is on its way to another node, the server then refuses the step
   * (TRYAGAIN) instead of running it where half of what it looks at is missing. A step may so touch keys that it does not name.
   */
  const keysOf = (tag: string, keys: readonly string[]): readonly string[] =>
    isWhole ? keys : [...keys, `{${tag}}-`, `{${tag}}+`]

  /** Makes the log belong to the server as it now runs; whoever comes second finds it done. */
  const adopt = async (connection: Connection, damaged: string): Promise<void> => {
    await connection.send(['SCRIPT', 'LOAD', scripts.adopt.text])
    const args = adoptArgs(fleet, held?.shards ?? null, damaged)
    const keys = keysOf(prefix, [`{${prefix}}meta`])
    const write = () => evaluate(connection, scripts.adopt, keys, [connection.info.run, '0', ...args])
    held = readHistory(await confirmed.run(connection, write), fleet, prefix)
  }

  /** The log belongs to another run of the server than the connection knows; which of the two is out of date? */
  const reconsider = async (connection: Connection): Promise<void> => {
    const { run } = await askAgain(connection)
    if (run === connection.info.run) await adopt(connection, '')
    else connection.close()
  }

  /** The step on this connection; null: try again. */
  const attempt = async (
    connection: Connection,
    script: Script,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<{ readonly reply: Reply } | null> => {
    const write = () => evaluate(connection, script, keys, [connection.info.run, ...args])
    try {
      return { reply: script.isWaited ? await confirmed.run(connection, write) : await write() }
    } catch (error) {
      if (startsWith(error, OTHER_RUN)) await reconsider(connection)
      else if (startsWith(error, 'NOSCRIPT')) await connection.send(['SCRIPT', 'LOAD', script.text])
      else if (startsWith(error, `${LOST} `) && script === scripts.renew) {
        await adopt(connection, messageOf(error).split(' ')[1] ?? '')
      } else throw error
      return null
    }
  }

  const until = async <T>(
    tag: string,
    lane: Lane,
    act: (connection: Connection) => Promise<{ readonly reply: T } | null>,
  ): Promise<T> => {
    if (pending >= maxPending) throw unavailable('too many commands are waiting for Redis')
    const deadlineMs = monoMs() + timeoutMs
    pending++
    try {
      let asked: Connection | null = null
      for (let tries = 0; ; tries++) {
        const connection: Connection = asked ?? (await servers.connection(tag, lane))
        asked = null
        try {
          const done = await act(connection)
          if (done) return done.reply
          if (tries > 5) throw unavailable('the history of the log keeps changing')
        } catch (error) {
          if (refusalOf(error) === null || monoMs() >= deadlineMs) throw error
          asked = await servers.asked(messageOf(error), lane)
          if (asked) continue
          await servers.refused(tag, connection, messageOf(error))
          if (tries > 0) await sleep(PAUSE_MS * Math.random() * Math.min(tries, 10))
        }
      }
    } catch (error) {
      throw asStoreError(error)
    } finally {
      pending--
    }
  }

  const on: Steps['on'] = async (name, tag, keys, now, ...args) => {
    const script = scripts[name]
    const isWaited = script.isWaited && confirmed.isNeeded
    const all = keysOf(tag, keys)
    const rest = [String(now), ...args]
    // Nearly always there is a connection and it does the step; whatever else comes is sorted out below.
    const connection = isWaited || pending >= maxPending ? null : servers.open(tag)
    if (connection) {
      pending++
      try {
        return await evaluate(connection, script, all, [connection.info.run, ...rest])
      } catch (error) {
        if (!isNotDone(error)) throw asStoreError(error)
      } finally {
        pending--
      }
    }
    return until(tag, isWaited ? 'waited' : 'main', (found) => attempt(found, script, all, rest))
  }

  return {
    isWhole,
    prefix,
    on,
    log: (name, now, ...args) => on(name, prefix, [`{${prefix}}meta`], now, ...args),
    row(name, shard, now, ...args) {
      const tag = isWhole ? prefix : `${prefix}:${shard}`
      return on(name, tag, [`{${tag}}i0`], now, ...args)
    },
    tail: (args, limitMs) =>
      until(prefix, 'tail', async (connection) => ({ reply: await connection.send(args, limitMs) })),
    begin: () =>
      until(prefix, confirmed.isNeeded ? 'waited' : 'main', async (connection) => {
        await assertUnused(connection, prefix)
        await adopt(connection, '')
        return { reply: undefined }
      }),
    get shards() {
      if (!held) throw unavailable('the store has not been opened')
      return held.shards
    },
  }
}

/** The server has not done the step, and may when it is asked again. */
function isNotDone(error: unknown): boolean {
  return [OTHER_RUN, LOST, 'NOSCRIPT'].some((word) => startsWith(error, word)) || refusalOf(error) !== null
}

function evaluate(
  connection: Connection,
  script: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<Reply> {
  return connection.send(['EVALSHA', script.sha, String(keys.length), ...keys, ...args])
}
