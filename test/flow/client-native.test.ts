/** A native program with tokens against the real routes, over a real socket. */
import { afterEach, expect, it } from 'vitest'
import { type ClientEvent, createTokenClient, type TokenClientOptions } from '../../src/client/index.ts'
import { PASSWORD, type Site, type SiteOptions, startSite } from '../support/client-site.ts'

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function site(options: SiteOptions = {}): Promise<Site> {
  const started = await startSite(options)
  closers.push(() => started.close())
  return started
}

async function program(at: Site, options: Partial<TokenClientOptions> = {}) {
  const client = createTokenClient({ mode: 'token', issuer: at.origin, ...options })
  const events: ClientEvent[] = []
  client.subscribe((event) => events.push(event))
  return { client, events }
}

async function signedIn(at: Site, options: Partial<TokenClientOptions> = {}) {
  const made = await program(at, options)
  expect(await made.client.signIn({ email: 'alice', password: PASSWORD })).toMatchObject({ ok: true })
  return made
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

it('signs in, asks, refreshes once for thirty calls, signs out', async () => {
  // Long enough for thirty answers of a busy machine: a token that ends among them is refreshed once more, and rightly.
  const at = await site({ lifetimeSeconds: 5 })
  const { client, events } = await signedIn(at)
  await sleep(5200)
  const answers = await Promise.all(Array.from({ length: 30 }, () => client.fetch(`${at.origin}/whoami`)))
  expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(200))
  expect(await answers[0]?.json()).toEqual({ subject: 'alice', roles: ['reader'] })
  expect(at.count('refresh.rotated')).toBe(1)
  expect(at.count('refresh.replayed')).toBe(0)
  expect(at.asked('/auth/refresh')).toHaveLength(1)

  expect(await client.signOut()).toEqual({ ok: true, value: null })
  expect((await client.fetch(`${at.origin}/whoami`)).status).toBe(401)
  expect(events).toEqual([{ type: 'signedIn' }, { type: 'signedOut', reason: 'here' }])
  const ended = at.events.map(({ action }) => action).filter((action) => /sign_out|revoked/.test(action))
  expect(ended).toHaveLength(1)
  for (const { target, cookie } of at.arrivals) {
    expect(target).not.toMatch(/eyJ|refresh_token|token=/)
    expect(cookie).toBe(false)
  }
})

it('refuses a wrong password with its code', async () => {
  const at = await site()
  const { client } = await program(at)
  expect(await client.signIn({ email: 'alice', password: 'wrong' })).toMatchObject({
    ok: false,
    problem: { code: 'account.credentials', status: 401 },
  })
})

it('gets the same successor when the answer to a refresh is cut off', async () => {
  const at = await site({ lifetimeSeconds: 4 })
  const { client, events } = await signedIn(at)
  at.outages.push('/auth/refresh')
  await sleep(4200)
  expect((await client.fetch(`${at.origin}/whoami`)).status).toBe(200)
  expect(at.count('refresh.rotated')).toBe(1)
  expect(at.count('refresh.replayed')).toBe(1)
  await sleep(4200)
  expect((await client.fetch(`${at.origin}/whoami`)).status).toBe(200)
  expect(at.count('refresh.reused')).toBe(0)
  expect(events).toEqual([{ type: 'signedIn' }])
})

it('knows its session and devices, ends one and then the others, and goes on', async () => {
  const at = await site()
  const [phone, tablet, laptop] = [await signedIn(at), await signedIn(at), await signedIn(at)]
  const session = await phone.client.session()
  expect(session).toMatchObject({
    ok: true,
    value: { subject: 'alice', claims: { roles: ['reader'] }, session: { mode: 'token' } },
  })
  const listed = await phone.client.devices()
  if (!listed.ok) throw new Error(listed.problem.code)
  expect(listed.value.devices).toHaveLength(3)
  expect(listed.value.devices.filter(({ current }) => current).map(({ id }) => id)).toEqual([
    phone.client.state.sessionId,
  ])

  const theirs = await tablet.client.session()
  if (!theirs.ok) throw new Error(theirs.problem.code)
  expect(await phone.client.endDevice(theirs.value.session.id)).toEqual({ ok: true, value: null })
  expect((await tablet.client.fetch(`${at.origin}/whoami`)).status).toBe(401)
  expect(tablet.events.at(-1)).toEqual({ type: 'signedOut', reason: 'elsewhere' })

  expect(await phone.client.endOthers()).toMatchObject({ ok: true })
  expect((await phone.client.fetch(`${at.origin}/whoami`)).status).toBe(200)
  expect((await laptop.client.fetch(`${at.origin}/whoami`)).status).toBe(401)
  expect(laptop.events.at(-1)).toEqual({ type: 'signedOut', reason: 'elsewhere' })
  expect(phone.events).toEqual([{ type: 'signedIn' }])
})

it('sees changed claims, signed in all the while', async () => {
  const at = await site()
  const { client, events } = await signedIn(at)
  await client.session()
  at.roles.set('alice', ['admin'])
  await at.auth.changeClaims('alice')
  expect(await (await client.fetch(`${at.origin}/whoami`)).json()).toEqual({ subject: 'alice', roles: ['admin'] })
  expect(await client.session()).toMatchObject({ value: { claims: { roles: ['admin'] } } })
  expect(events).toEqual([{ type: 'signedIn' }, { type: 'claimsChanged', claims: { roles: ['admin'] } }])
})

it('survives a restart of the program by its storage', async () => {
  const at = await site({ lifetimeSeconds: 1 })
  let kept: string | null = null
  const storage = {
    read: () => kept,
    write(value: string | null) {
      kept = value
    },
  }
  const first = await signedIn(at, { storage })
  first.client.close()
  expect(kept).not.toMatch(/eyJ/)
  const second = await program(at, { storage })
  expect(await second.client.session()).toMatchObject({ ok: true, value: { subject: 'alice' } })
  await second.client.signOut()
  expect(kept).toBeNull()
})

it('keeps its tokens while the server is away', async () => {
  const at = await startSite({ lifetimeSeconds: 1 })
  const { client, events } = await signedIn(at)
  await sleep(1200)
  await at.close()
  const response = await client.fetch(`${at.origin}/whoami`)
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ code: 'client.network' })
  expect(client.state.status).toBe('signedIn')
  expect(events.at(-1)).toEqual({ type: 'unavailable', retryAfterSeconds: 5 })
})
