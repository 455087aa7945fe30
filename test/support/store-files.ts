/** Database files for tests: each in a directory of its own, removed when the tests of the file have run. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory that nobody else has. */
export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'sojourn-store-'))
}

/** Hands out paths of databases that do not exist yet; `remove` removes them all. */
export function databaseFiles(): { readonly next: () => string; readonly remove: () => void } {
  const directories: string[] = []
  return {
    next() {
      const directory = temporaryDirectory()
      directories.push(directory)
      return join(directory, 'data', 'sojourn.db')
    },
    remove() {
      for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
    },
  }
}
