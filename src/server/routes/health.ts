/** `/healthz`, `/readyz`, `/metrics`: for machines, on any Host, without a word about any user. */
import { isAuthError } from '../../errors.ts'
import type { HttpResponse } from '../../http/message.ts'
import type { Route } from '../../http/router.ts'
import type { RevocationEngine } from '../../revocation/engine.ts'
import type { Gauges } from '../metrics.ts'
import type { ServerParts } from './parts.ts'

export interface HealthOptions {
  readonly gauges: Gauges
  /** True from the moment at which the server has been told to stop. */
  isStopping(): boolean
}

export function healthRoutes(parts: ServerParts, options: HealthOptions): readonly Route[] {
  return [
    { method: 'GET', path: '/healthz', anyHost: true, handle: () => plainJson(200, { status: 'ok' }) },
    { method: 'GET', path: '/readyz', anyHost: true, handle: () => readiness(parts, options) },
    {
      method: 'GET',
      path: '/metrics',
      anyHost: true,
      async handle() {
        const headers = new Headers({ 'Content-Type': parts.metrics.contentType, 'Cache-Control': 'no-store' })
        return { status: 200, headers, body: await parts.metrics.render(options.gauges) }
      },
    },
  ]
}

/** The log is new to the whole fleet, after a fail-over or at its very first start: nobody has a lease, all are of use. */
const SETTLING = 'settling: each login is looked up in the store'

/** 200 when this process can decide and write; 503 says which part cannot. */
async function readiness({ instance, clock }: ServerParts, { isStopping }: HealthOptions): Promise<HttpResponse> {
  const { store, storeCalls, keys, revocations } = instance
  const checks = {
    store: await sayOf(() => store.ping()),
    writes: await sayOf(() => storeCalls.tryWriting(store, clock.now())),
    keys: await sayOf(() => keys.signing()),
    lease: revocations.view.leaseHolds() ? 'ok' : await sayOfSettling(store.revocations),
    running: isStopping() ? 'stopping' : 'ok',
  }
  const ready = Object.values(checks).every((said) => said === 'ok' || said === SETTLING)
  return plainJson(ready ? 200 : 503, { ready, durability: store.revocations.durability, checks })
}

async function sayOfSettling(engine: RevocationEngine): Promise<string> {
  const withoutLease = 'no lease: revocations may be unknown here'
  // A store that does not answer is told of by its own check.
  return engine.members().then(
    ({ settled }) => (settled ? withoutLease : SETTLING),
    () => withoutLease,
  )
}

async function sayOf(check: () => Promise<unknown>): Promise<string> {
  try {
    await check()
    return 'ok'
  } catch (error) {
    // The code is public; the message of another error may name a path.
    return isAuthError(error) ? error.code : 'failed'
  }
}

function plainJson(status: number, value: unknown): HttpResponse {
  const headers = new Headers({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  return { status, headers, body: JSON.stringify(value) }
}
