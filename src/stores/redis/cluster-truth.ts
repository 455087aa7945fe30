/** In a Cluster the log's slot is the truth of death: looked at after the rows, appended to before them. */
import type { SubjectState } from '../../revocation/engine.ts'
import type { Session } from '../../session/session.ts'
import type { SessionAndSubject } from '../../session/store.ts'
import type { Reply } from './connection.ts'
import { asCount, asList, asText, toJson } from './fields.ts'
import { refOf, shardOf } from './places.ts'
import { isAlive, parseNumbers, parseSession } from './rows.ts'
import type { Steps } from './steps.ts'

/** What took the place of a session that has ended. */
export interface Successor {
  readonly ref: string
  readonly generation: string
  readonly floor: string
}

export interface Fate {
  /** It has ended, whatever its row says. */
  readonly isEnded: boolean
  readonly successor: Successor | null
  readonly subject: SubjectState
}

export interface Look {
  readonly floor: number
  /** In the order that was asked. */
  readonly fates: readonly Fate[]
}

interface Asked {
  readonly ref: string
  readonly subject: string | null
}

export interface Truth {
  /** One look at the log for these sessions, each with its subject. */
  look(sessions: readonly Asked[]): Promise<Look>
  /** The same before its row is written, which is noted: whoever goes through all shards will come by. */
  lookBefore(session: Asked): Promise<Look>
  /** A live session, its row read first. What the log has taken and a crash has left undone is finished on the way. */
  find(id: string, now: number): Promise<SessionAndSubject | null>
  /** Lets the rows follow a replacement that the log has taken. */
  finish(successor: Successor, now: number): Promise<void>
}

export const UNASKED: Fate = {
  isEnded: false,
  successor: null,
  subject: { generation: 0, deadBelow: 0, staleBelow: 0 },
}

const LOOKED_AT_ONCE = 500

export function createTruth(steps: Steps): Truth {
  const parse = (reply: Reply, count: number): Look => {
    const [floor, ...flat] = asList(reply, 'ended')
    return {
      floor: asCount(floor, 'meta'),
      fates: Array.from({ length: count }, (_, i) => ({
        ...parseTombstone(flat[i * 2]),
        subject: parseNumbers(flat[i * 2 + 1]),
      })),
    }
  }
  const argsOf = ({ ref, subject }: Asked): readonly string[] => [ref, subject === null ? '' : toJson(subject)]

  const look: Truth['look'] = async (sessions) => {
    const first = sessions.slice(0, LOOKED_AT_ONCE)
    const { floor, fates } = parse(await steps.log('look', 0, ...first.flatMap(argsOf)), first.length)
    if (sessions.length <= LOOKED_AT_ONCE) return { floor, fates }
    const rest = await look(sessions.slice(LOOKED_AT_ONCE))
    return { floor: Math.max(floor, rest.floor), fates: [...fates, ...rest.fates] }
  }

  const finish: Truth['finish'] = async ({ ref, generation, floor }, now) => {
    await steps.row('finish', shardOf(ref), now, ref, generation, floor)
  }

  const judged = (session: Session, fate: Fate, floor: number, now: number): SessionAndSubject | null =>
    !fate.isEnded && isAlive(session, floor, fate.subject, now) ? { session, subject: fate.subject } : null

  return {
    look,
    lookBefore: async (session) => parse(await steps.log('lookBefore', 0, shardOf(session.ref), ...argsOf(session)), 1),
    finish,
    async find(id, now) {
      const ref = refOf(id)
      const reply = await steps.row('findRow', shardOf(ref), now, ref)
      if (reply === null) return null
      const [text, pending, old] = asList(reply, 'sessions')
      if (text !== '') {
        const session = parseSession(ref, text)
        const { floor, fates } = await look([{ ref, subject: session.subject }])
        return judged(session, fates[0] ?? UNASKED, floor, now)
      }
      const session = parseSession(ref, pending)
      const before = { ref: asText(old, 'sessions'), subject: null }
      const { floor, fates } = await look([{ ref, subject: session.subject }, before])
      const successor = fates[1]?.successor
      if (successor?.ref !== ref) return null
      await finish(successor, now)
      const renewed = { ...session, generation: Number(successor.generation), floor: Number(successor.floor) }
      return judged(renewed, fates[0] ?? UNASKED, floor, now)
    },
  }
}

/** `<until> <successor or -> <its generation> <its floor>`, or nothing. */
export function parseTombstone(text: unknown): Omit<Fate, 'subject'> {
  if (text === '' || text === null || text === undefined) return { isEnded: false, successor: null }
  const [, ref = '-', generation = '0', floor = '0'] = asText(text, 'ended').split(' ')
  return { isEnded: true, successor: ref === '-' ? null : { ref, generation, floor } }
}
