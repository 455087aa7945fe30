/** Whom the HTTP bench measures, and where. */
import { FRAMEWORKS, type Framework } from './application.ts'

export interface HttpSubject {
  readonly name: string
  readonly kind: 'floor' | 'peer' | 'ours'
  /** Of `./servers`. */
  readonly module: string
  readonly variant: string
  readonly frameworks: readonly Framework[]
  readonly redis?: true
  readonly postgres?: true
  /** Measured by the fleet suite, and by no other of requests. */
  readonly onlyInFleet?: true
}

/** The bare server is asked with the cookie of this one, and does not look at it. */
export const FLOOR_ASKS_AS = 'Sojourn, cookie, memory'

export const HTTP_SUBJECTS: readonly HttpSubject[] = [
  { name: 'bare server', kind: 'floor', module: 'bare', variant: '', frameworks: FRAMEWORKS },
  { name: FLOOR_ASKS_AS, kind: 'ours', module: 'sojourn', variant: 'cookie memory', frameworks: FRAMEWORKS },
  {
    name: 'Sojourn, cookie, SQLite',
    kind: 'ours',
    module: 'sojourn',
    variant: 'cookie sqlite',
    frameworks: FRAMEWORKS,
  },
  { name: 'Sojourn, token, SQLite', kind: 'ours', module: 'sojourn', variant: 'token sqlite', frameworks: FRAMEWORKS },
  {
    name: 'Sojourn, cookie, Redis',
    kind: 'ours',
    module: 'sojourn',
    variant: 'cookie redis',
    frameworks: FRAMEWORKS,
    redis: true,
    onlyInFleet: true,
  },
  {
    name: 'Sojourn, token, Redis',
    kind: 'ours',
    module: 'sojourn',
    variant: 'token redis',
    frameworks: FRAMEWORKS,
    redis: true,
    onlyInFleet: true,
  },
  {
    name: 'Sojourn, cookie, Postgres',
    kind: 'ours',
    module: 'sojourn',
    variant: 'cookie postgres',
    frameworks: FRAMEWORKS,
    postgres: true,
    onlyInFleet: true,
  },
  { name: 'iron-session', kind: 'peer', module: 'iron-session', variant: '', frameworks: ['node:http'] },
  {
    name: 'express-session, memory',
    kind: 'peer',
    module: 'express-session',
    variant: 'memory',
    frameworks: ['Express 5'],
  },
  {
    name: 'express-session, Redis',
    kind: 'peer',
    module: 'express-session',
    variant: 'redis',
    frameworks: ['Express 5'],
    redis: true,
  },
  {
    name: 'express-session, Postgres',
    kind: 'peer',
    module: 'express-session',
    variant: 'postgres',
    frameworks: ['Express 5'],
    postgres: true,
    onlyInFleet: true,
  },
  {
    name: '@fastify/session, memory',
    kind: 'peer',
    module: 'fastify-session',
    variant: 'memory',
    frameworks: ['Fastify'],
  },
  {
    name: '@fastify/session, Redis',
    kind: 'peer',
    module: 'fastify-session',
    variant: 'redis',
    frameworks: ['Fastify'],
    redis: true,
  },
  { name: '@fastify/jwt', kind: 'peer', module: 'fastify-jwt', variant: '', frameworks: ['Fastify'] },
  { name: '@fastify/jwt, cache', kind: 'peer', module: 'fastify-jwt', variant: 'cache', frameworks: ['Fastify'] },
  { name: 'better-auth, SQLite', kind: 'peer', module: 'better-auth', variant: 'sqlite', frameworks: ['Hono'] },
  {
    name: 'better-auth, cookie cache',
    kind: 'peer',
    module: 'better-auth',
    variant: 'cookie-cache',
    frameworks: ['Hono'],
  },
  {
    name: 'better-auth, Redis',
    kind: 'peer',
    module: 'better-auth',
    variant: 'redis',
    frameworks: ['Hono'],
    redis: true,
  },
]

/** What a suite of requests compares: of a fleet, everything that keeps its sessions on a server of their own. */
export function isMeasured(subject: HttpSubject, suite: 'http' | 'fleet'): boolean {
  if (suite === 'http') return !subject.onlyInFleet
  return subject.kind === 'floor' || subject.name === FLOOR_ASKS_AS || Boolean(subject.redis || subject.postgres)
}
