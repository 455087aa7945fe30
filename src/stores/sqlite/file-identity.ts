/** Whether the file that is open is still the one at its path. */
import { statSync } from 'node:fs'
import { AuthError } from '../../errors.ts'

export interface FileIdentity {
  /** The file at the path is the one that is open from now on; only the first call counts. */
  remember(): void
  /** @throws AuthError `store.unavailable` when another file lies at the path by now, or none */
  check(): void
}

/**
 * SQLite goes on writing to a file that was removed or replaced: sign-ins that are gone at the next start, while other processes
 * append revocations to a log that nobody reads here. So it is neither read nor written, and the lease of this process runs out.
 */
export function createFileIdentity(path: string): FileIdentity {
  let remembered: string | null = null
  // One and the same each time: whoever waits for a change is not woken by every look.
  const gone = new AuthError(
    'store.unavailable',
    'the database file was removed or replaced while it was open: bring it back, or start the server again',
  )
  return {
    remember() {
      remembered ??= identify(path)
    },
    check() {
      if (remembered !== null && identify(path) !== remembered) throw gone
    },
  }
}

function identify(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found ? `${found.dev}:${found.ino}` : null
}
