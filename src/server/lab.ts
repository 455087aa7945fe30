/** The Lab's files under `/lab/`, each with the headers that let nothing leave the page; and the Live page, which talks to us. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { AuthError } from '../errors.ts'
import { accepts } from '../http/accept.ts'
import type { HttpRequest, HttpResponse } from '../http/message.ts'
import type { Route } from '../http/router.ts'

/** Built beside us; read from the sources it is where the build puts it. */
const FOLDERS = ['../', '../../dist/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'none'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lab"
/** The service worker fetches what it keeps: from us, and from nobody else. */
const KEEPER_POLICY = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
const LIVE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
/**
 * A page may reach where it came from, and nothing else: navigation, links, WebRTC, too. Chromium 148 and later know it.
 * No endpoint of that name exists: reports go to the page itself, which shows them in Proof, and nowhere else.
 */
const ALLOWLIST = '(response-origin);report-to=lab'
const HASHED = /-[A-Z0-9]{8}\.(js|css)$/

/** One file, as one page from disk. */
const ONE_FILE = 'sojourn-lab.html'

type Serve = (request: HttpRequest, asked: string) => HttpResponse

/** None, when the Lab has not been built. @param folder holds `lab` and `lab-live` */
export function labRoutes(folder = FOLDERS.find((path) => existsSync(join(path, 'lab')))): readonly Route[] {
  if (folder === undefined) return []
  const lab = filesOf(join(folder, 'lab'), (name) => (name === 'sw.js' ? KEEPER_POLICY : POLICY))
  const live = filesOf(join(folder, 'lab-live'), () => LIVE_POLICY)
  return [
    { method: 'GET', path: '/lab', handle: () => movedTo('/lab/') },
    { method: 'GET', path: '/lab/', handle: ({ request }) => lab(request, 'index') },
    { method: 'GET', path: '/lab/{file}', handle: ({ request, params }) => lab(request, params.file ?? '') },
    { method: 'GET', path: '/lab/live', handle: ({ request }) => live(request, 'live') },
    { method: 'GET', path: '/lab/live/{file}', handle: ({ request, params }) => live(request, params.file ?? '') },
  ]
}

function filesOf(folder: string, policyOf: (name: string) => string): Serve {
  const names = existsSync(folder) ? readdirSync(folder) : []
  const files = new Map(names.map((name) => [name, readFileSync(join(folder, name))]))
  const zipped = new Map<string, Uint8Array<ArrayBuffer>>()
  const zippedOf = (name: string, content: Uint8Array): Uint8Array<ArrayBuffer> => {
    const known = zipped.get(name) ?? new Uint8Array(gzipSync(content))
    zipped.set(name, known)
    return known
  }
  return (request, asked) => {
    const name = files.has(asked) ? asked : `${asked}.html`
    const content = files.get(name)
    if (!content) throw new AuthError('request.not_found', 'the Lab has no such file')
    const accepted = request.headers.get('accept-encoding')
    const zips = accepted !== null && accepts(accepted, 'gzip')
    const headers = new Headers({
      'Content-Type': TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
      'Cache-Control': HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      'Content-Security-Policy': policyOf(name),
      'Connection-Allowlist': ALLOWLIST,
      'Referrer-Policy': 'no-referrer',
      Vary: 'Accept-Encoding',
    })
    if (zips) headers.set('Content-Encoding', 'gzip')
    if (name === ONE_FILE) headers.set('Content-Disposition', `attachment; filename="${ONE_FILE}"`)
    return { status: 200, headers, body: zips ? zippedOf(name, content) : new Uint8Array(content) }
  }
}

function movedTo(path: string): HttpResponse {
  return { status: 308, headers: new Headers({ Location: path }), body: null }
}
