/** Why: each reason is a fact about the answer, and names the lines that it bears out. The words are in `words.ts`. */
import type { LineId } from '../claims/lines.ts'
import { ASSUMED } from './constants.ts'
import { costOf } from './costs.ts'
import type { Decision, LegDecision } from './decide.ts'
import { type Leg, type Option, optionOf } from './options.ts'

export type Sign = '+' | '-' | 'note'
export interface Reason {
  readonly id: ReasonId
  readonly leg: Leg | null
  readonly sign: Sign
  readonly lines: readonly LineId[]
}

interface Given {
  readonly decision: Decision
  readonly leg: LegDecision
  readonly option: Option
}
interface Rule {
  readonly sign: Sign
  readonly lines: readonly LineId[]
  /** Once for the whole answer, instead of once a leg. */
  readonly isGeneral?: boolean
  when(given: Given): boolean
}

const isCookie = ({ option }: Given): boolean => option.leg === 'browser' && option.carrier === 'cookie'
const isSession = (given: Given): boolean => isCookie(given) && given.option.credential === 'session'
const isToken = ({ option }: Given): boolean => option.credential === 'access' || option.credential === 'pair'
const isLong = ({ decision }: Given): boolean => decision.facts.absoluteSeconds > 86_400

const RULES = {
  opaque: { sign: '+', lines: ['I-1', 'C+2'], when: isSession },
  small: { sign: '+', lines: ['C+3'], when: isSession },
  'deleted-at-once': {
    sign: '+',
    lines: ['C+1'],
    when: (given) => isSession(given) && given.option.delaySeconds === 0,
  },
  'roles-at-once': {
    sign: '+',
    lines: ['C+4'],
    when: (given) => isSession(given) && given.option.staleSeconds === 0,
  },
  'browser-rules': { sign: '+', lines: ['C+5'], when: isCookie },
  'long-sessions': {
    sign: '+',
    lines: ['C+6'],
    when: (given) => isSession(given) && isLong(given) && given.decision.facts.known.q2 === 'one',
  },
  'one-domain': {
    sign: '+',
    lines: ['V-1'],
    when: (given) => isSession(given) && given.decision.facts.known.q2 === 'one',
  },
  'needs-store': { sign: '-', lines: ['C-1'], when: isSession },
  'shared-state': {
    sign: '-',
    lines: ['C-2'],
    when: (given) => isSession(given) && given.decision.facts.isFleet,
  },
  'look-up': {
    sign: '-',
    lines: ['C-3'],
    when: ({ option, decision, leg }) =>
      leg.chosen !== null &&
      option.leg !== 'hub' &&
      costOf(leg.chosen, decision.facts).readsPerSecond >= decision.facts.requestsPerSecond,
  },
  'copy-ages': { sign: '-', lines: ['C+1', 'C-3'], when: ({ option }) => option.revocation === 'copy' },
  forgery: { sign: 'note', lines: ['C-5'], when: isCookie },
  'no-cookie-here': { sign: '-', lines: ['C-6'], when: ({ option }) => option.leg === 'native' },
  'cookies-stay-home': { sign: '-', lines: ['C-4'], when: ({ option }) => option.leg === 'hub' },
  'many-clients': { sign: '+', lines: ['V-2'], when: (given) => isToken(given) || given.option.credential === 'code' },
  'no-look-up': {
    sign: '+',
    lines: ['J+1'],
    when: (given) => isToken(given) && given.option.revocation !== 'row' && given.option.revocation !== 'question',
  },
  'any-instance': { sign: '+', lines: ['J+2'], when: (given) => isToken(given) && given.decision.facts.isFleet },
  'claims-inline': { sign: '+', lines: ['J+3'], when: (given) => isToken(given) && !given.leg.claimsMoved },
  'across-domains': {
    sign: '+',
    lines: ['J+4'],
    when: ({ option, decision }) =>
      option.leg === 'hub' || (option.leg === 'services' && decision.facts.known.q8 === 'foreign'),
  },
  standard: {
    sign: '+',
    lines: ['J+5'],
    when: (given) =>
      isToken(given) &&
      (given.decision.facts.known.q8 === 'foreign' || given.decision.facts.known.q1.includes('partner')),
  },
  'short-api-access': {
    sign: '+',
    lines: ['J+6'],
    when: (given) =>
      isToken(given) && (given.decision.facts.known.q10 !== 'own' || given.decision.facts.known.q1.includes('partner')),
  },
  'short-and-refresh': { sign: '+', lines: ['V-3'], when: ({ option }) => option.credential === 'pair' },
  'until-expiry': {
    sign: '-',
    lines: ['J-1'],
    when: (given) => isToken(given) && given.option.revocation === 'expiry',
  },
  'role-waits': { sign: '-', lines: ['J-4'], when: (given) => isToken(given) && given.option.staleSeconds !== 0 },
  'state-again': {
    sign: '-',
    lines: ['J-3'],
    when: (given) => isToken(given) && given.option.revocation !== 'expiry',
  },
  bloat: {
    sign: '-',
    lines: ['J-2'],
    when: (given) =>
      isToken(given) &&
      (given.leg.claimsMoved || given.decision.facts.claimBytes * ASSUMED.sealedBytesPerByte.value > 400),
  },
  'token-rules': { sign: 'note', lines: ['J-5'], when: isToken },
  'not-alone': {
    sign: 'note',
    lines: ['J-6', 'V-3'],
    when: ({ leg, option }) => option.leg === 'browser' && leg.removed.some(({ rule }) => rule === 'H1'),
  },
  edges: {
    sign: 'note',
    lines: ['I-2'],
    isGeneral: true,
    when: ({ decision: { facts } }) =>
      facts.instances > 4 || facts.known.q11.includes('malware') || facts.known.q11.includes('logs'),
  },
  architecture: { sign: 'note', lines: ['I-3'], isGeneral: true, when: () => true },
  'where-state-lives': { sign: 'note', lines: ['V-4'], isGeneral: true, when: () => true },
  'on-device': { sign: 'note', lines: ['T-1', 'T-2', 'T-3'], isGeneral: true, when: () => true },
} as const satisfies Readonly<Record<string, Rule>>

export type ReasonId = keyof typeof RULES

export function reasonsFor(decision: Decision): readonly Reason[] {
  const given = decision.legs.flatMap((leg) =>
    leg.chosen === null ? [] : [{ decision, leg, option: optionOf(leg.chosen) }],
  )
  return Object.entries(RULES).flatMap(([id, rule]: [string, Rule]) => {
    const holding = given.filter((one) => rule.when(one))
    const reason = (leg: Leg | null): Reason => ({ id: id as ReasonId, leg, sign: rule.sign, lines: rule.lines })
    if (rule.isGeneral) return holding.length > 0 ? [reason(null)] : []
    return holding.map(({ option }) => reason(option.leg))
  })
}
