/** What all adapters have in common. */
import type { Auth } from '../http/auth-shape.ts'
import { type Consistency, checkConsistency } from '../revocation/check.ts'

/** What every adapter hands on as it is. */
const HANDED_ON = [
  'respond',
  'revoke',
  'revokeOthers',
  'changeClaims',
  'readData',
  'updateData',
  'elevate',
  'mint',
  'planModeChange',
  'watch',
  'attach',
  'guard',
  'covers',
  'keys',
  'revocations',
  'ready',
  'close',
] as const

/** `Auth` but for what an adapter says in the words of its framework. */
export type HandedOn<Claims extends object, Data> = Pick<Auth<Claims, Data>, (typeof HANDED_ON)[number]>

/** Status of a request whose header fields are too long: `request.too_large` alone would speak of its body. */
export const FIELDS_TOO_LARGE = 431

export interface AdapterOptions {
  /**
   * How sure it must be who asks, for every request or by request; default `lease`, with `onStale` as `createAuth` was told.
   * A route can only want more than this (`requireAuth({ consistency })`). So what may be looser is named here, and what must
   * be stricter there: a path may have several spellings, and only the router knows which route it names.
   */
  readonly consistency?: Consistency | ((request: AskedTarget) => Consistency)
}

/** A request as far as its target goes. */
export interface AskedTarget {
  readonly method: string
  /** As sent, without the query. */
  readonly path: string
}

/** @throws TypeError for what is no consistency */
export function consistencyOf({ consistency }: AdapterOptions): (method: string, target: string) => Consistency {
  if (consistency === undefined) return () => 'lease'
  if (typeof consistency !== 'function') {
    const checked = checkConsistency(consistency)
    return () => checked
  }
  return (method, target) => {
    const start = target.startsWith('/') ? 0 : pathStart(target)
    return checkConsistency(consistency({ method, path: start < 0 ? '/' : pathFrom(target, start) }))
  }
}

export function handOn<Claims extends object, Data>(auth: Auth<Claims, Data>): HandedOn<Claims, Data> {
  const { respond, revoke, revokeOthers, changeClaims, readData, updateData, elevate, mint, watch, attach } = auth
  const { planModeChange, guard, covers, keys, revocations, ready, close } = auth
  const own = { respond, revoke, revokeOthers, changeClaims, readData, updateData, elevate, mint, watch, attach }
  return { ...own, planModeChange, guard, covers, keys, revocations, ready, close }
}

/**
 * Tells by its target (a path with its query, or an absolute URL) whether a request is for one of Sojourn's own routes.
 * An application's request costs a few comparisons.
 */
export function ownRoutes({
  routes,
  covers,
}: Pick<Auth<object, unknown>, 'routes' | 'covers'>): (target: string) => boolean {
  const beginnings = [...new Set(routes.map(({ path }) => path.slice(0, path.indexOf('/', 1) + 1) || path))]
  return (target) => {
    const start = target.charCodeAt(0) === SLASH ? 0 : pathStart(target)
    if (start < 0) return false
    for (const beginning of beginnings) if (target.startsWith(beginning, start)) return covers(pathFrom(target, start))
    return false
  }
}

/** What `HttpRequest.authority` is, of a target as it was sent. */
export function authorityOf(target: string): string | null {
  return target.charCodeAt(0) === SLASH || !URL.canParse(target) ? null : new URL(target).host
}

const SLASH = 0x2f

/** Where the path of an absolute URL begins; below 0: nowhere. */
function pathStart(url: string): number {
  const scheme = url.indexOf('://')
  return scheme < 0 ? -1 : url.indexOf('/', scheme + 3)
}

function pathFrom(target: string, start: number): string {
  const query = target.indexOf('?', start)
  return target.slice(start, query < 0 ? undefined : query)
}

/** A `Set-Cookie` line put to those that an answer has already: of one cookie only the last one stands. */
export function withCookie(lines: readonly string[], line: string): string[] {
  const name = line.slice(0, line.indexOf('=') + 1)
  return [...lines.filter((other) => !other.startsWith(name)), line]
}
