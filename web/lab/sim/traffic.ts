/** Who asks when: the users at random, and the watched user (Ana, or whoever has stolen from her) steadily at every instance. */

import type { Fleet } from './fleet.ts'
import type { Holder } from './holder.ts'
import type { Decision, Instance } from './instance.ts'
import type { Meter } from './meter.ts'
import type { World } from './world.ts'

export interface Traffic {
  /** One request; `lane`: of the watched user. */
  request(instance: Instance, holder: Holder, lane: string | null): boolean
  /** Every user in turn at every instance, spread over this time: caches are warm afterwards. */
  warmUp(users: readonly Holder[], fromMs: number, toMs: number): void
  /** Requests of all users, from now to the end. */
  users(users: readonly Holder[], perSecond: number, endMs: number): void
  /** The watched user at every instance, once a second, with each of these logins in turn. */
  watched(holders: readonly Holder[], endMs: number): void
  /** What was taken from behind the edge, shown to the service there once a second. */
  behind(token: () => string | null, endMs: number): void
}

export interface TrafficOptions {
  readonly fleet: Fleet
  readonly world: World
  readonly meter: Meter
  /** The role that the watched user's requests need; null: a login will do. */
  readonly neededRole: string | null
  /** Of the arrivals alone: the same ones whatever is asked. */
  readonly random: () => number
}

const EVERY_MS = 1000
export const BEHIND_LANE = 'taken from behind'

export function createTraffic({ fleet, world, meter, neededRole, random }: TrafficOptions): Traffic {
  const decided = (decision: Decision, sinceMs: number, waited: boolean, lane: string | null): void => {
    const isForbidden = lane !== null && neededRole !== null && !decision.roles.includes(neededRole)
    const standing = isForbidden && decision.standing === 'accepted' ? 'rejected' : decision.standing
    meter.decided(standing, sinceMs, world.nowMs, waited, lane)
  }
  const ask = (instance: Instance, holder: Holder, sinceMs: number, lane: string | null): boolean => {
    meter.sent(holder.headerBytes)
    const decision = instance.decide(holder.presented)
    if (!(decision instanceof Promise)) {
      decided(decision, sinceMs, false, lane)
      return true
    }
    void decision.then((later) => decided(later, sinceMs, world.nowMs > sinceMs, lane))
    return false
  }

  /** @returns whether nothing waits for a promise */
  const request: Traffic['request'] = (instance, holder, lane) => {
    const sinceMs = world.nowMs
    if (holder.renewing === null && fleet.needsRefresh(holder)) {
      holder.renewing = fleet.refresh(instance, holder).finally(() => {
        holder.renewing = null
      })
    }
    if (holder.renewing === null) return ask(instance, holder, sinceMs, lane)
    void holder.renewing.then((isDone) => {
      // A client that holds nothing but an expired token, and gets no other, does not ask.
      const isBare = !isDone && (holder.tokens?.expiresAt ?? 0) <= world.clock().now()
      if (isBare) decided({ standing: 'unavailable', roles: [] }, sinceMs, true, lane)
      else ask(instance, holder, world.nowMs, lane)
    })
    return false
  }

  return {
    request,
    warmUp(users, fromMs, toMs) {
      const { instances } = fleet
      const gap = (toMs - fromMs) / (users.length * instances.length)
      let nth = 0
      for (const user of users)
        for (const instance of instances) world.at(fromMs + gap * nth++, () => request(instance, user, null))
    },
    users(users, perSecond, endMs) {
      if (perSecond <= 0) return
      const next = (): void => {
        const atMs = world.nowMs - (Math.log(1 - random()) * 1000) / perSecond
        if (atMs < endMs) world.at(atMs, arrive)
      }
      const arrive = (): boolean => {
        const user = users[Math.floor(random() * users.length)]
        const instance = fleet.instances[Math.floor(random() * fleet.instances.length)]
        next()
        return user && instance ? request(instance, user, null) : true
      }
      next()
    },
    watched(holders, endMs) {
      let turn = 0
      const ready = new Set<Instance>()
      const rounds = (instance: Instance, atMs: number): void => {
        if (atMs >= endMs) return
        world.at(atMs, () => {
          rounds(instance, atMs + EVERY_MS)
          const holder = holders[turn++ % holders.length]
          return holder ? request(instance, holder, instance.name) : true
        })
      }
      const look = (): boolean => {
        fleet.instances.forEach((instance, i) => {
          if (ready.has(instance)) return
          ready.add(instance)
          rounds(instance, world.nowMs + (EVERY_MS * i) / fleet.instances.length)
        })
        if (world.nowMs + EVERY_MS < endMs) world.at(world.nowMs + EVERY_MS, look)
        return true
      }
      look()
    },
    behind(token, endMs) {
      const show = (): boolean => {
        const sinceMs = world.nowMs
        if (sinceMs + EVERY_MS < endMs) world.at(sinceMs + EVERY_MS, show)
        const taken = token()
        const instance = fleet.instances[0]
        if (taken === null || !instance) return true
        void Promise.resolve(instance.decideBehind(taken)).then((decision) =>
          decided(decision, sinceMs, false, BEHIND_LANE),
        )
        return false
      }
      world.at(world.nowMs + EVERY_MS / 2, show)
    },
  }
}
