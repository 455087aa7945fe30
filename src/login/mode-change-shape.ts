/** What an operator asks of a change of mode, and what it answers. */
import type { Mode } from '../session/session.ts'
import type { ModePolicies } from './modes.ts'

export interface ModeChangeInput {
  readonly from: Mode
  readonly to: Mode
  /** An OAuth client; default: the application and every client without a policy of its own. */
  readonly clientId?: string
}

export interface ModeChangeReport {
  readonly from: Mode
  readonly to: Mode
  /** Live sessions of those concerned, by their mode. */
  readonly sessions: Readonly<Record<Mode, number>>
  /** Those that are still to change. */
  readonly affected: number
  /** Of them: at their next use, without the client doing anything (`cookie` and `hybrid` into each other). */
  readonly convertByThemselves: number
  /** Of them: when their client asks (`POST /auth/convert`), for it gets another kind of credential. */
  readonly convertByClient: number
  /** Of them: they cannot change and have to sign in again once `from` is closed. */
  readonly refused: {
    /** Browsers, to which no tokens are handed for the application's own audience. */
    readonly browsers: number
    /** Accounts in the background of a browser with several. */
    readonly parked: number
  }
  /** Configured audiences whose tokens no browser gets; empty unless `to` is `token`. */
  readonly audiencesWithoutBrowsers: readonly string[]
  /** When the policy closes `from` by itself (seconds since 1970); null: it does not. */
  readonly acceptUntil: number | null
  /** Accepted until then, nobody is logged out by the change: the last of those affected has expired by then, in use or not. */
  readonly keepAcceptingUntil: number | null
  /** The same if none of them is used again. */
  readonly unusedUntil: number | null
}

export interface ModeChange {
  /** Reads all live sessions, a page at a time, and changes nothing. */
  dryRun(): Promise<ModeChangeReport>
  /** Issues `to` and goes on letting in whatever was let in, `from` among it. `acceptUntil`: until then. */
  begin(options?: { readonly acceptUntil?: number }): Promise<ModePolicies>
  /** Issues `from` again, and still lets in `to`: who has changed changes back. */
  rollback(): Promise<ModePolicies>
  /**
   * Stops letting `from` in. @throws AuthError `policy.denied` while sessions are left that would be refused by it, unless
   * `refuseRemaining`
   */
  close(options?: { readonly refuseRemaining?: boolean }): Promise<ModePolicies>
}
