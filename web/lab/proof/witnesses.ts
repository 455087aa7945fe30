/** Who can bear witness that an attempt was stopped: the browser's own reports and the page's guard. Nothing else counts. */
import type { Guard } from '../shell/guard.ts'

/** `csp`: the browser reported that the policy stopped it. `allowlist`: likewise. `guard`: the page cancelled it itself. */
export type Witness = 'csp' | 'allowlist' | 'guard'

export interface Heard {
  readonly by: Witness
  /** The directive, or the connection's kind. */
  readonly what: string
  /** What was stopped: an address; of the allowlist's reports, the connection's kind. */
  readonly stopped: string
  readonly policy: string | null
}

interface ConnectionReport {
  readonly type: string
  readonly body: { readonly connection?: unknown; readonly disposition?: unknown } | null
}

export interface Listening {
  /** What was heard of this attempt and of no other; waits this long for the first word. */
  heardOf(stopped: string, waitMs: number): Promise<readonly Heard[]>
  end(): void
}

export function listenForWitnesses(page: Window & typeof globalThis, guard: Guard): Listening {
  const all: Heard[] = []
  let wake = (): void => undefined
  const hear = (one: Heard): void => {
    all.push(one)
    wake()
  }
  const violation = (event: SecurityPolicyViolationEvent): void => {
    if (event.disposition === 'enforce')
      hear({
        by: 'csp',
        what: event.effectiveDirective,
        stopped: event.blockedURI,
        policy: event.originalPolicy,
      })
  }
  page.addEventListener('securitypolicyviolation', violation)
  const unwatch = guard.watch((url) => hear({ by: 'guard', what: '', stopped: url, policy: null }))
  const observer = watchReports(page, ({ type, body }) => {
    if (type === 'connection-allowlist' && body?.disposition === 'enforce') {
      hear({ by: 'allowlist', what: String(body.connection), stopped: String(body.connection), policy: null })
    }
  })
  return {
    async heardOf(stopped, waitMs) {
      const until = page.performance.now() + waitMs
      for (;;) {
        const ours = all.filter((one) => one.stopped === stopped)
        const leftMs = until - page.performance.now()
        if (ours.length > 0 || leftMs <= 0) return ours
        await new Promise<void>((resolve) => {
          wake = resolve
          page.setTimeout(resolve, leftMs)
        })
      }
    },
    end() {
      page.removeEventListener('securitypolicyviolation', violation)
      unwatch()
      observer?.disconnect()
    },
  }
}

function watchReports(page: Window & typeof globalThis, each: (report: ConnectionReport) => void) {
  const Observer = Reflect.get(page, 'ReportingObserver') as typeof ReportingObserver | undefined
  if (!Observer) return null
  const observer = new Observer((reports) => {
    for (const report of reports) each(report as unknown as ConnectionReport)
  })
  observer.observe()
  return observer
}
