/** What a scenario has to work with, and the scripts of those that play in seconds and minutes. */
import type { Fleet } from './fleet.ts'
import { type Holder, hand } from './holder.ts'
import type { Instance } from './instance.ts'
import { LEASE_SECONDS } from './machine.ts'
import type { Meter } from './meter.ts'
import { EVENT_SECONDS, type ScenarioName } from './scenarios.ts'
import type { World } from './world.ts'

export interface Stage {
  readonly fleet: Fleet
  readonly world: World
  readonly meter: Meter
  /** The watched logins of Ana. */
  readonly ana: readonly Holder[]
  /** A login of hers on another device that nobody has stolen. */
  readonly own: Holder
  readonly users: readonly Holder[]
  /** Figures of this scenario. */
  readonly figures: Record<string, number>
  at(seconds: number, label: string, act: () => unknown): void
  mark(label: string): void
  /** Something that must have taken hold once it has resolved. */
  ending(act: () => Promise<{ readonly confirmedBy: 'acks' | 'lease' } | null | undefined>): Promise<void>
}

export const SKEW_SECONDS = -90
/** Who carries out what an operator does. */
const first = ({ fleet }: Stage): Instance => {
  const [instance] = fleet.instances
  if (!instance) throw new TypeError('a fleet has an instance')
  return instance
}
const thief = ({ ana: [holder] }: Stage): Holder => {
  if (!holder) throw new TypeError('Ana has a login')
  return holder
}
const revokeOne = (stage: Stage) => () =>
  stage.ending(() => first(stage).machine.logins.revoke({ session: thief(stage).sessionId }))

export type MinuteScenario = Exclude<ScenarioName, 'thirty-days' | 'header-budget'>

export const SCRIPTS: Readonly<Record<MinuteScenario, (stage: Stage) => void>> = {
  'revoke-one': (stage) => stage.at(EVENT_SECONDS, 'revoke()', revokeOne(stage)),
  'clock-skew': (stage) => stage.at(EVENT_SECONDS, 'revoke()', revokeOne(stage)),
  'revoke-user': (stage) =>
    stage.at(EVENT_SECONDS, 'revoke()', () =>
      stage.ending(() => first(stage).machine.logins.revoke({ subject: thief(stage).subject })),
    ),
  'role-removed': (stage) =>
    stage.at(EVENT_SECONDS, 'changeClaims()', () => {
      stage.fleet.roles.set(thief(stage).subject, ['reader'])
      return stage.ending(() => first(stage).machine.logins.changeClaims(thief(stage).subject))
    }),
  'password-reset': (stage) =>
    stage.at(EVENT_SECONDS, 'revokeOthers()', () =>
      stage.ending(async () => {
        const { logins } = first(stage).machine
        const { cookie, tokens } = stage.own
        const login =
          cookie === null
            ? await logins.verify(tokens?.accessToken ?? '', 'strict')
            : await logins.resume(cookie, 'strict')
        const kept = login && (await logins.revokeOthers(login))
        if (!kept) return null
        hand(stage.own, kept)
        stage.figures.ended = kept.ended
        const decision = await first(stage).decide(stage.own.presented)
        stage.figures.ownKept = decision.standing === 'accepted' ? 1 : 0
        return kept.receipt
      }),
    ),
  'store-outage'(stage) {
    stage.at(EVENT_SECONDS, 'store down', () => {
      stage.fleet.weather.isStoreUp = false
    })
    stage.at(2 * EVENT_SECONDS, 'store up', () => {
      stage.fleet.weather.isStoreUp = true
    })
  },
  'new-instance': (stage) =>
    stage.at(EVENT_SECONDS, 'instance starts', async () => {
      const sinceMs = stage.world.nowMs
      const instance = await stage.fleet.addInstance()
      const decision = await instance.decide(thief(stage).presented)
      stage.figures.firstAcceptMs = decision.standing === 'accepted' ? stage.world.nowMs - sinceMs : -1
    }),
  partition(stage) {
    const { weather, instances } = stage.fleet
    const last = instances.at(-1)
    stage.at(EVENT_SECONDS, 'partition', () => last && weather.cut.add(last.name))
    stage.at(EVENT_SECONDS + 5, 'revoke()', revokeOne(stage))
    stage.at(150, 'healed', () => weather.cut.clear())
    stage.figures.leaseSeconds = LEASE_SECONDS
  },
  'key-rotation'(stage) {
    stage.at(EVENT_SECONDS, 'next key', async () => {
      await first(stage).machine.keys.rotate()
    })
    stage.at(180, 'emergency', () =>
      stage.ending(async () => {
        const { keys, logins } = first(stage).machine
        const { retired } = await keys.rotate({ compromised: true })
        return logins.raiseFloor(retired)
      }),
    )
  },
  'login-storm'(stage) {
    stage.at(EVENT_SECONDS, 'everybody signs in', () => {
      const { fleet, world, users } = stage
      users.forEach((user, i) => {
        const instance = fleet.instances[i % fleet.instances.length]
        world.timers.after((i * 10_000) / users.length, () => instance && void fleet.signIn(instance, user), false)
      })
    })
    stage.at(EVENT_SECONDS + 10, 'storm over', () => undefined)
  },
}
