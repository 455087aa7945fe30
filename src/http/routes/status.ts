/** `GET /status/{n}`: a Token Status List. `GET /status/lists`: the addresses of all of them. For verifiers outside the fleet. */
import { AuthError } from '../../errors.ts'
import type { Logins } from '../../login/login.ts'
import type { PublishedList } from '../../revocation/status-lists.ts'
import { accepts } from '../accept.ts'
import type { HeadersLike, HttpResponse } from '../message.ts'
import type { Route } from '../router.ts'
import type { RouteParts } from './parts.ts'

/** Where they are, below the origin. */
const STATUS_PATH = '/status'
const MEDIA_TYPE = 'application/statuslist+jwt'
/** How long a shared cache may keep one: as long as a verifier may before it should ask again (`ttl`). */
const MAX_AGE_SECONDS = 15

type Lists = NonNullable<Logins['statusLists']>

/** None where no audience is `external`: an application may have pages of its own there. */
export function statusRoutes({ logins }: Pick<RouteParts, 'logins'>): readonly Route[] {
  const { statusLists } = logins
  if (statusLists === null) return []
  return [
    { method: 'GET', path: `${STATUS_PATH}/lists`, handle: () => aggregation(statusLists) },
    {
      method: 'GET',
      path: `${STATUS_PATH}/{n}`,
      async handle({ request, url, params }) {
        if (!accepts(request.headers.get('accept'), MEDIA_TYPE)) {
          throw new AuthError('request.not_acceptable', `status lists are served as ${MEDIA_TYPE}`)
        }
        if (url.searchParams.has('time')) {
          throw new AuthError('status.history', 'status lists are kept as of now: leave time out')
        }
        const list = await statusLists.publish(params.n ?? '')
        if (!list) throw new AuthError('request.not_found', 'there is no such status list')
        return answer(list, request.headers)
      },
    },
  ]
}

function answer({ token, gzipped, tag }: PublishedList, asked: HeadersLike): HttpResponse {
  const isGzip = accepts(asked.get('accept-encoding') ?? '', 'gzip')
  // Strong, so that each encoding has one of its own (RFC 9110 §8.8.3.3).
  const etag = isGzip ? `"${tag}-gzip"` : `"${tag}"`
  const headers = publicHeaders(MEDIA_TYPE)
  headers.set('Vary', 'Accept, Accept-Encoding')
  headers.set('ETag', etag)
  headers.set('Access-Control-Expose-Headers', 'ETag')
  if (isNamed(asked.get('if-none-match'), etag)) {
    headers.delete('Content-Type')
    return { status: 304, headers, body: null }
  }
  if (isGzip) headers.set('Content-Encoding', 'gzip')
  return { status: 200, headers, body: isGzip ? gzipped.slice() : token }
}

async function aggregation(lists: Lists): Promise<HttpResponse> {
  const body = JSON.stringify({ status_lists: await lists.aggregate() })
  return { status: 200, headers: publicHeaders('application/json'), body }
}

/** The same for everybody, and no secret: any page may read it. */
function publicHeaders(contentType: string): Headers {
  return new Headers({
    'Content-Type': contentType,
    'Cache-Control': `public, max-age=${MAX_AGE_SECONDS}`,
    'X-Content-Type-Options': 'nosniff',
    'Access-Control-Allow-Origin': '*',
  })
}

/** RFC 9110 §13.1.2: `*`, or a list of tags, compared without regard to `W/`. */
function isNamed(header: string | null, etag: string): boolean {
  if (header === null) return false
  return header.split(',').some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')))
}
