/** The first operator: an account with a one-time password, told to whoever started the server and to nobody else. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Accounts } from '../accounts/accounts.ts'
import { OPERATOR_PASSWORD_FILE, writePrivate } from './data-directory.ts'

export const OPERATOR_EMAIL = 'operator@localhost'

/** Where people read: null when nobody sits there (a file, a pipe, a log collector). */
export type Terminal = { write(text: string): unknown } | null

/**
 * On an instance without accounts makes the operator's. The password is printed to a terminal only; otherwise it lies in
 * the data directory (0600), and only the path is told.
 *
 * @returns the line to tell, when the password is in a file; null when there is nothing to tell any more
 * @throws StartupFault when the file cannot be written
 */
export async function makeFirstOperator(
  accounts: Accounts,
  directory: string,
  terminal: Terminal,
): Promise<string | null> {
  const made = await accounts.createFirstOperator(OPERATOR_EMAIL)
  if (!made) return null
  const { password } = made
  if (terminal) {
    terminal.write(
      `First operator: ${OPERATOR_EMAIL}, one-time password ${password} (it must be changed when it is first used)\n`,
    )
    return null
  }
  const path = writePrivate(directory, OPERATOR_PASSWORD_FILE, `${OPERATOR_EMAIL}\n${password}\n`)
  return `First operator: ${OPERATOR_EMAIL}, one-time password in ${path}`
}

/** The one-time password is of no use any more once it has been replaced. */
export function forgetOperatorPassword(directory: string): void {
  rmSync(join(directory, OPERATOR_PASSWORD_FILE), { force: true })
}
