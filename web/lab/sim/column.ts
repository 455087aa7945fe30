/** One way to remember a login, run through one scenario. */
import { createFleet, type Fleet } from './fleet.ts'
import type { Holder } from './holder.ts'
import { createMeter } from './meter.ts'
import type { ModeName } from './modes.ts'
import { createRandom } from './random.ts'
import type { ColumnResult, Mark, Setup } from './result.ts'
import { EVENT_SECONDS, horizonOf, SCENARIO_WORDS } from './scenarios.ts'
import { type MinuteScenario, SCRIPTS, SKEW_SECONDS, type Stage } from './stage.ts'
import { createTraffic } from './traffic.ts'
import { createWorld } from './world.ts'

export interface RunContext {
  readonly signal: AbortSignal
  /** 0 to 1. */
  progress(done: number): void
}

export const ANA = 'ana'
/** Instances start, then caches are warmed, then the clock stands at 0. */
const START_MS = -20_000
const WARM_FROM_MS = -15_000
const WARM_TO_MS = -3_000
/** Ways that hold nothing in memory that would have to be warmed. */
const COLD: readonly ModeName[] = ['cookie', 'cached', 'bff', 'denylist']
const LOGINS_OF_ANA = 3

export async function runColumn(mode: ModeName, setup: Setup, context: RunContext): Promise<ColumnResult> {
  const scenario = setup.scenario as MinuteScenario
  const horizon = horizonOf(scenario, setup.tokenMinutes)
  const onTime = (nowMs: number): void => {
    context.signal.throwIfAborted()
    context.progress(Math.min(1, Math.max(0, (nowMs - START_MS) / (horizon - START_MS))))
  }
  const world = createWorld({ seed: setup.seed, startMs: START_MS, onTime })
  const meter = createMeter(horizon, SCENARIO_WORDS[scenario].seesAll)
  const fleet = createFleet(mode, setup, world, meter)
  if (scenario === 'role-removed') fleet.roles.set(ANA, ['reader', 'admin'])

  const everybody = await signEverybodyIn(fleet, setup, context)
  for (let i = 1; i <= setup.instances; i++) {
    const isSkewed = scenario === 'clock-skew' && i === setup.instances
    await world.runUntil(fleet.addInstance(isSkewed ? SKEW_SECONDS : 0))
  }
  const traffic = createTraffic({
    fleet,
    world,
    meter,
    neededRole: scenario === 'role-removed' ? 'admin' : null,
    random: createRandom(setup.seed + 2),
  })
  if (!COLD.includes(mode)) traffic.warmUp([...everybody.users, ...everybody.ana], WARM_FROM_MS, WARM_TO_MS)
  await world.runTo(0)
  meter.start()

  const marks: Mark[] = []
  const happened = {
    calledAtMs: null as number | null,
    resolvedAtMs: null as number | null,
    confirmedBy: null as 'acks' | 'lease' | null,
  }
  const figures: Record<string, number> = {}
  const failures: unknown[] = []
  const stage: Stage = {
    fleet,
    world,
    meter,
    ...everybody,
    figures,
    at(seconds, label, act) {
      world.at(seconds * 1000, () => {
        marks.push({ at: world.nowMs, label })
        Promise.resolve(act()).catch((error: unknown) => failures.push(error))
        return false
      })
    },
    mark: (label) => void marks.push({ at: world.nowMs, label }),
    async ending(act) {
      happened.calledAtMs = world.nowMs
      const receipt = await act()
      happened.resolvedAtMs = world.nowMs
      happened.confirmedBy = receipt?.confirmedBy ?? null
      meter.resolved(world.nowMs)
    },
  }
  SCRIPTS[scenario](stage)
  world.at(EVENT_SECONDS * 1000 - 1, () => {
    meter.endOfQuiet()
    return true
  })
  // Only those whose logins were taken: what they hold is tried again and again.
  const watched = scenario === 'revoke-user' ? everybody.ana : everybody.ana.slice(0, 1)
  traffic.users(everybody.users, setup.requestsPerSecond, horizon)
  traffic.watched(watched, horizon)
  if (mode === 'bff') takeFromBehind(stage, traffic.behind, horizon)
  await world.runTo(horizon)
  if (failures.length > 0) throw failures[0]
  const headerBytes = everybody.ana[0]?.headerBytes ?? 0
  const result = meter.result(headerBytes)
  // Nobody waits for what was under way: this world has ended.
  void fleet.close().catch(() => undefined)
  context.progress(1)
  return { mode, ...result, marks, ...happened, figures }
}

/** Spread over one token life, so that they do not all renew at once. */
async function signEverybodyIn(fleet: Fleet, setup: Setup, { signal }: RunContext) {
  const random = createRandom(setup.seed + 1)
  const life = setup.tokenMinutes * 60
  const names = [
    ...Array.from({ length: setup.users }, (_, i) => `user-${i + 1}`),
    ...Array.from({ length: LOGINS_OF_ANA + 1 }, () => ANA),
  ]
  // Those of Ana are the youngest: what is stolen from her is as good as it can be.
  const youngest = setup.scenario === 'clock-skew' ? 30 - SKEW_SECONDS : 20
  const ages = names.map((name) =>
    name === ANA ? Math.min(youngest, life - 20) : 20 + Math.floor(random() * (life - 40)),
  )
  const order = names.map((_, i) => i).toSorted((a, b) => (ages[b] ?? 0) - (ages[a] ?? 0))
  const holders = new Map<number, Holder>()
  for (const i of order) {
    if (holders.size % 100 === 0) signal.throwIfAborted()
    holders.set(i, await fleet.signedIn(names[i] ?? '', ages[i] ?? 0))
  }
  const all = names.map((_, i) => holders.get(i) as Holder)
  const ana = all.slice(setup.users, setup.users + LOGINS_OF_ANA)
  return { users: all.slice(0, setup.users), ana, own: all.at(-1) as Holder }
}

/** A moment before it happens, somebody takes the token that travels behind the edge. */
function takeFromBehind(
  stage: Stage,
  behind: (token: () => string | null, endMs: number) => void,
  horizon: number,
): void {
  const { fleet, ana, world } = stage
  let taken: string | null = null
  const sessionId = ana[0]?.sessionId ?? ''
  world.at(EVENT_SECONDS * 1000 - 500, () => {
    taken = fleet.instances.map((instance) => instance.innerTokenOf(sessionId)).find((token) => token !== null) ?? null
    return true
  })
  behind(() => taken, horizon)
}
