/** The recommendation: one answer for each leg, why, what was ruled out, and what would change it. */

import { LINES, type LineId } from '../../claims/lines.ts'
import type { Decision, LegDecision } from '../../decide/decide.ts'
import { type OptionId, optionOf } from '../../decide/options.ts'
import { QUESTIONS } from '../../decide/question-words.ts'
import { reasonsFor } from '../../decide/reasons.ts'
import { RULE_LINES } from '../../decide/rules.ts'
import type { Flip, Relaxation, Step } from '../../decide/walk.ts'
import {
  ARCHETYPE_NAMES,
  BINDINGS,
  CARRIERS,
  CREDENTIALS,
  CSRF,
  LEG_NAMES,
  OPTION_NAMES,
  REASONS,
  REVOCATIONS,
  RULE_NAMES,
} from '../../decide/words.ts'
import type { Lab } from '../../shell/screen.ts'
import { settingsWith } from '../../shell/settings.ts'
import { Button } from '../../ui/controls.tsx'
import { Note, Panel, Table } from '../../ui/parts.tsx'
import { SHAPE as ATTACK } from '../attack/settings.ts'
import { SHAPE as COMPARE } from '../compare/settings.ts'
import { duration } from './amounts.ts'
import { comparisonOf, exerciseOf } from './onward.ts'

export interface AnswerProps {
  readonly decision: Decision
  readonly ways: readonly Relaxation[]
  readonly lab: Lab
}

export function Answer({ decision, ways, lab }: AnswerProps) {
  const run = () => lab.go('compare', settingsWith(COMPARE, comparisonOf(decision)))
  const attack = () => lab.go('attack', settingsWith(ATTACK, { exercise: exerciseOf(decision) }))
  return (
    <Panel title="Recommendation">
      <div class="verdict plain" role="status">
        {decision.legs.map(({ leg, chosen, ties }) => (
          <p key={leg}>
            <strong>{LEG_NAMES[leg]}:</strong>{' '}
            {chosen === null ? 'your answers are in conflict' : `${codes(chosen)} ${OPTION_NAMES[chosen]}`}
            {ties.length > 0 ? (
              <span class="soft"> As good, less simple: {ties.map((id) => OPTION_NAMES[id]).join('; ')}.</span>
            ) : null}
          </p>
        ))}
      </div>
      {decision.archetypes.map((archetype) => (
        <p key={archetype} class="soft">
          {archetype}: {ARCHETYPE_NAMES[archetype]}
        </p>
      ))}
      {decision.warnings.length > 0 ? (
        <Note tone="warn">
          A sealed cookie cannot be revoked, and its sessions cannot be listed. It is for what is worth little.
        </Note>
      ) : null}
      {ways.length > 0 ? (
        <>
          <Note tone="bad">You cannot have all of it. The cheapest ways out:</Note>
          <ul>
            {ways.map((way) => (
              <li key={way.steps.map(told).join()}>{way.steps.map(told).join('; and ')}</li>
            ))}
          </ul>
        </>
      ) : null}
      <Table
        caption="What each leg carries"
        head={['Leg', 'Credential', 'Carrier', 'Life', 'Revocation', 'Binding', 'Against forgery']}
        rows={decision.legs.flatMap((leg) => fields(leg, decision))}
      />
      {decision.conflicts.length > 0 ? null : (
        <div class="row">
          <Button onPress={run}>Run it in Compare</Button>
          <Button onPress={attack}>Attack it</Button>
        </div>
      )}
    </Panel>
  )
}

const codes = (id: OptionId): string => optionOf(id).archetypes.join(' + ')

function fields({ leg, chosen, claimsMoved }: LegDecision, { facts }: Decision) {
  if (chosen === null) return []
  const option = optionOf(chosen)
  return [
    [
      LEG_NAMES[leg],
      `${CREDENTIALS[option.credential]}${claimsMoved ? ', lean: claims stay at the server' : ''}`,
      CARRIERS[option.carrier],
      duration(option.lifeSeconds ?? facts.absoluteSeconds),
      REVOCATIONS[option.revocation],
      BINDINGS[option.binding],
      CSRF[option.csrf],
    ],
  ]
}

const SIGNS = { '+': '+', '-': '−', note: 'note' } as const

export function Why({ decision }: { readonly decision: Decision }) {
  const removed = decision.legs.flatMap(({ leg, removed: all }) => all.map((one) => ({ leg, ...one })))
  return (
    <>
      <Panel title="Why">
        <Table
          caption="Reasons, for (+) and against (−), and the lines of the reference they bear out"
          head={['Reason', 'Sign', 'Leg', 'Lines']}
          rows={reasonsFor(decision).map(({ id, sign, leg, lines }) => [
            REASONS[id],
            SIGNS[sign],
            leg === null ? 'all' : LEG_NAMES[leg],
            <Lines key={id} ids={lines} />,
          ])}
        />
      </Panel>
      <Panel title="Ruled out">
        <Table
          caption="Each by a rule, with its lines"
          head={['Option', 'Leg', 'Rule', 'Lines']}
          rows={removed.map(({ id, leg, rule }) => [
            OPTION_NAMES[id],
            LEG_NAMES[leg],
            `${rule}: ${RULE_NAMES[rule]}`,
            <Lines key={id} ids={RULE_LINES[rule]} />,
          ])}
        />
        {decision.duties.length > 0 ? (
          <Note>
            H10, compulsory here: {decision.duties.includes('csrf') ? 'protection against forgery' : ''}
            {decision.duties.length === 2 ? ', and ' : ''}
            {decision.duties.includes('token-rules') ? 'a closed list of algorithms, typ, aud and key rotation' : ''}.{' '}
            {decision.algorithm ? `Tokens are signed by ${decision.algorithm}.` : ''}
          </Note>
        ) : null}
      </Panel>
    </>
  )
}

function Lines({ ids }: { readonly ids: readonly LineId[] }) {
  return (
    <span>
      {ids.map((id) => (
        <abbr key={id} title={LINES[id]}>
          {id}{' '}
        </abbr>
      ))}
    </span>
  )
}

export function Changes({ flips, onTry }: { readonly flips: readonly Flip[]; readonly onTry: (step: Step) => void }) {
  return (
    <Panel title="What would change this">
      <Table
        caption="The nearest other answer of each question that changes the recommendation"
        head={['If', 'Then', 'Try it']}
        rows={flips.map(({ step, changes, algorithm }) => [
          told(step),
          [
            ...changes.map(({ leg, to, isConflict }) =>
              to === null
                ? `${LEG_NAMES[leg]}: ${isConflict ? 'a conflict' : 'not needed'}`
                : `${LEG_NAMES[leg]}: ${codes(to)} ${OPTION_NAMES[to]}`,
            ),
            ...(algorithm === undefined
              ? []
              : [algorithm === null ? 'no tokens are signed' : `signed by ${algorithm}`]),
          ].join('; '),
          <button key="try" type="button" aria-label={`Try: ${told(step)}`} onClick={() => onTry(step)}>
            Try
          </button>,
        ])}
      />
    </Panel>
  )
}

function told({ input, value, isIn }: Step): string {
  const { label, values } = QUESTIONS[input]
  return `${label.replace(/\?$/, '')}: ${isIn === false ? 'without ' : isIn ? 'with ' : ''}“${values[value] ?? value}”`
}
