/** Where the refresh token lies between two runs: a file that only this user reads. A keychain would be better still. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { TokenStorage } from 'sojourn/client'

const path = process.env.LOGIN_FILE ?? join(homedir(), '.tasks-login')

export const storage: TokenStorage = {
  async read() {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  },
  async write(value) {
    if (value === null) return rm(path, { force: true })
    await writeFile(`${path}.new`, value, { mode: 0o600 })
    await rename(`${path}.new`, path)
  },
}
