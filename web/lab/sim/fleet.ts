/** A fleet of one kind: instances over a shared store, and clients that hold logins of it. */

import type { Clock } from '../../../src/clock.ts'
import { type AuthError, isAuthError } from '../../../src/errors.ts'
import type { JsonObject } from '../../../src/json.ts'
import type { Mode } from '../../../src/session/session.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createHolder, type Holder, hand, handTokens } from './holder.ts'
import { createInstance, type Instance } from './instance.ts'
import type { Checked } from './keys.ts'
import { createMachine, type Knowledge, type Machine } from './machine.ts'
import type { Meter } from './meter.ts'
import { type ModeName, NEAR_CACHE_SECONDS } from './modes.ts'
import { throughNetwork, type Weather } from './network.ts'
import type { Setup } from './result.ts'
import { EPOCH_SECONDS, type World } from './world.ts'

export interface Fleet {
  readonly mode: ModeName
  readonly weather: Weather
  readonly instances: readonly Instance[]
  /** By subject; every subject that is not in it is a reader. */
  readonly roles: Map<string, readonly string[]>
  addInstance(skewSeconds?: number): Promise<Instance>
  /** Signed in so many seconds ago; to be called from the longest ago on. No network and no time is needed. */
  signedIn(subject: string, agoSeconds: number): Promise<Holder>
  signIn(instance: Instance, holder: Holder): Promise<void>
  /** Before a request: a client whose token is about to expire gets the next one. */
  needsRefresh(holder: Holder): boolean
  /** Answers false when the store kept it from coming to anything. */
  refresh(instance: Instance, holder: Holder): Promise<boolean>
  close(): Promise<void>
}

const KNOWLEDGE: Readonly<Record<ModeName, Knowledge>> = {
  cookie: 'none',
  jwt: 'none',
  denylist: 'none',
  bff: 'blind',
  cached: 'blind',
  'sojourn-cookie': 'log',
  'sojourn-token': 'log',
}
const CREDENTIAL: Readonly<Record<ModeName, Mode>> = {
  cookie: 'cookie',
  jwt: 'token',
  denylist: 'token',
  bff: 'hybrid',
  cached: 'cookie',
  'sojourn-cookie': 'cookie',
  'sojourn-token': 'token',
}

const DEVICE = { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', address: null }
/** A client renews its token so long before the end. */
const EARLY_SECONDS = 10

export function createFleet(mode: ModeName, setup: Setup, world: World, meter: Meter): Fleet {
  const store = createMemoryStore({ onlyInThisWorker: true })
  const weather: Weather = { rttMs: setup.rttMs, jitter: 0.2, loss: 0, isStoreUp: true, cut: new Set() }
  const roles = new Map<string, readonly string[]>()
  const claims = async (subject: string): Promise<JsonObject> => ({ roles: [...(roles.get(subject) ?? ['reader'])] })
  const instances: Instance[] = []
  const checked: Checked = new Map()
  let letGo = (): void => undefined
  const network = { store, world, weather, meter, onCall: () => letGo() }
  const machine = (reached: typeof store, clock: Clock, knowledge: Knowledge): Machine =>
    createMachine({
      world,
      meter,
      checked,
      store: reached,
      keyStore: store,
      clock,
      knowledge,
      claims,
      tokenSeconds: setup.tokenMinutes * 60,
      cacheSeconds: mode === 'cached' ? 5 : NEAR_CACHE_SECONDS,
    })

  /** The clock of whoever signed everybody in, before the world began to turn. */
  let past = 0
  const pastClock: Clock = {
    now: () => EPOCH_SECONDS - past,
    wallMs: () => (EPOCH_SECONDS - past) * 1000,
    monoMs: () => 1e9 - past * 1000,
  }
  const before = machine(store, pastClock, 'none')

  return {
    mode,
    weather,
    instances,
    roles,
    async addInstance(skewSeconds = 0) {
      const name = `instance ${instances.length + 1}`
      const added = machine(throughNetwork(name, network), world.clock(skewSeconds), KNOWLEDGE[mode])
      await added.start()
      const instance = createInstance(name, mode, added, setup.failOpen)
      instances.push(instance)
      meter.addLane(name)
      return instance
    },
    async signedIn(subject, agoSeconds) {
      past = agoSeconds
      const loggedIn = await world.track(before.logins.logIn({ subject, mode: CREDENTIAL[mode], device: DEVICE }))
      return createHolder(subject, loggedIn)
    },
    async signIn({ machine: { logins } }, holder) {
      meter.count('signIns')
      hand(holder, await logins.logIn({ subject: holder.subject, mode: CREDENTIAL[mode], device: DEVICE }))
    },
    needsRefresh: ({ tokens, isSignedOut }) =>
      tokens !== null && !isSignedOut && world.clock().now() >= tokens.expiresAt - EARLY_SECONDS,
    async refresh({ machine: { logins } }, holder) {
      const { tokens } = holder
      if (!tokens) return true
      // A refresh seals its successor before it asks the store: real time, and no virtual time.
      letGo = world.hold()
      try {
        meter.count('refreshes')
        handTokens(holder, await logins.refresh(tokens.refreshToken))
        return true
      } catch (error) {
        if (!isAuthError(error)) throw error
        holder.isSignedOut = isOver(error)
        return holder.isSignedOut
      } finally {
        letGo()
      }
    },
    async close() {
      for (const instance of instances) await instance.machine.close()
      await before.close()
      await store.close()
    },
  }
}

const isOver = ({ code }: AuthError): boolean => code.startsWith('refresh.') || code === 'session.ended'
