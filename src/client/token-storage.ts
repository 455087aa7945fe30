/** Where a refresh token outlives the program. */

/**
 * Holds one text, which contains a refresh token: whoever reads it can act as the user for as long as the login lives.
 * A keychain, an encrypted file of mode 0600, Android's Keystore are right. `localStorage`, `sessionStorage` and IndexedDB
 * are not: every script of the origin reads them, a dependency of a dependency too, and they keep what they hold after the
 * tab is gone, in backups and in profiles that are copied. Nothing in a page is safe from its scripts, but a token that
 * only lives in memory has to be stolen while the page is open. A page that must stay signed in wants cookie mode.
 */
export interface TokenStorage {
  /** What was written last, or null. */
  read(): Promise<string | null> | string | null
  /** Resolves when it is kept. null: forget it. */
  write(value: string | null): Promise<void> | void
}
