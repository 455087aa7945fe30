/** Which AuthError something ends in. */
import { AuthError } from '../../src/errors.ts'

/** The code of the AuthError that `work` throws; null when it throws none. Anything else thrown goes on. */
export function codeOf(work: () => unknown): string | null {
  try {
    work()
    return null
  } catch (error) {
    if (error instanceof AuthError) return error.code
    throw error
  }
}

/** The same for a promise. */
export async function codeOfAsync(work: () => unknown): Promise<string | null> {
  try {
    await work()
    return null
  } catch (error) {
    if (error instanceof AuthError) return error.code
    throw error
  }
}
