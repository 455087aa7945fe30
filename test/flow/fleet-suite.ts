/** What four server processes on one store do together; each fleet store runs it in a file of ten lines. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { askServer, FLEET_SECRET, type Fleet, type FleetAnswer, type FleetAsk, startFleet } from '../support/fleet.ts'
import { openStoreAt, settleLog } from '../support/fleet-store.ts'
import { runCli, temporaryFolder } from '../support/processes.ts'
import { OPERATOR_KEY } from '../support/running-server.ts'
import type { ServerProcess } from '../support/servers.ts'

export interface FleetEngine {
  /** Keeps over a kill what it has confirmed. */
  start(): Promise<ServerProcess & { readonly url: string }>
  /** As `SOJOURN_STORE`, with a prefix or schema that nobody else has. */
  storeUrl(url: string): string
}

const SERVERS = 4
const PASSWORD = 'plum-otter-cargo'
const COOKIE = '__Host-Http-sid'
const OPERATOR = { Authorization: `Bearer ${OPERATOR_KEY}` }
const ALL = Array.from({ length: SERVERS }, (_, index) => index)

interface Person {
  readonly subject: string
  readonly cookie: Readonly<Record<string, string>>
  readonly bearer: Readonly<Record<string, string>>
}

export function fleetSuite(engine: FleetEngine): void {
  const folder = temporaryFolder()
  let store: Awaited<ReturnType<FleetEngine['start']>>
  let fleet: Fleet
  let people = 0

  beforeAll(async () => {
    store = await engine.start()
    fleet = await startFleet(SERVERS, engine.storeUrl(store.url), folder.path)
    await settle(engine.storeUrl(store.url))
    await until(async () => (await Promise.all(ALL.map(lease))).every((said) => said === 'ok'))
  }, 120_000)
  afterAll(async () => {
    await fleet?.stop()
    await store?.stop()
    folder.remove()
  }, 60_000)

  const portOf = (index: number): number => Number(fleet.servers[index]?.env.PORT)
  const ask = (index: number, method: string, path: string, asked?: FleetAsk): Promise<FleetAnswer> =>
    askServer({ url: fleet.url, port: portOf(index) }, method, path, asked)
  const readiness = async (index: number): Promise<boolean> => (await ask(index, 'GET', '/readyz')).status === 200
  const lease = async (index: number): Promise<string> => (await ask(index, 'GET', '/readyz')).json.checks.lease
  const session = (index: number, headers: Readonly<Record<string, string>>, timeoutMs?: number) =>
    ask(index, 'GET', '/auth/session', { headers, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
  const everywhere = async (headers: Readonly<Record<string, string>>): Promise<readonly number[]> =>
    (await Promise.all(ALL.map((index) => session(index, headers)))).map(({ status }) => status)

  /** Signs up at one server, and for a phone at another. */
  async function newPerson(at = 0): Promise<Person> {
    const email = `person-${++people}@example.org`
    const from = { 'X-Forwarded-For': `10.1.${people >> 8}.${people & 255}` }
    const signedUp = await ask(at, 'POST', '/auth/sign-up', { json: { email, password: PASSWORD }, headers: from })
    expect(signedUp.status, JSON.stringify(signedUp.json)).toBe(201)
    const phone = await ask((at + 1) % SERVERS, 'POST', '/auth/sign-in', {
      json: { email, password: PASSWORD, mode: 'token' },
      headers: from,
    })
    expect(phone.status, JSON.stringify(phone.json)).toBe(200)
    return {
      subject: signedUp.json.subject,
      cookie: { Cookie: cookieOf(signedUp) },
      bearer: { Authorization: `Bearer ${phone.json.access_token}` },
    }
  }

  describe('four servers on one store', () => {
    it('accept each cookie and each token, and refuse both at the next request once one of them has revoked', async () => {
      const ada = await newPerson(0)
      for (const credential of [ada.cookie, ada.bearer])
        expect(await everywhere(credential)).toEqual(ALL.map(() => 200))

      const { json, status } = await ask(3, 'POST', '/admin/revoke', {
        json: { session: (await session(1, ada.cookie)).json.session.id },
        headers: OPERATOR,
      })
      expect([status, json.receipt?.confirmed_by ?? json.confirmed_by]).toEqual([200, 'acks'])
      expect(await everywhere(ada.cookie)).toEqual(ALL.map(() => 401))
      expect(await everywhere(ada.bearer)).toEqual(ALL.map(() => 200))
      await ask(2, 'POST', '/admin/revoke', { json: { subject: ada.subject }, headers: OPERATOR })
      expect(await everywhere(ada.bearer)).toEqual(ALL.map(() => 401))
    })

    it('show an operator whom a revocation waits for, and when each has confirmed and last accepted', async () => {
      const zoe = await newPerson(0)
      const from = Math.floor(Date.now() / 1000)
      expect(await everywhere(zoe.bearer)).toEqual(ALL.map(() => 200))
      const revoked = await ask(1, 'POST', '/admin/revoke', { json: { subject: zoe.subject }, headers: OPERATOR })
      const confirmed = revoked.json.verifiers as readonly { readonly id: string; readonly by: string }[]
      const list = async () => (await ask(2, 'GET', '/admin/verifiers', { headers: OPERATOR })).json
      const told = async () =>
        ((await list()).verifiers as readonly { id: string; confirmed_at: number; last_accepted_at: number }[])
          .filter(({ confirmed_at, last_accepted_at }) => Math.min(confirmed_at, last_accepted_at) >= from)
          .map(({ id }) => id)
          .sort()
      await expect.poll(told, { timeout: 30_000 }).toEqual(confirmed.map(({ id }) => id).sort())
      const { head, verifiers } = await list()
      expect(new Set(verifiers.map(({ name }: { name: string }) => name)).size).toBe(SERVERS)
      for (const one of verifiers) expect(one).toMatchObject({ kind: 'server', confirmed_offset: head })
    })

    it('see a changed role at the next request, and log nobody out for it', async () => {
      const bob = await newPerson(1)
      for (const credential of [bob.cookie, bob.bearer]) await everywhere(credential)
      for (const [at, roles] of [
        [2, ['editor']],
        [0, []],
      ] as const) {
        const changed = await ask(at, 'PUT', `/admin/subjects/${bob.subject}/claims`, {
          json: { roles },
          headers: OPERATOR,
        })
        expect(changed.status).toBe(200)
        for (const credential of [bob.cookie, bob.bearer]) {
          const seen = await Promise.all(ALL.map((index) => session(index, credential)))
          expect(seen.map(({ json }) => json.claims?.roles)).toEqual(ALL.map(() => roles))
        }
      }
    })

    it('close the live connections that an application of theirs holds open, before the revocation returns', async () => {
      const eve = await newPerson(2)
      const app = await startApp(fleet)
      try {
        const headers = { ...eve.cookie, Origin: fleet.url, Host: new URL(fleet.url).host }
        const socket = new WebSocket(`ws://127.0.0.1:${app.port}`, { headers })
        const closed = once(socket, 'close')
        await once(socket, 'message')
        const events = await openEvents(app.port, headers)
        await ask(0, 'POST', '/admin/revoke', { json: { subject: eve.subject }, headers: OPERATOR })
        expect((await closed)[0]).toBe(4401)
        await events.closed
      } finally {
        await app.stop()
      }
    })

    it('take a hundred sign-ups at once, and one of four with the same address', async () => {
      const signUp = (index: number, email: string) =>
        ask(index % SERVERS, 'POST', '/auth/sign-up', {
          json: { email, password: PASSWORD },
          headers: { 'X-Forwarded-For': `10.2.0.${index}` },
        })
      const made = await Promise.all(Array.from({ length: 100 }, (_, i) => signUp(i, `crowd-${i}@example.org`)))
      expect(new Set(made.map(({ status }) => status))).toEqual(new Set([201]))
      expect(new Set(made.map(({ json }) => json.subject)).size).toBe(100)
      const cookies = await Promise.all(made.map((one, i) => session((i + 1) % SERVERS, { Cookie: cookieOf(one) })))
      expect(new Set(cookies.map(({ status }) => status))).toEqual(new Set([200]))
      const same = await Promise.all(ALL.map((index) => signUp(index, 'same@example.org')))
      expect(same.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
    }, 60_000)

    it('count guesses together', async () => {
      const email = `person-${people}@example.org`
      const guess = (i: number) =>
        ask(i % SERVERS, 'POST', '/auth/sign-in', {
          json: { email, password: `guess-number-${i}` },
          headers: { 'X-Forwarded-For': `10.3.0.${i}` },
        })
      const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => guess(i)))
      const judged = answers.filter(({ status }) => status === 401).length
      // Ten at once; more only when the first delays are over before the last guess has been counted.
      expect(judged).toBeGreaterThanOrEqual(10)
      expect(judged).toBeLessThan(16)
      expect(answers.filter(({ status }) => status === 429)).toHaveLength(40 - judged)
    })

    it('are asked and told by the command line, beside them', async () => {
      const dan = await newPerson(3)
      const { env } = fleet
      const listed = await runCli(['sessions', 'list', '--subject', dan.subject, '--json'], { env })
      expect(listed.stderr).toBe('')
      expect(JSON.parse(listed.stdout).sessions).toHaveLength(2)
      const revoked = await runCli(['sessions', 'revoke', '--subject', dan.subject], { env })
      expect(revoked.stdout).toMatch(/confirmed by acks/)
      expect(await everywhere(dan.cookie)).toEqual(ALL.map(() => 401))
      const [accounts, doctor] = await Promise.all([
        runCli(['accounts', 'list', '--json'], { env }),
        runCli(['doctor'], { env: { ...env, PORT: '0' } }),
      ])
      expect(accounts.stdout).toContain('person-1@example.org')
      expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringMatching(/^good {2}store: .*durability D\d$/m)])
      expect(doctor.stdout).not.toContain('SOJOURN_SECRET')
    }, 60_000)

    it('pull the emergency brake together', async () => {
      const fay = await newPerson(1)
      for (const credential of [fay.cookie, fay.bearer])
        expect(await everywhere(credential)).toEqual(ALL.map(() => 200))
      const { stdout } = await runCli(['keys', 'rotate', '--compromised', '--json'], { env: fleet.env })
      expect(JSON.parse(stdout).retired.length).toBeGreaterThan(0)
      for (const credential of [fay.cookie, fay.bearer])
        expect(await everywhere(credential)).toEqual(ALL.map(() => 401))
      // Each server signs with the new key, and each accepts what another one has signed.
      for (const index of ALL) {
        const next = await newPerson(index)
        for (const credential of [next.cookie, next.bearer])
          expect(await everywhere(credential)).toEqual(ALL.map(() => 200))
      }
    }, 60_000)
  })

  describe('a rolling restart under load', () => {
    it('logs nobody out and refuses no request', async () => {
      const crowd = [await newPerson(0), await newPerson(1), await newPerson(2)]
      const balancer = { url: fleet.url, port: Number(new URL(fleet.url).port) }
      let isOver = false
      const seen = new Map<number, number>()
      const askOnAndOn = async (headers: Readonly<Record<string, string>>): Promise<void> => {
        while (!isOver) {
          const { status, setCookie } = await askServer(balancer, 'GET', '/auth/session', { headers })
          seen.set(status, (seen.get(status) ?? 0) + 1)
          expect(setCookie).toEqual([])
          await sleep(25)
        }
      }
      const load = Promise.all(crowd.flatMap(({ cookie, bearer }) => [cookie, bearer]).map(askOnAndOn))
      // Its failure is told at the end.
      load.catch(() => undefined)
      for (const index of ALL) {
        await fleet.restart(index)
        await until(() => readiness(index))
        // The balancer looks twice a second.
        await sleep(600)
      }
      isOver = true
      await load
      expect([...seen.keys()]).toEqual([200])
      expect(seen.get(200)).toBeGreaterThan(100)
    }, 120_000)
  })

  describe('a store that is away', () => {
    const warm = async (): Promise<Person> => {
      const person = await newPerson(0)
      await everywhere(person.cookie)
      await everywhere(person.bearer)
      return person
    }
    const newLogin = (index: number) =>
      ask(index, 'POST', '/auth/sign-in', {
        json: { email: 'crowd-1@example.org', password: PASSWORD },
        headers: { 'X-Forwarded-For': '10.4.0.1' },
      })

    const allAs = async (gus: Person): Promise<void> => {
      for (const credential of [gus.cookie, gus.bearer])
        await until(async () => (await everywhere(credential)).every((status) => status === 200))
      await until(async () => (await Promise.all(ALL.map(newLogin))).every(({ status }) => status === 200))
      await until(async () => (await Promise.all(ALL.map(readiness))).every((is) => is))
    }

    it('because it stalls: known logins go on for a lease, then 503, then all is as before', async () => {
      const gus = await warm()
      store.pause()
      const gone = Date.now()
      for (const credential of [gus.cookie, gus.bearer])
        expect(await everywhere(credential)).toEqual(ALL.map(() => 200))
      for (const answer of await Promise.all(ALL.map(newLogin))) expectUnavailable(answer)
      await until(async () => (await session(0, gus.cookie)).status !== 200)
      // Not before the lease has run out, but for the time since its last renewal.
      expect(Date.now() - gone).toBeGreaterThan(8000)
      await until(async () => (await everywhere(gus.bearer)).every((status) => status !== 200))
      for (const credential of [gus.cookie, gus.bearer])
        for (const answer of await Promise.all(ALL.map((index) => session(index, credential))))
          expectUnavailable(answer)
      const notReady = await ask(0, 'GET', '/readyz')
      expect([notReady.status, notReady.json.checks.store]).toEqual([503, 'store.unavailable'])
      store.resume()
      await allAs(gus)
    }, 120_000)

    it('because it was killed: what it had confirmed is there when it is back, and known logins notice nothing', async () => {
      const [gus, hal] = [await warm(), await warm()]
      await ask(1, 'POST', '/admin/revoke', { json: { subject: hal.subject }, headers: OPERATOR })
      await store.kill()
      for (const credential of [gus.cookie, gus.bearer])
        expect(await everywhere(credential)).toEqual(ALL.map(() => 200))
      for (const answer of await Promise.all(ALL.map(newLogin))) expectUnavailable(answer)
      await store.restart()
      await allAs(gus)
      for (const credential of [hal.cookie, hal.bearer])
        expect(await everywhere(credential)).toEqual(ALL.map(() => 401))
    }, 120_000)
  })
}

/** A log that nobody has used counts as one that was lost: nobody waits for that here. */
async function settle(url: string): Promise<void> {
  const store = await openStoreAt(url)
  await settleLog(store)
  await store.close()
}

/** 503 with a time to come back, and no cookie touched. */
function expectUnavailable({ status, retryAfter, setCookie }: FleetAnswer): void {
  expect([status, setCookie]).toEqual([503, []])
  expect(retryAfter).toMatch(/^\d+$/)
}

function cookieOf({ setCookie }: FleetAnswer): string {
  const line = setCookie.find((one) => one.startsWith(COOKIE)) ?? ''
  return line.slice(0, line.indexOf(';'))
}

/** Waits generously: a loaded machine is no failure. */
async function until(isSo: () => Promise<boolean>, ms = 60_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error('it has not come to be')
    await sleep(50)
  }
}

async function startApp({ url, env }: Fleet): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../support/fleet-app.ts', import.meta.url))], {
    env: { PATH: process.env.PATH ?? '', FLEET_URL: url, FLEET_STORE: env.SOJOURN_STORE ?? '', FLEET_SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const [line] = await Promise.race([once(child.stdout, 'data'), ended.then(() => ['the application has ended'])])
  const port = Number(line)
  if (!Number.isInteger(port)) throw new Error(String(line))
  return {
    port,
    async stop() {
      process.off('exit', kill)
      child.kill('SIGTERM')
      await ended
    },
  }
}

function openEvents(port: number, headers: Readonly<Record<string, string>>): Promise<{ closed: Promise<unknown> }> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: '/events', headers, agent: false }, (answer) => {
      // It is cut off, not ended.
      answer.on('error', () => undefined)
      const closed = new Promise((done) => answer.once('close', done))
      answer.once('data', () => resolve({ closed }))
    }).once('error', reject)
  })
}
