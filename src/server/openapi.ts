/** `GET /openapi.json`: what this server answers. The same for everybody, and no secret. */
import { gzipSync } from 'node:zlib'
import { sha256Base64url } from '../crypto/digest.ts'
import type { HttpRequest, HttpResponse } from '../http/message.ts'
import type { Route } from '../http/router.ts'
import { type DescriptionOptions, describeRoutes } from './openapi/description.ts'
import { packageVersion } from './version.ts'

/** A new version may bring new routes: nobody should go by the old one for long. */
const MAX_AGE_SECONDS = 300

/** @param options with the other routes; this one describes itself, too */
export function openApiRoute(options: Omit<DescriptionOptions, 'version'>): Route {
  const route = { method: 'GET', path: '/openapi.json' } as const
  let kept: Kept | null = null
  const description = (): Kept => {
    if (kept) return kept
    const routes = [...options.routes, route]
    const body = JSON.stringify(describeRoutes({ ...options, routes, version: packageVersion() }))
    // Weak: one for both encodings.
    const tag = `W/"${sha256Base64url(body).slice(0, 16)}"`
    kept = { body, zipped: new Uint8Array(gzipSync(body)), tag }
    return kept
  }
  return { ...route, handle: ({ request }) => answer(request, description()) }
}

interface Kept {
  readonly body: string
  readonly zipped: Uint8Array<ArrayBuffer>
  readonly tag: string
}

function answer({ headers: asked }: HttpRequest, { body, zipped, tag }: Kept): HttpResponse {
  const headers = new Headers({
    'Content-Type': 'application/json',
    'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}`,
    ETag: tag,
    Vary: 'Accept-Encoding',
    'Access-Control-Allow-Origin': '*',
  })
  if (asked.get('if-none-match') === tag) return { status: 304, headers, body: null }
  if (!/\bgzip\b/.test(asked.get('accept-encoding') ?? '')) return { status: 200, headers, body }
  headers.set('Content-Encoding', 'gzip')
  return { status: 200, headers, body: zipped.slice() }
}
