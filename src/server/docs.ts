/** The documents under `/docs/`: files of the build, with a policy that lets nothing in but what came with them. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { AuthError } from '../errors.ts'
import type { HttpRequest, HttpResponse } from '../http/message.ts'
import type { Route } from '../http/router.ts'

/** Built beside us; read from the sources it is where the build puts it. */
const FOLDERS = ['../docs/', '../../dist/docs/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
}
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types docs"
/** A page may reach where it came from, and nothing else. */
const ALLOWLIST = '(response-origin)'
const HASHED = /-[A-F0-9]{8}\.(js|css)$/

/** None, when the documents have not been built. */
export function docsRoutes(): readonly Route[] {
  const folder = FOLDERS.find((path) => existsSync(path))
  if (folder === undefined) return []
  const paths = globSync('**/*', { cwd: folder }).filter((path) => statSync(join(folder, path)).isFile())
  const files = new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(folder, path))]))
  const zipped = new Map<string, Uint8Array<ArrayBuffer>>()
  const zippedOf = (name: string, content: Uint8Array): Uint8Array<ArrayBuffer> => {
    const known = zipped.get(name) ?? new Uint8Array(gzipSync(content))
    zipped.set(name, known)
    return known
  }

  const serve = (request: HttpRequest, asked: string): HttpResponse => {
    const name = files.has(asked) ? asked : `${asked}.html`
    const content = files.get(name)
    if (!content) throw new AuthError('request.not_found', 'there is no such document')
    const ending = name.slice(name.lastIndexOf('.') + 1)
    const zips = ending !== 'png' && /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')
    const headers = new Headers({
      'Content-Type': TYPES[ending] ?? 'application/octet-stream',
      'Cache-Control': HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      'Content-Security-Policy': POLICY,
      'Connection-Allowlist': ALLOWLIST,
      'Referrer-Policy': 'no-referrer',
      Vary: 'Accept-Encoding',
    })
    if (zips) headers.set('Content-Encoding', 'gzip')
    return { status: 200, headers, body: zips ? zippedOf(name, content) : new Uint8Array(content) }
  }
  return [
    {
      method: 'GET',
      path: '/docs',
      handle: () => ({ status: 308, headers: new Headers({ Location: '/docs/' }), body: null }),
    },
    { method: 'GET', path: '/docs/', handle: ({ request }) => serve(request, 'index') },
    { method: 'GET', path: '/docs/{page}', handle: ({ request, params }) => serve(request, params.page ?? '') },
    {
      method: 'GET',
      path: '/docs/{folder}/{page}',
      handle: ({ request, params }) => serve(request, `${params.folder}/${params.page}`),
    },
  ]
}
