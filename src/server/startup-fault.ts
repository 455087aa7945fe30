/** A reason why the server or a command cannot start, with its mend: one line for the person at the terminal. */

import { type AuthErrorCode, isAuthError } from '../errors.ts'
import { isFleet, type StoreChoice, storeName } from './config-store.ts'

/** Expected start-up failure: print `message`, exit with code 1. Never holds a secret. */
export class StartupFault extends Error {
  /** What is wrong. */
  readonly problem: string
  /** What to do about it. */
  readonly mend: string

  constructor(problem: string, mend: string, cause?: unknown) {
    super(`${problem}: ${mend}`, cause === undefined ? undefined : { cause })
    this.name = 'StartupFault'
    this.problem = problem
    this.mend = mend
  }
}

type Mends = Readonly<Partial<Record<AuthErrorCode, string>>>

const NEWER = 'start the version of Sojourn that wrote it, or a newer one'

const FILE_MENDS: Mends = {
  'store.unavailable': 'look at the file, its permissions and the room on its disk, then start again',
  'store.corrupt':
    'bring back a backup of it, or set SOJOURN_STORE to another file; for signing keys, bring back the secret that sealed them',
  'store.version': NEWER,
}

const FLEET_MENDS: Mends = {
  'store.unavailable': 'look at that server and at what SOJOURN_STORE says of it, then start again',
  'store.corrupt':
    'give this fleet a prefix or schema of its own; for signing keys, give every server the same SOJOURN_SECRET',
  'store.version': NEWER,
}

/** What failed while the instance was being opened, as one line with its mend. Anything unexpected stays as it is. */
export function startupFault(error: unknown, store: StoreChoice): unknown {
  if (!isAuthError(error)) return error
  const mend = (isFleet(store) ? FLEET_MENDS : FILE_MENDS)[error.code]
  if (mend === undefined) return error
  const problem = isFleet(store) ? `${storeName(store)}: ${error.message}` : error.message
  return new StartupFault(problem, mend, error)
}
