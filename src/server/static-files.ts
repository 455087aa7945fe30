/** Files of the build, as they are: read once, zipped when first asked for, each with a policy that lets nothing else in. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { AuthError } from '../errors.ts'
import { accepts } from '../http/accept.ts'
import type { HttpRequest, HttpResponse } from '../http/message.ts'

export interface StaticFilesOptions {
  /** Empty when it does not exist. */
  readonly folder: string
  /** `Content-Security-Policy` of a file. */
  policyOf(name: string): string
  /** `Connection-Allowlist`: what a page may reach at all, links and WebRTC included. Chromium 148 and later know it. */
  readonly allowlist: string
}

/** @param asked the path in the folder; pages without their `.html`. @throws AuthError `request.not_found` */
export type ServeFile = (request: HttpRequest, asked: string) => HttpResponse

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
}
/** A new content is a new name. */
const HASHED = /-[A-Z0-9]{8}\.(js|css)$/

export function staticFiles({ folder, policyOf, allowlist }: StaticFilesOptions): ServeFile {
  const paths = existsSync(folder) ? globSync('**/*', { cwd: folder }) : []
  const files = new Map(
    paths
      .filter((path) => statSync(join(folder, path)).isFile())
      .map((path) => [path.replaceAll('\\', '/'), new Uint8Array(readFileSync(join(folder, path)))]),
  )
  const zipped = new Map<string, Uint8Array<ArrayBuffer>>()
  const zippedOf = (name: string, content: Uint8Array): Uint8Array<ArrayBuffer> => {
    const known = zipped.get(name) ?? new Uint8Array(gzipSync(content))
    zipped.set(name, known)
    return known
  }
  return (request, asked) => {
    const name = files.has(asked) ? asked : `${asked}.html`
    const content = files.get(name)
    if (!content) throw new AuthError('request.not_found', 'there is no such file')
    const accepted = request.headers.get('accept-encoding')
    const zips = accepted !== null && accepts(accepted, 'gzip') && extname(name) !== '.png'
    const headers = new Headers({
      'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
      'Cache-Control': HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      'Content-Security-Policy': policyOf(name),
      'Connection-Allowlist': allowlist,
      'Referrer-Policy': 'no-referrer',
      Vary: 'Accept-Encoding',
    })
    if (zips) headers.set('Content-Encoding', 'gzip')
    return { status: 200, headers, body: zips ? zippedOf(name, content) : content }
  }
}

export function movedTo(path: string): HttpResponse {
  return { status: 308, headers: new Headers({ Location: path }), body: null }
}
