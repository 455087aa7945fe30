// biome-ignore-all format: as it is copied
// biome-ignore-all assist: as it is copied
import { createAuth } from '../../../../src/index.ts'
import { createMemoryStore } from '../../../../src/stores/memory/index.ts'
import { createFaultyStore, createTestClock } from '../../../../src/testing/index.ts'
import { createVerifier } from '../../../../src/verifier/index.ts'
import { expect, it } from 'vitest'

const ISSUER = 'https://app.example'
const roles = new Map<string, string[]>([['ana', ['reader', 'admin']]])

/** Instances over one store, as many as asked for; ready to decide from memory. */
async function fleet(count: number, store = createMemoryStore(), more = {}) {
  const instances = Array.from({ length: count }, () =>
    createAuth({
      store,
      issuer: ISSUER,
      secrets: 'a secret for tests only, 0123456789 abcdef',
      claims: (subject: string) => ({ roles: roles.get(subject) ?? [] }),
      ...more,
    }),
  )
  await Promise.all(instances.map((auth) => auth.ready()))
  const [first] = instances
  if (!first) throw new TypeError('a fleet has an instance')
  return { first, instances, close: () => Promise.all(instances.map((auth) => auth.close())) }
}
type Auth = Awaited<ReturnType<typeof fleet>>['first']

const ask = (headers: Record<string, string>) => ({ method: 'GET', headers: new Headers(headers) })
const bearer = (token: string) => ask({ authorization: `Bearer ${token}` })
const signIn = async (auth: Auth) => {
  const byToken = await auth.logIn({ subject: 'ana', mode: 'token' }, ask({}))
  const byCookie = await auth.logIn({ subject: 'ana', mode: 'cookie' }, ask({}))
  const accessToken = byToken.tokens?.accessToken ?? ''
  const cookie = ask({ cookie: byCookie.setCookie?.split(';')[0] ?? '' })
  return { byToken, byCookie, accessToken, token: bearer(accessToken), cookie }
}
/** Whether this request is let in. */
const isIn = async (auth: Auth, request: ReturnType<typeof ask>) =>
  auth.identify(request).then(
    (login) => login !== null,
    () => false,
  )
const everywhere = (instances: readonly Auth[], request: ReturnType<typeof ask>) =>
  Promise.all(instances.map((auth) => isIn(auth, request)))

it('Revoke one login', async () => {
  const { first, instances, close } = await fleet(3)
  const ana = await signIn(first)
  expect(await everywhere(instances, ana.token)).not.toContain(false)
  expect(await everywhere(instances, ana.cookie)).not.toContain(false)
  await first.revoke({ session: ana.byToken.session.id })
  await first.revoke({ session: ana.byCookie.session.id })
  expect(await everywhere(instances, ana.token)).not.toContain(true)
  expect(await everywhere(instances, ana.cookie)).not.toContain(true)
  // A verifier that knows nothing of revocations lets it in until it expires.
  const plain = createVerifier({ keys: await first.keys.publicKeys(), issuer: ISSUER, audience: ISSUER })
  expect((await plain.verify(ana.accessToken)).sub).toBe('ana')
  await close()
})

it('Revoke all of a user', async () => {
  const { first, instances, close } = await fleet(3)
  const ana = await signIn(first)
  expect(await everywhere(instances, ana.token)).not.toContain(false)
  expect(await everywhere(instances, ana.cookie)).not.toContain(false)
  await first.revoke({ subject: 'ana' })
  expect(await everywhere(instances, ana.token)).not.toContain(true)
  expect(await everywhere(instances, ana.cookie)).not.toContain(true)
  // A verifier that knows nothing of revocations lets it in until it expires.
  const plain = createVerifier({ keys: await first.keys.publicKeys(), issuer: ISSUER, audience: ISSUER })
  expect((await plain.verify(ana.accessToken)).sub).toBe('ana')
  await close()
})

it('Role removed', async () => {
  const { first, instances, close } = await fleet(3)
  const ana = await signIn(first)
  const admins = () => Promise.all(instances.map(async (auth) => (await auth.require(ana.token)).claims.roles.includes('admin')))
  expect(await admins()).not.toContain(false)
  roles.set('ana', ['reader'])
  await first.changeClaims('ana')
  expect(await admins()).not.toContain(true)
  roles.set('ana', ['reader', 'admin'])
  await close()
})

it('Password reset', async () => {
  const { first, instances, close } = await fleet(3)
  const stolen = await signIn(first)
  const own = await signIn(first)
  const kept = await first.revokeOthers(await first.require(own.cookie))
  expect(await everywhere(instances, stolen.token)).not.toContain(true)
  expect(await everywhere(instances, ask({ cookie: kept?.setCookie?.split(';')[0] ?? '' }))).not.toContain(false)
  await close()
})

it('Store outage', async () => {
  const store = createFaultyStore(createMemoryStore())
  const { first, close } = await fleet(1, store)
  const ana = await signIn(first)
  expect(await isIn(first, ana.token)).toBe(true)
  store.arm({ fault: 'fails', times: Number.POSITIVE_INFINITY })
  // From memory, while the lease holds; a cookie that is not in memory cannot be told.
  expect(await isIn(first, ana.token)).toBe(true)
  await expect(first.identify(ana.cookie)).rejects.toMatchObject({ code: 'store.unavailable' })
  store.disarm()
  expect(await isIn(first, ana.cookie)).toBe(true)
  await close()
})

it('New instance', async () => {
  const store = createMemoryStore()
  const old = await fleet(3, store)
  const ana = await signIn(old.first)
  const added = await fleet(1, store)
  expect(await isIn(added.first, ana.token)).toBe(true)
  expect(await isIn(added.first, ana.cookie)).toBe(true)
  await Promise.all([old.close(), added.close()])
})

it('Network partition', async () => {
  const store = createMemoryStore()
  const cut = createFaultyStore(store)
  const near = await fleet(1, store, { leaseSeconds: 2 })
  const far = await fleet(1, cut, { leaseSeconds: 2 })
  const ana = await signIn(near.first)
  expect(await isIn(far.first, ana.token)).toBe(true)
  cut.arm({ fault: 'fails', times: Number.POSITIVE_INFINITY })
  const receipt = await near.first.revoke({ session: ana.byToken.session.id })
  expect(receipt.confirmedBy).toBe('lease')
  expect(await isIn(far.first, ana.token)).toBe(false)
  await Promise.all([near.close(), far.close()])
})

it('Key rotation', async () => {
  const { first, instances, close } = await fleet(3)
  const before = await signIn(first)
  await first.keys.rotate()
  const after = await signIn(first)
  expect(await everywhere(instances, before.token)).not.toContain(false)
  expect(await everywhere(instances, after.token)).not.toContain(false)
  await close()
})

it('Clock skew', async () => {
  const { first, close } = await fleet(1)
  const { accessToken } = await signIn(first)
  const options = { keys: await first.keys.publicKeys(), issuer: ISSUER, audience: ISSUER }
  const { exp } = await createVerifier(options).verify(accessToken)
  const right = createVerifier({ ...options, clock: () => exp + 80 })
  const behind = createVerifier({ ...options, clock: () => exp + 80 - 90 })
  await expect(right.verify(accessToken)).rejects.toMatchObject({ code: 'token.expired' })
  expect((await behind.verify(accessToken)).sub).toBe('ana')
  await close()
})

it('Login storm', async () => {
  const { first, instances, close } = await fleet(3)
  const subjects = Array.from({ length: 100 }, (_, i) => `user-${i}`)
  const logins = await Promise.all(subjects.map((subject) => first.logIn({ subject, mode: 'token' }, ask({}))))
  for (const { tokens } of logins) expect(await everywhere(instances, bearer(tokens?.accessToken ?? ''))).not.toContain(false)
  await close()
})

it('A session of 30 days', async () => {
  const clock = createTestClock()
  const { first, close } = await fleet(1, createMemoryStore(), { clock })
  const { accessToken } = await signIn(first)
  const verifier = createVerifier({
    keys: await first.keys.publicKeys(),
    issuer: ISSUER,
    audience: ISSUER,
    clock: () => clock.now(),
  })
  expect((await verifier.verify(accessToken)).sub).toBe('ana')
  clock.advance(60 * 10)
  await expect(verifier.verify(accessToken)).rejects.toMatchObject({ code: 'token.expired' })
  await close()
})

it('Header budget', async () => {
  const { first, close } = await fleet(1)
  const small = await signIn(first)
  roles.set('ana', Array.from({ length: 40 }, (_, i) => `project-${String(i + 1).padStart(3, '0')}:editor`))
  const large = await signIn(first)
  expect(large.accessToken.length).toBeGreaterThan(small.accessToken.length + 1000)
  expect(large.cookie.headers.get('cookie')?.length).toBe(small.cookie.headers.get('cookie')?.length)
  roles.set('ana', ['reader', 'admin'])
  await close()
})
