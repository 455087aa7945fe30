/** The Lab's files under `/lab/`, each with the headers that let nothing leave the page. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { AuthError } from '../errors.ts'
import type { HttpRequest, HttpResponse } from '../http/message.ts'
import type { Route } from '../http/router.ts'

/** Built beside us; read from the sources it is where the build puts it. */
const FOLDERS = ['../lab/', '../../dist/lab/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'none'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lab"
/** The service worker fetches what it keeps: from us, and from nobody else. */
const KEEPER_POLICY = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
/** A page may reach where it came from, and nothing else: navigation, links, WebRTC, too. Chromium 148 and later know it. */
const ALLOWLIST = '(response-origin)'
const HASHED = /-[A-Z0-9]{8}\.(js|css)$/

/** One file, as one page from disk. */
const ONE_FILE = 'sojourn-lab.html'

/** None, when the Lab has not been built. */
export function labRoutes(): readonly Route[] {
  const folder = FOLDERS.find((path) => existsSync(path))
  if (folder === undefined) return []
  const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(`${folder}${name}`)]))
  const zipped = new Map<string, Uint8Array<ArrayBuffer>>()
  const zippedOf = (name: string, content: Uint8Array): Uint8Array<ArrayBuffer> => {
    const known = zipped.get(name) ?? new Uint8Array(gzipSync(content))
    zipped.set(name, known)
    return known
  }

  const serve = (request: HttpRequest, asked: string): HttpResponse => {
    const name = files.has(asked) ? asked : `${asked}.html`
    const content = files.get(name)
    if (!content) throw new AuthError('request.not_found', 'the Lab has no such file')
    const zips = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')
    const headers = new Headers({
      'Content-Type': TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
      'Cache-Control': HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      'Content-Security-Policy': name === 'sw.js' ? KEEPER_POLICY : POLICY,
      'Connection-Allowlist': ALLOWLIST,
      'Referrer-Policy': 'no-referrer',
      Vary: 'Accept-Encoding',
    })
    if (zips) headers.set('Content-Encoding', 'gzip')
    if (name === ONE_FILE) headers.set('Content-Disposition', `attachment; filename="${ONE_FILE}"`)
    return { status: 200, headers, body: zips ? zippedOf(name, content) : new Uint8Array(content) }
  }
  return [
    { method: 'GET', path: '/lab', handle: () => movedTo('/lab/') },
    { method: 'GET', path: '/lab/', handle: ({ request }) => serve(request, 'index') },
    { method: 'GET', path: '/lab/{file}', handle: ({ request, params }) => serve(request, params.file ?? '') },
  ]
}

function movedTo(path: string): HttpResponse {
  return { status: 308, headers: new Headers({ Location: path }), body: null }
}
