/** The data directory: for this user only, and the files in it that hold secrets. */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { weaknessOf } from './config.ts'
import { StartupFault } from './startup-fault.ts'

const SECRET_FILE = 'secret'
export const OPERATOR_PASSWORD_FILE = 'operator-password'

/**
 * @param make makes the directory (0700) when it is missing
 * @throws StartupFault when others can read it, it is no directory, or it is not there and cannot be made
 */
export function openDataDirectory(path: string, make: boolean): void {
  try {
    if (make) mkdirSync(path, { recursive: true, mode: 0o700 })
    else statSync(path)
  } catch (error) {
    if (!make && codeOf(error) === 'ENOENT')
      throw new StartupFault(
        `there is no data directory ${path}`,
        'set SOJOURN_DATA to where the server keeps its data',
        error,
      )
    throw fileFault(
      error,
      `the data directory ${path} cannot be made`,
      'set SOJOURN_DATA to a directory that can be written',
    )
  }
  checkPrivate(path, 0o700, 'directory')
}

/** The secret of the data directory, or null when there is none. @throws StartupFault when it is weak, unreadable or readable by others */
export function readSecret(directory: string): string | null {
  const path = join(directory, SECRET_FILE)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw fileFault(error, `${path} cannot be read`, 'give this user back the right to read it')
  }
  checkPrivate(path, 0o600, 'file')
  const secret = text.trim()
  const weakness = weaknessOf(secret)
  if (weakness)
    throw new StartupFault(
      `the secret in ${path} ${weakness}`,
      'put the one back that was there, or set SOJOURN_SECRET (`sojourn secret` makes one)',
    )
  return secret
}

/** Makes the secret of the data directory; of several processes at once all get the same. @throws StartupFault */
export function makeSecret(directory: string): string {
  writeOnce(directory, SECRET_FILE, `${randomBytes(32).toString('base64url')}\n`)
  const kept = readSecret(directory)
  if (kept === null) throw new StartupFault(`the secret in ${directory} vanished while it was read`, 'start again')
  return kept
}

/** Writes a file that only this user can read, replacing an older one. @throws StartupFault */
export function writePrivate(directory: string, name: string, text: string): string {
  rmSync(join(directory, name), { force: true })
  writeOnce(directory, name, text)
  return join(directory, name)
}

/**
 * A whole file appears under its name at once, or not at all when there is one: written aside, brought to the disk, then
 * linked. Of two processes one link succeeds.
 */
function writeOnce(directory: string, name: string, text: string): void {
  const aside = join(directory, `.${name}.${randomBytes(6).toString('hex')}`)
  try {
    const file = openSync(aside, 'wx', 0o600)
    try {
      writeSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    linkSync(aside, join(directory, name))
  } catch (error) {
    if (codeOf(error) !== 'EEXIST')
      throw fileFault(error, `${join(directory, name)} cannot be written`, 'make the directory writable for this user')
  } finally {
    rmSync(aside, { force: true })
  }
}

/** A database file that is there already. @throws StartupFault when somebody else owns it or may read it */
export function checkPrivateFile(path: string): void {
  if (existsSync(path)) checkPrivate(path, 0o600, 'file')
}

/** @throws StartupFault when somebody else owns it or may read it */
function checkPrivate(path: string, mode: number, kind: 'directory' | 'file'): void {
  const found = statSync(path)
  if (kind === 'directory' && !found.isDirectory())
    throw new StartupFault(`${path} is not a directory`, 'set SOJOURN_DATA to one')
  if (process.platform === 'win32') return
  const me = process.getuid?.()
  if (me !== undefined && me !== 0 && found.uid !== me)
    throw new StartupFault(`${path} belongs to another user`, 'chown it to the user that runs the server')
  if ((found.mode & 0o077) !== 0)
    throw new StartupFault(
      `${path} is open to other users (mode ${(found.mode & 0o777).toString(8)})`,
      `chmod ${mode.toString(8)} '${path}'`,
    )
}

/** A fault of the file system, in words. */
export function fileFault(error: unknown, problem: string, mend: string): StartupFault {
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StartupFault(`${problem} (the disk is full)`, 'make room', error)
  if (code === 'EROFS')
    return new StartupFault(`${problem} (the disk is read-only)`, 'set SOJOURN_DATA elsewhere', error)
  return new StartupFault(`${problem}${code ? ` (${code})` : ''}`, mend, error)
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}
