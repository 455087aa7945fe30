/** The fourteen questions: what can be answered, from the strictest or smallest to the loosest or largest, and the defaults. */

export const SCALES = {
  /** Hosts that browsers reach. */
  q2: ['one', 'subdomains', 'unrelated'],
  /** Worst acceptable delay of a revocation. */
  q3: ['next', 's1', 's10', 'm1', 'm15', 'h1'],
  /** Worst acceptable age of a role. */
  q4: ['next', 's1', 's10', 'm1', 'm15', 'h1'],
  /** Length of a session. */
  q5: ['minutes', 'day', 'weeks', 'months'],
  /** Instances that serve the application. */
  q6: ['one', 'few', 'many', 'regions'],
  /** How far the session store is from whatever checks. */
  q6r: ['local', 'ms1', 'ms5', 'ms30', 'ms100', 'none'],
  /** Requests a second, in all. */
  q7: ['r10', 'r100', 'r1000', 'r10000', 'r100000'],
  /** What the check may add at the 99th percentile. */
  q7b: ['b5', 'b20', 'b100'],
  /** Who verifies. */
  q8: ['one', 'mint', 'check', 'foreign'],
  /** Claims that a request needs, in bytes. */
  q9: ['c100', 'c400', 'c1000', 'c3000', 'c6000'],
  /** Where identities come from. */
  q10: ['own', 'both', 'outside'],
  /** When the store is down. */
  q14: ['refuse', 's12', 'm1', 'm5'],
} as const
export type ScaleId = keyof typeof SCALES

export const CHOICES = {
  q1: ['pages', 'spa', 'mobile', 'partner', 'service'],
  q11: ['xss', 'personal', 'malware', 'logs', 'sibling', 'insider'],
  q12: ['list', 'audit', 'stepup'],
  q13: ['store', 'rotation', 'feed'],
} as const
export type ChoiceId = keyof typeof CHOICES
export type InputId = ScaleId | ChoiceId

export type ScaleValue<Id extends ScaleId> = (typeof SCALES)[Id][number]
export type ChoiceValue<Id extends ChoiceId> = (typeof CHOICES)[Id][number]

/** With nothing unsure. */
export type Known = { readonly [Id in ScaleId]: ScaleValue<Id> } & {
  readonly [Id in ChoiceId]: readonly ChoiceValue<Id>[]
}
/** `unsure` stands for the default; in a list it stands alone. */
export type Answers = { readonly [Id in ScaleId]: ScaleValue<Id> | 'unsure' } & {
  readonly [Id in ChoiceId]: readonly (ChoiceValue<Id> | 'unsure')[]
}

/** Of a small web application with a store; Sojourn itself brings key rotation and the feed. */
export const DEFAULTS: Known = {
  q1: ['pages'],
  q2: 'one',
  q3: 's10',
  q4: 'm1',
  q5: 'weeks',
  q6: 'one',
  q6r: 'ms1',
  q7: 'r100',
  q7b: 'b20',
  q8: 'one',
  q9: 'c100',
  q10: 'own',
  q11: ['xss', 'personal'],
  q12: ['list'],
  q13: ['store', 'rotation', 'feed'],
  q14: 'refuse',
}
/** Asked first; the others refine. */
export const FIRST: readonly InputId[] = ['q1', 'q2', 'q3', 'q8', 'q10']
export const INPUTS: readonly InputId[] = [
  'q1',
  'q2',
  'q3',
  'q4',
  'q5',
  'q6',
  'q6r',
  'q7',
  'q7b',
  'q8',
  'q9',
  'q10',
  'q11',
  'q12',
  'q13',
  'q14',
]

export function isChoice(id: InputId): id is ChoiceId {
  return id in CHOICES
}

/** Nobody without a client: an empty q1 is unsure, too. */
export function resolve(answers: Answers): Known {
  const known = Object.entries(answers).map(([id, answer]) => {
    const unsure = answer === 'unsure' || (Array.isArray(answer) && (answer.includes('unsure') || isEmpty(id, answer)))
    return [id, unsure ? DEFAULTS[id as InputId] : answer]
  })
  return Object.fromEntries(known) as Known
}

function isEmpty(id: string, answer: readonly unknown[]): boolean {
  return id === 'q1' && answer.length === 0
}
