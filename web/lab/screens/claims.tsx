/** Claims: every line of the comparison, whether it still holds, and one number that says so. */
import { type Card, VERDICTS, type Verdict } from '../claims/card.ts'
import { cardsOf } from '../claims/cards.ts'
import type { LineId } from '../claims/lines.ts'
import { NUMBERS } from '../claims/numbers.ts'
import type { Lab, ScreenProps } from '../shell/screen.ts'
import { SCREENS } from '../shell/screens.ts'
import { oneOf } from '../shell/settings.ts'
import { useSettings } from '../shell/use-settings.ts'
import { Button, Choice } from '../ui/controls.tsx'
import { Badge, Panel, type Tone } from '../ui/parts.tsx'
import { round } from './decide/amounts.ts'
import './claims.css'

const SHAPE = { verdict: oneOf(['all', ...VERDICTS], 'all') }
const TONES: Readonly<Record<Verdict, Tone>> = { holds: 'plain', 'holds if': 'warn', 'no longer': 'good' }
const CHOICES = [['all', 'All'], ...VERDICTS.map((verdict) => [verdict, verdict] as const)] as const

export default function Claims({ lab }: ScreenProps) {
  const [{ verdict }, change] = useSettings(lab, SHAPE)
  const cards = cardsOf(verdict)
  return (
    <>
      <h1>Is it true?</h1>
      <p class="lead">
        Session cookies and tokens are compared in the same sentences everywhere. Here is each of them, and what is left
        of it with Sojourn. No number is typed in: each comes from a result file that a test keeps current.
      </p>
      <Choice label="Show" value={verdict} options={CHOICES} onChange={(next) => change({ verdict: next })} />
      <p role="status" class="cards-shown">
        {cards.length} of {cardsOf('all').length} lines
      </p>
      <div class="cards">
        {cards.map(({ id, line, card }) => (
          <CardView key={id} id={id} line={line} card={card} lab={lab} />
        ))}
      </div>
    </>
  )
}

function CardView({
  id,
  line,
  card,
  lab,
}: {
  readonly id: LineId
  readonly line: string
  readonly card: Card
  readonly lab: Lab
}) {
  const { value, unit, how, source, date } = NUMBERS[card.number]
  const screen = SCREENS.find(({ name }) => name === card.screen)
  return (
    <Panel title={`${id} ${line}`} tools={<Badge tone={TONES[card.verdict]}>{card.verdict}</Badge>}>
      <p>{card.why}</p>
      <p class="card-figure">
        <strong>
          {round(value)} {unit}
        </strong>{' '}
        {how}
      </p>
      <dl class="card-facts">
        <dt>From</dt>
        <dd>
          {source}
          {date === null ? '' : `, ${date}`}
        </dd>
        <dt>Test</dt>
        <dd>
          {card.test[0]}: {card.test[1]}
        </dd>
        <dt>Read</dt>
        <dd>{card.document}</dd>
        <dt>In Decide</dt>
        <dd>{card.use}</dd>
      </dl>
      {screen ? (
        <Button name={`Show me in ${screen.title}: ${id}`} onPress={() => lab.go(screen.name, card.settings ?? '')}>
          Show me in {screen.title}
        </Button>
      ) : null}
    </Panel>
  )
}
