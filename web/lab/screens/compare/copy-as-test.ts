/** A scenario as a Vitest test against the real core, to be put into a project that uses Sojourn. */
import type { Setup } from '../../sim/result.ts'
import { SCENARIO_WORDS, type ScenarioName } from '../../sim/scenarios.ts'

const HEAD = `import { createAuth } from 'sojourn'
import { createMemoryStore } from 'sojourn/stores/memory'
import { createFaultyStore, createTestClock } from 'sojourn/testing'
import { createVerifier } from 'sojourn/verifier'
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
const bearer = (token: string) => ask({ authorization: \`Bearer \${token}\` })
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
`

const REVOKED = (call: string): string => `
  const { first, instances, close } = await fleet(COUNT)
  const ana = await signIn(first)
  expect(await everywhere(instances, ana.token)).not.toContain(false)
  expect(await everywhere(instances, ana.cookie)).not.toContain(false)
  ${call}
  expect(await everywhere(instances, ana.token)).not.toContain(true)
  expect(await everywhere(instances, ana.cookie)).not.toContain(true)
  // A verifier that knows nothing of revocations lets it in until it expires.
  const plain = createVerifier({ keys: await first.keys.publicKeys(), issuer: ISSUER, audience: ISSUER })
  expect((await plain.verify(ana.accessToken)).sub).toBe('ana')
  await close()`

const BODIES: Readonly<Record<ScenarioName, string>> = {
  'revoke-one': REVOKED(
    'await first.revoke({ session: ana.byToken.session.id })\n  await first.revoke({ session: ana.byCookie.session.id })',
  ),
  'revoke-user': REVOKED("await first.revoke({ subject: 'ana' })"),
  'role-removed': `
  const { first, instances, close } = await fleet(COUNT)
  const ana = await signIn(first)
  const admins = () => Promise.all(instances.map(async (auth) => (await auth.require(ana.token)).claims.roles.includes('admin')))
  expect(await admins()).not.toContain(false)
  roles.set('ana', ['reader'])
  await first.changeClaims('ana')
  expect(await admins()).not.toContain(true)
  roles.set('ana', ['reader', 'admin'])
  await close()`,
  'password-reset': `
  const { first, instances, close } = await fleet(COUNT)
  const stolen = await signIn(first)
  const own = await signIn(first)
  const kept = await first.revokeOthers(await first.require(own.cookie))
  expect(await everywhere(instances, stolen.token)).not.toContain(true)
  expect(await everywhere(instances, ask({ cookie: kept?.setCookie?.split(';')[0] ?? '' }))).not.toContain(false)
  await close()`,
  'store-outage': `
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
  await close()`,
  'new-instance': `
  const store = createMemoryStore()
  const old = await fleet(COUNT, store)
  const ana = await signIn(old.first)
  const added = await fleet(1, store)
  expect(await isIn(added.first, ana.token)).toBe(true)
  expect(await isIn(added.first, ana.cookie)).toBe(true)
  await Promise.all([old.close(), added.close()])`,
  partition: `
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
  await Promise.all([near.close(), far.close()])`,
  'key-rotation': `
  const { first, instances, close } = await fleet(COUNT)
  const before = await signIn(first)
  await first.keys.rotate()
  const after = await signIn(first)
  expect(await everywhere(instances, before.token)).not.toContain(false)
  expect(await everywhere(instances, after.token)).not.toContain(false)
  await close()`,
  'clock-skew': `
  const { first, close } = await fleet(1)
  const { accessToken } = await signIn(first)
  const options = { keys: await first.keys.publicKeys(), issuer: ISSUER, audience: ISSUER }
  const { exp } = await createVerifier(options).verify(accessToken)
  const right = createVerifier({ ...options, clock: () => exp + 80 })
  const behind = createVerifier({ ...options, clock: () => exp + 80 - 90 })
  await expect(right.verify(accessToken)).rejects.toMatchObject({ code: 'token.expired' })
  expect((await behind.verify(accessToken)).sub).toBe('ana')
  await close()`,
  'login-storm': `
  const { first, instances, close } = await fleet(COUNT)
  const subjects = Array.from({ length: 100 }, (_, i) => \`user-\${i}\`)
  const logins = await Promise.all(subjects.map((subject) => first.logIn({ subject, mode: 'token' }, ask({}))))
  for (const { tokens } of logins) expect(await everywhere(instances, bearer(tokens?.accessToken ?? ''))).not.toContain(false)
  await close()`,
  'thirty-days': `
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
  clock.advance(60 * MINUTES)
  await expect(verifier.verify(accessToken)).rejects.toMatchObject({ code: 'token.expired' })
  await close()`,
  'header-budget': `
  const { first, close } = await fleet(1)
  const small = await signIn(first)
  roles.set('ana', Array.from({ length: 40 }, (_, i) => \`project-\${String(i + 1).padStart(3, '0')}:editor\`))
  const large = await signIn(first)
  expect(large.accessToken.length).toBeGreaterThan(small.accessToken.length + 1000)
  expect(large.cookie.headers.get('cookie')?.length).toBe(small.cookie.headers.get('cookie')?.length)
  roles.set('ana', ['reader', 'admin'])
  await close()`,
}

/** The test alone, for a file that has the head already. */
export function testOf({
  scenario,
  instances,
  tokenMinutes,
}: Pick<Setup, 'scenario' | 'instances' | 'tokenMinutes'>): string {
  const { title } = SCENARIO_WORDS[scenario]
  const body = BODIES[scenario].replaceAll('COUNT', String(instances)).replaceAll('MINUTES', String(tokenMinutes))
  return `\nit('${title}', async () => {${body}\n})\n`
}

/** A whole file; what is not used is not imported. */
export function asTest(setup: Pick<Setup, 'scenario' | 'instances' | 'tokenMinutes'>): string {
  return trimmed(HEAD + testOf({ ...setup, tokenMinutes: Math.max(10, setup.tokenMinutes) }))
}

/** Several scenarios in one file. */
export function asTests(scenarios: readonly ScenarioName[]): string {
  return trimmed(HEAD + scenarios.map((scenario) => testOf({ scenario, instances: 3, tokenMinutes: 10 })).join(''))
}

function trimmed(text: string): string {
  return text
    .replace(/^import \{ (.+) \} from (.+)$/gm, (_, names: string, from: string) => {
      const used = names.split(', ').filter((name) => text.split(new RegExp(`\\b${name}\\b`)).length > 2)
      return used.length > 0 ? `import { ${used.join(', ')} } from ${from}` : ''
    })
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|(?<=sojourn[^\n]*)\n\n(?=import)/g, '\n')
    .trimStart()
}
