/** Twenty people with a system to build, and what each should be told. */
import type { Known } from '../../../../web/lab/decide/answers.ts'
import type { Leg, OptionId } from '../../../../web/lab/decide/options.ts'
import type { PresetName } from '../../../../web/lab/decide/weights.ts'

export interface Persona {
  readonly name: string
  readonly answers: Partial<Known>
  readonly preset?: PresetName
  /** By leg; null: a conflict. */
  readonly told: Readonly<Partial<Record<Leg, OptionId | null>>>
}

export const PERSONAS: readonly Persona[] = [
  { name: 'a shop of server-rendered pages', answers: {}, told: { browser: 'session-memory' } },
  {
    name: 'a consumer site on one host',
    answers: { q7: 'r1000', q6: 'few' },
    preset: 'consumer',
    told: { browser: 'session-memory' },
  },
  {
    name: 'an internal tool on one machine',
    answers: { q6r: 'local', q7: 'r10' },
    told: { browser: 'session-memory' },
  },
  {
    name: 'a team that runs no feed, beside its database',
    answers: { q13: ['store'], q3: 'next', q4: 'next' },
    told: { browser: 'session-lookup' },
  },
  {
    name: 'a news site with a far database and no feed',
    answers: { q13: ['store'], q6: 'many', q6r: 'ms30', q7: 'r10000', q3: 'm1', q4: 'm1' },
    told: { browser: 'session-cache-60' },
  },
  {
    name: 'the same, ten seconds at most',
    answers: { q13: ['store'], q6: 'many', q6r: 'ms30', q7: 'r10000', q3: 's10', q4: 's10', q7b: 'b100' },
    told: { browser: 'session-cache-5' },
  },
  {
    name: 'a single-page application over a dozen services',
    answers: { q1: ['spa'], q8: 'check', q3: 'm15', q4: 'm15', q6: 'few' },
    told: { browser: 'session-memory', services: 'edge-600' },
  },
  {
    name: 'the same, revoked within a second',
    answers: { q1: ['spa'], q8: 'check', q3: 's1', q4: 's10', q6: 'few' },
    told: { browser: 'session-memory', services: 'edge-feed' },
  },
  {
    name: 'a monolith that becomes microservices',
    answers: { q1: ['pages', 'service'], q8: 'mint', q6: 'many', q7: 'r10000', q3: 's1', q4: 's1' },
    preset: 'microservices',
    told: { browser: 'session-memory', services: 'edge-feed' },
  },
  {
    name: 'a phone application, minutes are fine',
    answers: { q1: ['mobile'], q3: 'm15', q4: 'm15', q5: 'months' },
    told: { native: 'pair-600' },
  },
  {
    name: 'a phone application that ends lost phones',
    answers: { q1: ['mobile'], q3: 's1', q4: 's10' },
    told: { native: 'pair-feed' },
  },
  {
    name: 'the same without a feed',
    answers: { q1: ['mobile'], q3: 's1', q4: 's10', q13: ['store', 'rotation'] },
    told: { native: 'pair-lookup' },
  },
  {
    name: 'a bank on phones',
    answers: {
      q1: ['mobile'],
      q11: ['malware', 'logs', 'personal'],
      q3: 'next',
      q4: 'next',
      q12: ['list', 'audit', 'stepup'],
    },
    preset: 'banking',
    told: { native: 'pair-bound' },
  },
  {
    name: 'a bank in browsers',
    answers: {
      q11: ['xss', 'personal', 'malware'],
      q5: 'minutes',
      q3: 'next',
      q4: 'next',
      q12: ['list', 'audit', 'stepup'],
    },
    preset: 'banking',
    told: { browser: 'session-bound' },
  },
  {
    name: 'a public API for partners',
    answers: { q1: ['partner'], q3: 'm15', q4: 'm15', q7: 'r1000' },
    preset: 'api',
    told: { native: 'pair-600' },
  },
  {
    name: 'three brands, one account',
    answers: { q2: 'unrelated' },
    told: { browser: 'session-memory', hub: 'own-session-each' },
  },
  {
    name: 'sign-in with the employer’s provider',
    answers: { q10: 'outside' },
    preset: 'business',
    told: { browser: 'session-memory', hub: 'own-session-each' },
  },
  {
    name: 'one application on two hosts of a site',
    answers: { q1: ['spa'], q2: 'subdomains' },
    told: { browser: 'session-memory', hub: 'one-host' },
  },
  {
    name: 'a partner that asks before each order',
    answers: { q1: ['service'], q8: 'foreign', q3: 'next', q4: 'next' },
    told: { services: 'edge-question' },
  },
  {
    name: 'a poll without any store',
    answers: { q13: [], q3: 'h1', q4: 'h1', q11: [], q12: [], q5: 'minutes' },
    told: { browser: 'sealed' },
  },
]
