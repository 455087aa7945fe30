/** Who acts in the request at hand, and from where: for what is written to logs and the audit log far below the route. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { AuditActor } from '../audit/event.ts'
import type { Route } from '../http/router.ts'

export interface RequestContext {
  readonly requestId: string
  readonly address: string | null
  /** null until a route has found out; then what happens to a subject counts as its own doing. */
  actor: AuditActor | null
  /** The path as its route is written, without anybody's id. */
  route: string
  /** What goes on from here is work that no request waits for. */
  isAnswered: boolean
}

const storage = new AsyncLocalStorage<RequestContext>()

export function runInRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work)
}

/** The context of the request that is being answered; undefined outside of one. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore()
}

/** From here on the request acts as this one. */
export function actAs(actor: AuditActor): void {
  const context = storage.getStore()
  if (context) context.actor = actor
}

/** The same route; while it answers, the request is known by its path. */
export function namedRoute(route: Route): Route {
  return {
    ...route,
    handle(context) {
      const request = storage.getStore()
      if (request) request.route = route.path
      return route.handle(context)
    },
  }
}
