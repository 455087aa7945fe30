/** What a request has to carry when Ana gets more and more roles. */
import { isAuthError } from '../../../src/errors.ts'
import { ANA, type RunContext } from './column.ts'
import { createFleet } from './fleet.ts'
import { createMeter } from './meter.ts'
import type { ModeName } from './modes.ts'
import type { ColumnResult, Point, Segment, Setup, Standing } from './result.ts'
import { horizonOf } from './scenarios.ts'
import { createWorld } from './world.ts'

const STEP = 10
/** What browsers keep of one cookie. */
const COOKIE_LIMIT = 4096

export async function runHeaderBudget(
  mode: ModeName,
  setup: Setup,
  { signal, progress }: RunContext,
): Promise<ColumnResult> {
  const most = horizonOf('header-budget', setup.tokenMinutes)
  const world = createWorld({ seed: setup.seed, startMs: 0 })
  const meter = createMeter(most * 1000, true)
  const fleet = createFleet(mode, { ...setup, instances: 1 }, world, meter)
  const instance = await world.runUntil(fleet.addInstance())
  meter.start()
  const points: Point[] = []
  const segments: Segment[] = []
  let headerBytes = 0
  let outgrownAt = -1
  let cookieAt = -1
  for (let roles = 0; roles <= most; roles += STEP) {
    signal.throwIfAborted()
    progress(roles / most)
    fleet.roles.set(ANA, rolesOf(roles))
    let standing: Standing = 'rejected'
    let bytes = 0
    try {
      const holder = await fleet.signedIn(ANA, 0)
      bytes = holder.headerBytes
      headerBytes = bytes
      const sinceMs = world.nowMs
      standing = (await world.runUntil(Promise.resolve(instance.decide(holder.presented)))).standing
      meter.sent(bytes)
      meter.decided(standing, sinceMs, world.nowMs, world.nowMs > sinceMs, null)
    } catch (error) {
      if (!isAuthError(error, 'token.too_large')) throw error
      if (outgrownAt < 0) outgrownAt = roles
    }
    if (cookieAt < 0 && bytes > COOKIE_LIMIT) cookieAt = roles
    const isGood = standing === 'accepted'
    points.push({ at: roles, accepted: isGood ? 1 : 0, rejected: isGood ? 0 : 1, bytes })
    const last = segments.at(-1)
    if (last?.standing === standing) segments[segments.length - 1] = { ...last, to: roles, requests: last.requests + 1 }
    else segments.push({ from: roles, to: roles, standing, requests: 1 })
  }
  const { counters } = meter.result(headerBytes)
  void fleet.close().catch(() => undefined)
  return {
    mode,
    counters,
    lanes: [{ name: 'instance 1', segments }],
    series: points,
    marks: [],
    calledAtMs: null,
    resolvedAtMs: null,
    confirmedBy: null,
    figures: { outgrownAt, cookieAt, firstBytes: points[0]?.bytes ?? 0, bytesAt40: points[4]?.bytes ?? 0 },
  }
}

/** As roles are named where there are many: project and right. */
function rolesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `project-${String(i + 1).padStart(3, '0')}:editor`)
}
