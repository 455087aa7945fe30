/** The decision: for each leg the options that the rules leave, their points, and the one to take. */
import { type Answers, type Known, resolve } from './answers.ts'
import { type Facts, factsOf } from './facts.ts'
import { claimsMoved } from './header-bytes.ts'
import { type Archetype, LEGS, type Leg, type OptionId, optionOf, optionsFor } from './options.ts'
import { mayShareKey, type RuleId, ruledOut } from './rules.ts'
import { type Score, scoreOf } from './score.ts'
import { PRESETS, type Weights } from './weights.ts'

/** Within so many points two options count as equal. */
export const TIE_POINTS = 3

export interface Scored {
  readonly id: OptionId
  readonly score: Score
}
export interface RuledOut {
  readonly id: OptionId
  readonly rule: RuleId
}
export interface LegDecision {
  readonly leg: Leg
  /** Null: the rules leave nothing; the answers are in conflict. */
  readonly chosen: OptionId | null
  /** As good as the chosen one, within the tie, and less simple. */
  readonly ties: readonly OptionId[]
  /** What is left, the best first. */
  readonly scored: readonly Scored[]
  readonly removed: readonly RuledOut[]
  /** H9: the claims stay at the server, the token goes lean. */
  readonly claimsMoved: boolean
}
export interface Decision {
  readonly facts: Facts
  readonly legs: readonly LegDecision[]
  readonly archetypes: readonly Archetype[]
  readonly conflicts: readonly Leg[]
  /** Of tokens; null where none are issued. */
  readonly algorithm: 'ES256' | 'HS256' | null
  readonly mayShareKey: boolean
  /** What H10 makes compulsory. */
  readonly duties: readonly ('csrf' | 'token-rules')[]
  /** R7 is never recommended without it. */
  readonly warnings: readonly 'sealed'[]
}

export function decide(answers: Answers, weights: Weights = PRESETS.balanced): Decision {
  return decideKnown(resolve(answers), weights)
}

export function decideKnown(known: Known, weights: Weights): Decision {
  const facts = factsOf(known)
  const legs = LEGS.flatMap((leg) => {
    const ids = optionsFor(leg, facts)
    return ids.length === 0 ? [] : [decideLeg(leg, ids, facts, weights)]
  })
  const chosen = legs.flatMap((leg) => (leg.chosen === null ? [] : [optionOf(leg.chosen)]))
  const hasTokens = chosen.some(
    ({ credential }) => credential === 'access' || credential === 'pair' || credential === 'code',
  )
  const hasCookie = chosen.some(({ carrier, leg }) => carrier === 'cookie' || leg === 'hub')
  const shareable = mayShareKey(facts)
  // A shared key only for whoever cannot rotate a pair of them, has one verifier, and publishes nothing.
  const shares =
    shareable && known.q8 === 'one' && !known.q13.includes('rotation') && !facts.hasHub && !facts.hasServices
  return {
    facts,
    legs,
    archetypes: [...new Set(chosen.flatMap(({ archetypes }) => archetypes))].sort(),
    conflicts: legs.filter((leg) => leg.chosen === null).map(({ leg }) => leg),
    algorithm: hasTokens ? (shares ? 'HS256' : 'ES256') : null,
    mayShareKey: shareable,
    duties: [...(hasCookie ? (['csrf'] as const) : []), ...(hasTokens ? (['token-rules'] as const) : [])],
    warnings: legs.some(({ chosen: id }) => id === 'sealed') ? ['sealed'] : [],
  }
}

function decideLeg(leg: Leg, ids: readonly OptionId[], facts: Facts, weights: Weights): LegDecision {
  const judged = ids.map((id) => ({ id, rule: ruledOut(id, facts) }))
  const left = judged.filter(({ rule }) => rule === null).map(({ id }) => ({ id, score: scoreOf(id, facts, weights) }))
  const best = Math.max(...left.map(({ score }) => score.total))
  const level = left.filter(({ score }) => best - score.total < TIE_POINTS)
  const chosen = level[0]?.id ?? null
  return {
    leg,
    chosen,
    ties: level.slice(1).map(({ id }) => id),
    scored: [...left].sort((a, b) => b.score.total - a.score.total),
    removed: judged.flatMap(({ id, rule }) => (rule === null ? [] : [{ id, rule }])),
    claimsMoved: chosen !== null && claimsMoved(chosen, facts),
  }
}
