/** Removes what has expired, and the tokens of sessions that have ended, a little at a time: sign-ins set it going, no timer. */
import type { Links } from './links.ts'
import type { CheckedOptions } from './options.ts'
import type { Tokens } from './tokens.ts'

const EVERY_SECONDS = 60
const PORTION = 1000
const SESSIONS = 100
/** A session that is about to come to life has done so by then. */
const SETTLED_SECONDS = 60
const KINDS = ['sso-used', 'sso-aside', 'sso-link', 'sso-index', 'sso-ended', 'sso-tokens', 'sso-logout']

/** Returns what is to be called at a sign-in; it never throws and nobody waits for it. */
export function createTidy(options: CheckedOptions, links: Links, tokens: Tokens): () => void {
  const { store, clock, onBackgroundError } = options
  let nextAt = 0
  let cursor: string | null = null

  const run = async (): Promise<void> => {
    for (const kind of KINDS) await store.records(kind).deleteExpired(clock.now(), PORTION)
    const page: readonly string[] = await links.page(cursor, SESSIONS)
    cursor = page.length < SESSIONS ? null : (page.at(-1) ?? null)
    for (const sessionId of page) {
      const link = await links.find(sessionId)
      if (!link || clock.now() < link.since + SETTLED_SECONDS) continue
      if (await store.sessions.find(sessionId, clock.now())) continue
      await links.remove(sessionId)
      if (!link.hasHeir) await tokens.remove(link)
    }
  }
  return () => {
    if (clock.now() < nextAt) return
    nextAt = clock.now() + EVERY_SECONDS
    run().catch((error: unknown) => onBackgroundError(error, 'tidying up after sign-ins'))
  }
}
