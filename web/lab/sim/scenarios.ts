/** What can happen in the virtual world. Names and words only: the page loads this, the engine does the work. */

export const SCENARIOS = [
  'revoke-one',
  'revoke-user',
  'role-removed',
  'password-reset',
  'store-outage',
  'new-instance',
  'partition',
  'key-rotation',
  'clock-skew',
  'login-storm',
  'thirty-days',
  'header-budget',
] as const
export type ScenarioName = (typeof SCENARIOS)[number]

export interface ScenarioWords {
  readonly title: string
  readonly text: string
  /** Whether the first chart shows all requests, or those of the watched user. */
  readonly seesAll: boolean
}

/** When the thing happens, in seconds. */
export const EVENT_SECONDS = 60

export const SCENARIO_WORDS: Readonly<Record<ScenarioName, ScenarioWords>> = {
  'revoke-one': {
    title: 'Revoke one login',
    text: "At 60 s Ana's stolen login is revoked. Whoever stole it goes on asking every instance, once a second.",
    seesAll: false,
  },
  'revoke-user': {
    title: 'Revoke all of a user',
    text: 'At 60 s all three logins of Ana are revoked in one call.',
    seesAll: false,
  },
  'role-removed': {
    title: 'Role removed',
    text: 'At 60 s Ana is no administrator any more. She goes on asking for the page of administrators.',
    seesAll: false,
  },
  'password-reset': {
    title: 'Password reset',
    text: 'At 60 s Ana sets a new password: every other login of hers ends, her own goes on.',
    seesAll: false,
  },
  'store-outage': {
    title: 'Store outage',
    text: 'From 60 s to 120 s the store answers nobody.',
    seesAll: true,
  },
  'new-instance': {
    title: 'New instance',
    text: 'At 60 s one more instance starts and takes its share of the requests.',
    seesAll: true,
  },
  partition: {
    title: 'Network partition',
    text: "At 60 s the last instance loses the store. At 65 s Ana's login is revoked on another one. At 150 s the network heals.",
    seesAll: false,
  },
  'key-rotation': {
    title: 'Key rotation',
    text: 'At 60 s the next signing key takes over, as planned. At 180 s all keys are found to be stolen: the emergency brake.',
    seesAll: true,
  },
  'clock-skew': {
    title: 'Clock skew',
    text: "The last instance's clock is 90 s behind. At 60 s Ana's login is revoked.",
    seesAll: false,
  },
  'login-storm': {
    title: 'Login storm',
    text: 'From 60 s to 70 s every user signs in anew.',
    seesAll: true,
  },
  'thirty-days': {
    title: 'A session of 30 days',
    text: 'On day 2 what Ana presents is stolen; on day 10 she logs out. Sampled every four hours: in between, the clock jumps.',
    seesAll: false,
  },
  'header-budget': {
    title: 'Header budget',
    text: 'Ana gets ten more roles with each step, up to 200. What does each request have to carry?',
    seesAll: false,
  },
}

const AFTER_SECONDS = 60

/** How long the run is, in milliseconds; for the header budget, in roles. */
export function horizonOf(scenario: ScenarioName, tokenMinutes: number): number {
  const life = tokenMinutes * 60
  switch (scenario) {
    case 'store-outage':
    case 'new-instance':
    case 'login-storm':
      return 180_000
    case 'partition':
      return (Math.max(210, EVENT_SECONDS + 5 + life) + 30) * 1000
    case 'key-rotation':
      return 300_000
    case 'clock-skew':
      return (EVENT_SECONDS + life + 90 + AFTER_SECONDS) * 1000
    case 'thirty-days':
      return 32 * 86_400_000
    case 'header-budget':
      return 200
    default:
      return (EVENT_SECONDS + life + AFTER_SECONDS) * 1000
  }
}
