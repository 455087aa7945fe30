/** A card for each line. */
import type { Card, Verdict } from './card.ts'
import { COOKIE_CARDS } from './cookie-cards.ts'
import { LINES, type LineId } from './lines.ts'
import { to } from './to.ts'
import { TOKEN_CARDS } from './token-cards.ts'

const DECIDE = 'test/unit/lab/decide/decide.test.ts'
const MEASURED = ['test/unit/lab/claims/measured.test.ts', 'are those of the committed file'] as const

export const CARDS: Readonly<Record<LineId, Card>> = {
  'I-1': {
    verdict: 'holds',
    why: 'Anybody can read a token; the cookie is two random numbers and says nothing.',
    number: 'readableInToken',
    ...to.inspect({ sample: 'access' }),
    document: 'ARCHITECTURE.md',
    use: 'all legs',
    test: MEASURED,
  },
  'I-2': {
    verdict: 'holds',
    why: 'Each safeguard of the protocol was taken out in turn, and the model checker found what breaks without it.',
    number: 'counterExamples',
    ...to.attack({ exercise: 'refresh-reuse' }),
    document: 'docs/model.md',
    use: 'presets of weights',
    test: ['test/unit/model.test.ts', 'has the figures of every configuration that CI runs, as expected'],
  },
  'I-3': {
    verdict: 'holds',
    why: 'The same weights give twenty systems different answers: it is the answers that decide.',
    number: 'answersFound',
    ...to.decide({ q1: ['pages', 'mobile'] }),
    document: 'docs/guides/changing-the-mode.md',
    use: 'what would change this',
    test: [DECIDE, 'is true of every flip, and no nearer value flips'],
  },
  ...TOKEN_CARDS,
  ...COOKIE_CARDS,
  'V-1': {
    verdict: 'holds',
    why: 'Even with nothing ruled out and an hour for everything, the session cookie is ahead.',
    number: 'pointsAhead',
    ...to.decide({ preset: 'consumer' }),
    document: 'docs/guides/getting-started.md',
    use: 'R1',
    test: [DECIDE, 'are twenty'],
  },
  'V-2': {
    verdict: 'holds',
    why: 'Phones, services that must not issue, and unrelated sites all lead to tokens.',
    number: 'tokenAnswers',
    ...to.decide({ q1: ['spa'], q8: 'check', preset: 'microservices' }),
    document: 'docs/guides/services-without-a-store.md',
    use: 'R2 to R6',
    test: [DECIDE, 'reaches every archetype, and rules every other option out by name'],
  },
  'V-3': {
    verdict: 'holds',
    why: 'A spent refresh token that comes back ends the whole family, the thief’s successor included.',
    number: 'reuseCaughtAfter',
    ...to.attack({ exercise: 'refresh-reuse' }),
    document: 'docs/rfc-9700.md',
    use: 'H1, R3',
    test: MEASURED,
  },
  'V-4': {
    verdict: 'holds',
    why: 'Decide draws the map: each piece of state, its place and its size.',
    number: 'piecesOfState',
    ...to.decide({ q1: ['spa', 'mobile', 'service'], q8: 'check' }),
    document: 'ARCHITECTURE.md',
    use: 'the map of state',
    test: [DECIDE, 'has a place for each leg that has an answer'],
  },
  'T-1': {
    verdict: 'holds',
    why: 'There is nothing to sign up for; theme and keys are all that is kept.',
    number: 'fieldsToSignUp',
    screen: 'proof',
    document: 'SECURITY.md',
    use: 'none',
    test: MEASURED,
  },
  'T-2': {
    verdict: 'holds',
    why: 'The page loads nothing from anybody else.',
    number: 'foreignAddresses',
    screen: 'proof',
    document: 'SECURITY.md',
    use: 'none',
    test: MEASURED,
  },
  'T-3': {
    verdict: 'holds',
    why: 'Headers and a guard of its own keep the page from reaching anybody; Proof tries each channel in your browser.',
    number: 'channelsOpen',
    screen: 'proof',
    document: 'SECURITY.md',
    use: 'none',
    test: [
      'test/flow/lab-egress.test.ts',
      'lets nothing out as it is served; headers and guard each do their part; without them all eight arrive',
    ],
  },
}

export function cardsOf(
  verdict: Verdict | 'all',
): readonly { readonly id: LineId; readonly line: string; readonly card: Card }[] {
  return Object.entries(CARDS)
    .filter(([, card]) => verdict === 'all' || card.verdict === verdict)
    .map(([id, card]) => ({ id: id as LineId, line: LINES[id as LineId], card }))
}
