/** Ends of sessions and tokens, many in one transaction when many are asked for. */
import type { Appended, RevocationEvent } from '../../revocation/engine.ts'
import type { Session } from '../../session/session.ts'
import { columnsOf, type Row } from './columns.ts'
import type { Database } from './database.ts'
import { createGrouping } from './grouping.ts'
import { eventColumns, parseAppended, parseMembers } from './log.ts'
import { parseJsonRow, parseSession } from './session-rows.ts'
import { calling } from './statement.ts'

type EndEvent = Extract<RevocationEvent, { readonly kind: 'session' | 'token' }>
type Ended = Appended & { readonly ended: Session | null }

/** Ends what the event names; `now` decides whether it was alive. */
export type End = (event: EndEvent, now: number) => Promise<Ended>

/** @param s  the quoted name of the schema */
export function createEndings(database: Database, s: string): End {
  const many = calling(s, 'end_many', 1)
  const session = calling(s, 'end_session', 4)
  const token = calling(s, 'revoke_token', 2)

  /** null: somebody holds it. */
  const together = createGrouping(
    async (
      steps: readonly { readonly event: EndEvent; readonly now: number }[],
    ): Promise<readonly (Ended | 'held')[]> => {
      const list = steps.map(({ event, now }) => ({ ...eventColumns(event), now }))
      return parseAnswers((await database.step(many, JSON.stringify(list))) ?? {})
    },
  )
  /** Waits for whoever holds it. */
  const alone = async (event: EndEvent, now: number): Promise<Ended> => {
    if (event.kind === 'token') {
      return { ...parseAppended(await database.step(token, event.tokenId, event.until)), ended: null }
    }
    const row = await database.step(session, event.sessionId, event.drainSeconds ?? null, event.until, now)
    return { ...parseAppended(row), ended: parseEnded(row?.ended) }
  }
  return async (event, now) => {
    const answer = await together({ event, now })
    return answer === 'held' ? alone(event, now) : answer
  }
}

function parseAnswers(row: Row): readonly (Ended | 'held')[] {
  const columns = columnsOf(row, 'an append')
  const shared = {
    incarnation: columns.text('incarnation'),
    members: parseMembers(columns),
    settled: columns.flag('settled'),
  }
  const answers = columns.json('answers')
  if (!Array.isArray(answers)) throw columns.damaged('answers')
  return answers.map((answer: unknown) => {
    const [offset, ended] = Array.isArray(answer) ? answer : []
    if (offset === null) return 'held'
    if (typeof offset !== 'number') throw columns.damaged('answers')
    return { ...shared, offset, ended: parseEnded(ended) }
  })
}

function parseEnded(ended: unknown): Session | null {
  return typeof ended === 'string' ? parseSession(parseJsonRow(ended)) : null
}
