/** The questions and their answers, as they are read. Nothing in the model looks at them. */
import type { InputId } from './answers.ts'

export const QUESTIONS: Readonly<
  Record<InputId, { readonly label: string; readonly values: Readonly<Record<string, string>> }>
> = {
  q1: {
    label: 'Who are the clients?',
    values: {
      pages: 'Pages rendered by a server',
      spa: 'A single-page application',
      mobile: 'A phone or desktop program',
      partner: 'Other companies call our API',
      service: 'Services call each other',
    },
  },
  q2: {
    label: 'Which hosts do browsers reach?',
    values: { one: 'One', subdomains: 'Several under one site', unrelated: 'Several unrelated sites' },
  },
  q3: {
    label: 'How late may a revocation take hold?',
    values: {
      next: 'Next request after it has returned',
      s1: '1 second',
      s10: '10 seconds',
      m1: '1 minute',
      m15: '15 minutes',
      h1: '1 hour',
    },
  },
  q4: {
    label: 'How old may a role be?',
    values: {
      next: 'Next request after the change',
      s1: '1 second',
      s10: '10 seconds',
      m1: '1 minute',
      m15: '15 minutes',
      h1: '1 hour',
    },
  },
  q5: {
    label: 'How long is a session?',
    values: {
      minutes: '15 minutes idle, 8 hours in all',
      day: '8 hours idle, a day in all',
      weeks: '14 days idle, 30 in all',
      months: '30 days idle, 90 in all',
    },
  },
  q6: {
    label: 'How many instances?',
    values: { one: 'One machine', few: 'A few', many: 'Some dozens', regions: 'Some dozens in several regions' },
  },
  q6r: {
    label: 'How far is the session store from what checks?',
    values: {
      local: 'Same machine',
      ms1: '1 ms',
      ms5: '5 ms',
      ms30: '30 ms',
      ms100: '100 ms',
      none: 'It cannot be reached from there',
    },
  },
  q7: {
    label: 'Requests a second, in all',
    values: { r10: '10', r100: '100', r1000: '1 000', r10000: '10 000', r100000: '100 000' },
  },
  q7b: {
    label: 'What may the check add (99th percentile)?',
    values: { b5: '5 ms', b20: '20 ms', b100: '100 ms' },
  },
  q8: {
    label: 'Who verifies?',
    values: {
      one: 'The application alone',
      mint: 'Several services, trusted to issue, too',
      check: 'Several services that must not be able to issue',
      foreign: 'Other companies, too',
    },
  },
  q9: {
    label: 'Claims that a request needs',
    values: { c100: '100 bytes', c400: '400 bytes', c1000: '1 kB', c3000: '3 kB', c6000: '6 kB' },
  },
  q10: {
    label: 'Where do identities come from?',
    values: { own: 'Our own accounts', both: 'Our own and an OpenID provider', outside: 'An OpenID provider' },
  },
  q11: {
    label: 'Which threats matter?',
    values: {
      xss: 'Foreign script in our pages',
      personal: 'The data are personal or worth money',
      malware: 'Malware on devices',
      logs: 'Credentials in logs',
      sibling: 'A hostile sibling host',
      insider: 'Insiders with access to keys',
    },
  },
  q12: {
    label: 'What must be possible?',
    values: { list: 'List and end sessions', audit: 'An audit log', stepup: 'A new sign-in for what matters' },
  },
  q13: {
    label: 'What can the team run?',
    values: { store: 'A store that lasts', rotation: 'Key rotation', feed: 'A revocation feed' },
  },
  q14: {
    label: 'When the store is down',
    values: {
      refuse: 'Refuse at once, if need be',
      s12: 'Go on for 12 seconds',
      m1: 'Go on for a minute',
      m5: 'Go on for five minutes',
    },
  },
}
