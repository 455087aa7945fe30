/** What the self-test found, and what it does not show. */
import results from '../../../../test/results/lab-egress.json' with { type: 'json' }
import { CHANNELS, type Outcome, type State } from '../../proof/channels.ts'
import { Badge, Note, Table, type Tone, Verdict } from '../../ui/parts.tsx'

const TONES: Readonly<Record<State, Tone>> = { stopped: 'good', unproven: 'warn', open: 'bad', untried: 'plain' }
const WORDS: Readonly<Record<State, string>> = {
  stopped: 'stopped',
  unproven: 'not shown',
  open: 'open',
  untried: 'not tried',
}

export function EgressResult({ outcomes, isRunning }: { outcomes: readonly Outcome[]; isRunning: boolean }) {
  const isDone = !isRunning && outcomes.length > 0
  const rows = CHANNELS.map(({ name }) => {
    const outcome = outcomes.find((one) => one.channel === name)
    if (!outcome) return [name, '—', 'not run yet']
    return [
      name,
      <Badge key={name} tone={TONES[outcome.state]}>
        {WORDS[outcome.state]}
      </Badge>,
      outcome.said,
    ]
  })
  return (
    <>
      <p class="hint">
        Each attempt goes to egress-test.invalid, a name that can never exist. Where nothing stops it, this device asks
        for that name, and that is all.
      </p>
      {isDone ? <Summary outcomes={outcomes} /> : null}
      <Table caption="Eight ways out" captionHidden head={['Way out', 'Result', 'Witness']} rows={rows} />
      <Note>
        From a result file, not from this browser: in our test with an attacker’s server that listens, {results.browser}{' '}
        let {results.arrived.asServed} of {results.channels.length} arrive from the page as it is served,{' '}
        {results.arrived.headersOnly} with the headers alone, {results.arrived.guardOnly} with the page’s guard alone,
        and {results.arrived.nothing} with neither (so the attempts are real).
      </Note>
    </>
  )
}

function Summary({ outcomes }: { readonly outcomes: readonly Outcome[] }) {
  const stopped = outcomes.filter(({ state }) => state === 'stopped')
  const hasAllowlist = outcomes.some(({ by }) => by.includes('allowlist'))
  const onlyGuard = stopped.filter(({ by }) => by.length === 1 && by[0] === 'guard').map(({ channel }) => channel)
  const isWhole = stopped.length === CHANNELS.length
  const open = outcomes.some(({ state }) => state === 'open')
  return (
    <Verdict
      tone={isWhole ? 'good' : open ? 'bad' : 'warn'}
      title={`${stopped.length} of ${CHANNELS.length} were stopped, with a witness for each`}
    >
      {hasAllowlist
        ? `This browser enforces Connection-Allowlist: it reported the WebRTC attempt. ${list(onlyGuard)} reached the page’s own guard first, so the allowlist behind it was not tried for them.`
        : `This browser did not show that it knows Connection-Allowlist. ${list(onlyGuard)} rest on the page’s own guard alone: code that runs in the page before the guard would get past it. For a real secret, take the single file and go offline.`}
    </Verdict>
  )
}

const list = (names: readonly string[]): string => {
  if (names.length === 0) return 'Nothing'
  const text = names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
  return text.charAt(0).toUpperCase() + text.slice(1)
}
