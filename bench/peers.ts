/** The libraries that we are measured against; installed into `bench/node_modules` when they are missing. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const require = createRequire(import.meta.url)

/** Claims, or an error. */
type VerifySync = (token: string) => Readonly<Record<string, unknown>>

export interface FastJwt {
  createVerifier(options: object): VerifySync
}

export interface JsonWebToken {
  verify(token: string, key: object | Uint8Array, options: object): Readonly<Record<string, unknown>>
}

/** Exactly the versions of `bench/package-lock.json`. */
export function installPeers(say: (text: string) => void): void {
  const wanted = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  const isThere = Object.entries(wanted.dependencies).every(
    ([name, version]) => existsSync(`${folder}node_modules/${name}`) && versionOf(name) === version,
  )
  if (isThere) return
  say('installing the peers into bench/node_modules')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

export function loadFastJwt(): FastJwt {
  return require('fast-jwt')
}

export function loadJsonWebToken(): JsonWebToken {
  return require('jsonwebtoken')
}

/** A CommonJS package of `bench/package.json`, in the shape that its user states: none of them is there when types are checked. */
export function loadPeer<T>(name: string): T {
  return require(name)
}

/** An ES module of `bench/package.json`. */
export async function importPeer<T>(name: string): Promise<T> {
  return import(name)
}

/** The installed version of a package, looked for in bench first and in the project then. */
export function versionOf(name: string): string {
  const path = [`${folder}node_modules/${name}/package.json`, `${folder}../node_modules/${name}/package.json`].find(
    existsSync,
  )
  if (!path) return 'missing'
  return String((JSON.parse(readFileSync(path, 'utf8')) as { readonly version?: unknown }).version)
}
