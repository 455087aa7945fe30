/** The data directory and its secret: private, made once, the same for all who come at once. */
import { fork } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeSecret, openDataDirectory, readSecret, writePrivate } from '../../../src/server/data-directory.ts'
import { StartupFault } from '../../../src/server/startup-fault.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sojourn-data-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function fault(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof StartupFault) return error.message
    throw error
  }
  return ''
}

describe('the data directory', () => {
  it('is made for this user only, with what lies above it', () => {
    const path = join(root, 'a', 'b')
    openDataDirectory(path, true)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    openDataDirectory(path, true)
  })

  it('is not made by who only looks for it', () => {
    const path = join(root, 'a')
    expect(fault(() => openDataDirectory(path, false))).toContain(`there is no data directory ${path}`)
    expect(readdirSync(root)).toEqual([])
  })

  it('is refused when others can read it, and the line says what to do', () => {
    chmodSync(root, 0o755)
    expect(fault(() => openDataDirectory(root, true))).toBe(
      `${root} is open to other users (mode 755): chmod 700 '${root}'`,
    )
  })

  it('is refused when it is a file', () => {
    const path = join(root, 'file')
    writeFileSync(path, '')
    expect(fault(() => openDataDirectory(path, true))).toContain('SOJOURN_DATA')
    expect(fault(() => openDataDirectory(join(path, 'below'), true))).toContain('SOJOURN_DATA')
  })
})

describe('the secret', () => {
  it('is made once and kept, for this user only', () => {
    expect(readSecret(root)).toBeNull()
    const secret = makeSecret(root)
    expect(secret).toMatch(/^[\w-]{43}$/)
    expect([readSecret(root), makeSecret(root)]).toEqual([secret, secret])
    expect(statSync(join(root, 'secret')).mode & 0o777).toBe(0o600)
    expect(readdirSync(root)).toEqual(['secret'])
  })

  it('is refused when it is weak, empty or open to others', () => {
    const path = join(root, 'secret')
    writeFileSync(path, 'short\n', { mode: 0o600 })
    expect(fault(() => readSecret(root))).toContain('at least 32')
    expect(fault(() => readSecret(root))).not.toContain('short:')
    writeFileSync(path, '')
    expect(fault(() => readSecret(root))).toContain('at least 32')
    chmodSync(path, 0o644)
    expect(fault(() => readSecret(root))).toContain(`chmod 600 '${path}'`)
  })

  it('is one secret for twelve processes that start at once', async () => {
    const script = join(root, 'start.ts')
    const source = new URL('../../../src/server/data-directory.ts', import.meta.url).href
    writeFileSync(
      script,
      `import { openDataDirectory, makeSecret } from ${JSON.stringify(source)}
process.on('message', () => { openDataDirectory(${JSON.stringify(join(root, 'data'))}, true); process.send(makeSecret(${JSON.stringify(join(root, 'data'))})); process.disconnect() })
process.send('ready')`,
    )
    const children = Array.from({ length: 12 }, () => fork(script, { stdio: 'inherit' }))
    const next = (child: (typeof children)[number]) =>
      new Promise<string>((resolve, reject) => {
        child.once('message', (message) => resolve(String(message)))
        child.once('exit', (status) => reject(new Error(`ended with ${status}`)))
      })
    await Promise.all(children.map(next))
    const secrets = await Promise.all(
      children.map((child) => {
        child.removeAllListeners('exit')
        const answer = next(child)
        child.send('go')
        return answer
      }),
    )
    expect(new Set(secrets).size).toBe(1)
    expect(readFileSync(join(root, 'data', 'secret'), 'utf8').trim()).toBe(secrets[0])
    expect(readdirSync(join(root, 'data'))).toEqual(['secret'])
  })
})

it('a private file replaces an older one', () => {
  writeFileSync(join(root, 'operator-password'), 'old', { mode: 0o644 })
  const path = writePrivate(root, 'operator-password', 'new\n')
  expect(readFileSync(path, 'utf8')).toBe('new\n')
  expect(statSync(path).mode & 0o777).toBe(0o600)
})
