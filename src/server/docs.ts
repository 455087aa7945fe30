/** The documents under `/docs/`: a page each, a search of their own, and a service worker that keeps them. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Route } from '../http/router.ts'
import { movedTo, staticFiles } from './static-files.ts'

/** Built beside us; read from the sources it is where the build puts it. */
const FOLDERS = ['../docs/', '../../dist/docs/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types docs"

/** None, when the documents have not been built. */
export function docsRoutes(): readonly Route[] {
  const folder = FOLDERS.find((path) => existsSync(path))
  if (folder === undefined) return []
  const serve = staticFiles({ folder, policyOf: () => POLICY, allowlist: '(response-origin)' })
  return [
    { method: 'GET', path: '/docs', handle: () => movedTo('/docs/') },
    { method: 'GET', path: '/docs/', handle: ({ request }) => serve(request, 'index') },
    { method: 'GET', path: '/docs/{page}', handle: ({ request, params }) => serve(request, params.page ?? '') },
    {
      method: 'GET',
      path: '/docs/{folder}/{page}',
      handle: ({ request, params }) => serve(request, `${params.folder}/${params.page}`),
    },
  ]
}
