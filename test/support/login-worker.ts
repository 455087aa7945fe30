/**
 * A process of its own that knows logins over one store: calls `Logins` as its parent says.
 * Run by `startLoginWorkers` (login-processes.ts); the first argument is the store (`openStoreAt`), the second how often
 * sessions are touched, in seconds.
 */
import { systemClock } from '../../src/clock.ts'
import { createSecretRing } from '../../src/crypto/secret-ring.ts'
import { isAuthError } from '../../src/errors.ts'
import type { Json, JsonObject } from '../../src/json.ts'
import { createLogins } from '../../src/login/logins.ts'
import { createRevocations } from '../../src/revocation/revocations.ts'
import type { Mode } from '../../src/session/session.ts'
import { createIssuerKeys } from '../../src/token/issuer-keys.ts'
import { openStoreAt } from './fleet-store.ts'
import { createHeldStore, type HoldPoint } from './held-store.ts'
import type { LoginCall } from './login-processes.ts'

const clock = systemClock
const secrets = createSecretRing(['an application secret of 32 characters or more'])
const store = createHeldStore(await openStoreAt(process.argv[2] ?? ''))
const claims = store.records('test-claims')
const { follower, view, settle, start, close } = createRevocations({ engine: store.revocations, clock })
const logins = createLogins({
  store,
  issuer: 'https://app.example',
  keys: createIssuerKeys({ records: store.records('signing-keys'), secrets, clock }),
  secrets,
  clock,
  touchSeconds: Number(process.argv[3]),
  revocations: { view, settle, onApplied: follower.onApplied, onReset: follower.onReset, close },
  audiences: { outside: { external: true } },
  claims: async (subject) => ((await claims.find(subject, clock.now()))?.value ?? {}) as JsonObject,
})

/** What a parent may ask for besides the methods of `Logins`. */
const more: Readonly<Record<string, (...args: never[]) => unknown>> = {
  setClaims: (subject: string, value: Json) => claims.put(subject, value, null, clock.now()),
  plusOne: (sessionId: string) => logins.updateData(sessionId, (n) => (n as number) + 1),
  issueMode: (issue: Mode) => logins.modes.change(() => ({ issue })),
  lookForModes: () => logins.modes.look(),
  moveFrom: (key: string, subject: string) =>
    logins.moveIn({ key, from: 'old', device: { userAgent: null, address: null }, load: async () => ({ subject }) }),
  publishList: async (list: string) => (await logins.statusLists?.publish(list))?.token ?? null,
  hold: (method: string, point: HoldPoint) => store.hold(method, point),
  reached: () => store.reached(),
  release: () => store.release(),
  zero: (sessionId: string) => logins.updateData(sessionId, () => 0),
}

process.on('message', async ({ id, startAtMs, method, args }: LoginCall) => {
  // All workers spin up to one moment, so that they do meet.
  while (Date.now() < startAtMs);
  try {
    const known = more[method] ?? (logins as unknown as typeof more)[method]
    if (!known) throw new TypeError(`no such method: ${method}`)
    process.send?.({ id, value: await known(...(args as never[])) })
  } catch (error) {
    process.send?.({ id, error: isAuthError(error) ? error.code : String(error) })
  }
})
process.on('disconnect', async () => {
  await logins.close()
  process.exit()
})
await start()
process.send?.('ready')
