/** Starts an example as its README does, on a free port and in a folder of its own, and talks to it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort, runNode } from './processes.ts'
import { root } from './source-files.ts'

const FROM_SOURCE = ['--import', join(root, 'test/support/from-source.ts')]

/** Removed when the test has ended. */
export function exampleFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sojourn-example-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export interface RunningExample {
  readonly url: string
  readonly port: number
  /** Ends it as an operator would, and answers its exit code. */
  stop(): Promise<number | null>
}

/**
 * Starts `examples/<file>` and waits until it says where it listens.
 * @param port of an earlier start, to come back at the same address
 */
export async function startExample(
  file: string,
  env: Readonly<Record<string, string>>,
  port?: number,
): Promise<RunningExample> {
  const at = port ?? (await freePort())
  const child = spawn(process.execPath, [...FROM_SOURCE, join(root, 'examples', file)], {
    env: {
      PATH: process.env.PATH ?? '',
      SECRET: 'a secret of tests, 0123456789 abcdefghijk',
      ...env,
      PORT: String(at),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let printed = ''
  const url = await new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      printed += chunk.toString()
      const found = /https?:\/\/\S+/.exec(printed)
      if (found) resolve(found[0])
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('error', reject)
    child.once('close', () => reject(new Error(`${file} has ended:\n${printed}`)))
  })
  return {
    url,
    port: at,
    async stop() {
      child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
  }
}

/** Runs a program of an example to its end. */
export const runExample = (file: string, args: readonly string[], env: Readonly<Record<string, string>>) =>
  runNode([...FROM_SOURCE, join(root, 'examples', file), ...args], { env })

/** As much of a browser as a form needs: it keeps cookies, sends its origin, and follows no redirect. */
export function createVisitor(url: string) {
  const jar = new Map<string, string>()
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
    if (init.method === 'POST') headers.set('origin', headers.get('origin') ?? url)
    const response = await fetch(url + path, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /max-age=0/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }
  return {
    jar,
    get: (path: string, headers: Readonly<Record<string, string>> = {}) => ask(path, { headers }),
    text: async (path: string) => (await ask(path)).text(),
    submit: (
      path: string,
      fields: Readonly<Record<string, string>> = {},
      headers: Readonly<Record<string, string>> = {},
    ) => ask(path, { method: 'POST', body: new URLSearchParams(fields), headers }),
    cookie: () => [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
  }
}
