/** The Lab's files under `/lab/`, each with the headers that let nothing leave the page; and the Live page, which talks to us. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HttpResponse } from '../http/message.ts'
import type { Route } from '../http/router.ts'
import { movedTo, type ServeFile, staticFiles } from './static-files.ts'

/** Built beside us; read from the sources it is where the build puts it. */
const FOLDERS = ['../', '../../dist/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'none'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lab"
/** The service worker fetches what it keeps: from us, and from nobody else. */
const KEEPER_POLICY = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
const LIVE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
/** No endpoint of that name exists: reports go to the page itself, which shows them in Proof, and nowhere else. */
const ALLOWLIST = '(response-origin);report-to=lab'
/** One file, as one page from disk. */
const ONE_FILE = 'sojourn-lab.html'

/** None, when the Lab has not been built. @param folder holds `lab` and `lab-live` */
export function labRoutes(folder = FOLDERS.find((path) => existsSync(join(path, 'lab')))): readonly Route[] {
  if (folder === undefined) return []
  const filesOf = (name: string, policyOf: (name: string) => string): ServeFile =>
    staticFiles({ folder: join(folder, name), policyOf, allowlist: ALLOWLIST })
  const lab = filesOf('lab', (name) => (name === 'sw.js' ? KEEPER_POLICY : POLICY))
  const live = filesOf('lab-live', () => LIVE_POLICY)
  return [
    { method: 'GET', path: '/lab', handle: () => movedTo('/lab/') },
    { method: 'GET', path: '/lab/', handle: ({ request }) => lab(request, 'index') },
    {
      method: 'GET',
      path: '/lab/{file}',
      handle: ({ request, params }) => kept(params.file, lab(request, params.file ?? '')),
    },
    { method: 'GET', path: '/lab/live', handle: ({ request }) => live(request, 'live') },
    { method: 'GET', path: '/lab/live/{file}', handle: ({ request, params }) => live(request, params.file ?? '') },
  ]
}

/** The single file is to be kept, not to be opened here. */
function kept(name: string | undefined, response: HttpResponse): HttpResponse {
  if (name === ONE_FILE) response.headers.set('Content-Disposition', `attachment; filename="${ONE_FILE}"`)
  return response
}
