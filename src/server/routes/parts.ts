/** What the server's own routes are built from. */
import type { DeviceTokens } from '../../accounts/device-token.ts'
import type { Throttle } from '../../accounts/throttle.ts'
import type { RouteParts } from '../../http/routes/parts.ts'
import type { FailedSignIns } from '../failed-sign-ins.ts'
import type { Instance } from '../instance.ts'
import type { Metrics } from '../metrics.ts'
import type { Assets } from '../pages/layout.ts'

export interface ServerParts extends RouteParts {
  readonly instance: Instance
  readonly throttle: Throttle
  readonly devices: DeviceTokens
  readonly failedSignIns: FailedSignIns
  readonly metrics: Metrics
  readonly assets: Assets
  /** Where a browser that comes back to this path of the OpenID Connect provider is sent on to; null: nowhere else. */
  readonly formTargetOf: (path: string) => Promise<string | null>
}
