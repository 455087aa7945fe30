/** Routes, and which there are at a path. */
import type { HttpRequest, HttpResponse } from './message.ts'

/** What a handler is given. */
export interface RouteContext {
  readonly request: HttpRequest
  readonly url: URL
  /** Values of the `{name}` segments, decoded. */
  readonly params: Readonly<Record<string, string>>
  /** The client's address, seen through trusted proxies; null when unknown. */
  readonly address: string | null
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  /** `/auth/sessions/{id}`: segments in braces match anything but a slash. */
  readonly path: string
  handle(context: RouteContext): Promise<HttpResponse> | HttpResponse
  /** Answers under any `Host`: for health checks, which know an address only. */
  readonly anyHost?: true
  /** The route looks at no cookie, only at what its body or `Authorization` holds: nothing ambient, nothing to forge. */
  readonly withoutCsrf?: true
}

interface Compiled {
  readonly segments: readonly string[]
  readonly methods: Map<string, Route>
}

export type RouteTable = readonly Compiled[]

/** @throws TypeError for two routes of one method and path */
export function compileRoutes(routes: readonly Route[]): RouteTable {
  const byPath = new Map<string, Compiled>()
  for (const route of routes) {
    const compiled = byPath.get(route.path) ?? { segments: route.path.split('/'), methods: new Map<string, Route>() }
    if (compiled.methods.has(route.method)) throw new TypeError(`two routes for ${route.method} ${route.path}`)
    compiled.methods.set(route.method, route)
    byPath.set(route.path, compiled)
  }
  // Fixed segments win over braces: `/auth/sessions/end` before `/auth/sessions/{id}`.
  return [...byPath.values()].sort((a, b) => braces(a) - braces(b))
}

function braces({ segments }: Compiled): number {
  return segments.filter((segment) => segment.startsWith('{')).length
}

/** The methods of a path, whatever they are, and what stands in its braces; null: there is nothing. */
export function matchRoute(
  table: RouteTable,
  path: string,
): { readonly methods: Map<string, Route>; readonly params: Record<string, string> } | null {
  const given = path.split('/')
  for (const { segments, methods } of table) {
    if (segments.length !== given.length) continue
    const params: [string, string][] = []
    const fits = segments.every((segment, i) => {
      const value = given[i] ?? ''
      if (!segment.startsWith('{')) return segment === value
      const decoded = decode(value)
      if (decoded === null) return false
      params.push([segment.slice(1, -1), decoded])
      return true
    })
    if (fits) return { methods, params: Object.fromEntries(params) }
  }
  return null
}

/** null for an empty segment and for broken percent-encoding. */
function decode(segment: string): string | null {
  if (segment === '') return null
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    if (cause instanceof URIError) return null
    throw cause
  }
}
