/** The application that every server of the HTTP bench is: one page behind a login, and a sign-in that asks for no password. */

export const FRAMEWORKS = ['node:http', 'Fastify', 'Hono', 'Express 5'] as const
export type Framework = (typeof FRAMEWORKS)[number]

/** Answers `{subject, roles}` of whoever asks, 401 for nobody. */
export const PAGE = '/me'
/** `POST /sign-in/<subject>`: starts a login; cookies in the head of the answer, or `{token}` in its body. */
export const SIGN_IN = '/sign-in/'
/** Secure cookies are set behind a proxy that says so. */
export const ORIGIN = 'https://localhost'
export const SECRET = 'a secret of the bench, which guards nothing at all'

export interface Profile {
  readonly subject: string
  readonly roles: readonly string[]
}

/** What every session holds, and what every page answers. */
export function profileOf(subject: string): Profile {
  return { subject, roles: ['member', 'editor'] }
}

/** The subject's id: 22 characters, as Sojourn's own ids have. */
export function subjectOf(index: number): string {
  return `user-${String(index).padStart(17, '0')}`
}

export interface Setup {
  readonly framework: Framework
  /** Which of its subjects a server module is to be. */
  readonly variant: string
  /** A Redis of the bench's own, on a database that nobody else uses in this run; null where the subject needs none. */
  readonly redisUrl: string | null
  /** A database of its own on a Postgres of the bench's; null where the subject needs none. */
  readonly postgresUrl: string | null
  /** For files; removed after the run. */
  readonly folder: string
}

/** A server module's `start`: listens on loopback, answers the port. */
export type Start = (setup: Setup) => Promise<number>
