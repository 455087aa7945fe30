/** One machine: the product's logins over a store, wired as `createAuth` wires them, with or without the revocation log. */
import type { Clock } from '../../../src/clock.ts'
import { createSecretRing, type SecretRing } from '../../../src/crypto/secret-ring.ts'
import type { JsonObject } from '../../../src/json.ts'
import type { Logins } from '../../../src/login/login.ts'
import { createLogins } from '../../../src/login/logins.ts'
import type { LoginRevocations } from '../../../src/login/options.ts'
import type { Store } from '../../../src/login/store.ts'
import type { RevocationView } from '../../../src/revocation/check.ts'
import { createRevocations, type Revocations } from '../../../src/revocation/revocations.ts'
import { createRevocationView } from '../../../src/revocation/view.ts'
import { createIssuerKeys, type IssuerKeys } from '../../../src/token/issuer-keys.ts'
import { type Checked, keysInWorld } from './keys.ts'
import type { Meter } from './meter.ts'
import type { World } from './world.ts'

export const ISSUER = 'https://app.example'
/** The service behind the edge. */
export const BEHIND = 'https://api.example'
export const BEHIND_SECONDS = 300
export const LEASE_SECONDS = 12
const DAY = 86_400
export const LIFETIMES = { idleSeconds: 14 * DAY, absoluteSeconds: 30 * DAY }
// Of a world in which nobody has anything to steal.
const SECRETS = createSecretRing(['the secret of a virtual world, 0123456789'])

/** `log`: follows the revocation log. `none`: knows nothing of it. `blind`: the same, and believes that its lease always holds. */
export type Knowledge = 'log' | 'none' | 'blind'

export interface MachineOptions {
  readonly world: World
  readonly meter: Meter
  readonly checked: Checked
  /** As this machine reaches it. */
  readonly store: Store
  /** Where signing keys lie: read without a network, for a key set is served by whoever has it. */
  readonly keyStore: Store
  readonly clock: Clock
  readonly knowledge: Knowledge
  readonly claims: (subject: string) => Promise<JsonObject>
  readonly tokenSeconds: number
  readonly cacheSeconds: number
}

export interface Machine {
  readonly logins: Logins
  readonly keys: IssuerKeys
  readonly view: RevocationView
  readonly clock: Clock
  /** null: it does not follow the log. */
  readonly revocations: Revocations | null
  /** Resolves when it may decide. */
  start(): Promise<void>
  close(): Promise<void>
}

export function createMachine(options: MachineOptions): Machine {
  const { world, meter, checked, store, keyStore, clock, knowledge, claims, tokenSeconds, cacheSeconds } = options
  const { timers, random } = world
  const secrets: SecretRing = {
    ...SECRETS,
    seal: (...given) => world.track(SECRETS.seal(...given)),
    open: (...given) => world.track(SECRETS.open(...given)),
  }
  const keys = keysInWorld(
    createIssuerKeys({ records: keyStore.records('signing-keys'), secrets, clock }),
    world,
    meter,
    checked,
  )
  const followed =
    knowledge === 'log'
      ? createRevocations({ engine: store.revocations, clock, timers, random, leaseSeconds: LEASE_SECONDS })
      : null
  const revocations: LoginRevocations = followed ?? withoutLog(store, clock, knowledge === 'blind')
  const lifetimes = { cookie: LIFETIMES, token: LIFETIMES, hybrid: LIFETIMES }
  const logins = createLogins({
    issuer: ISSUER,
    store,
    keys,
    secrets,
    revocations,
    clock,
    timers,
    claims,
    lifetimes,
    accessTokenSeconds: tokenSeconds,
    cacheSeconds,
    audiences: { [BEHIND]: { lifetimeSeconds: BEHIND_SECONDS } },
  })
  return {
    logins,
    keys,
    view: revocations.view,
    clock,
    revocations: followed,
    async start() {
      await world.track(logins.prepare())
      await keys.signing()
      await followed?.start()
    },
    async close() {
      await logins.close()
      keys.close()
    },
  }
}

/** For machines that ask the store each time, or nobody: there is no memory that a revocation would have to reach. */
function withoutLog(store: Store, clock: Clock, isBlind: boolean): LoginRevocations {
  const view = createRevocationView({ clock, judge: (credential, now) => store.revocations.judge(credential, now) })
  // A lease that is never renewed and never ends: what the product would not do.
  if (isBlind) view.lease.extend(clock.monoMs(), clock.wallMs(), 1e12)
  const nothing = () => () => undefined
  return {
    view,
    onApplied: nothing,
    onReset: nothing,
    settle: async ({ incarnation, offset }) => ({
      incarnation,
      offset,
      confirmedBy: 'acks',
      waitedFor: [],
      verifiers: [],
      ms: 0,
      remoteEffectiveAt: null,
    }),
    close: async () => undefined,
  }
}
