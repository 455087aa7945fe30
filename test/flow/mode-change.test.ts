/** 1 000 clients under load over real sockets, two processes' worth of servers: the mode changes, and nobody notices. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeAuth } from '../../src/adapters/node.ts'
import type { Auth } from '../../src/http/auth-shape.ts'
import { createAuth } from '../../src/index.ts'
import type { Json, JsonObject } from '../../src/json.ts'
import type { Store } from '../../src/login/store.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { createModeClients, type ModeClient, type Tally } from '../support/mode-clients.ts'

const ORIGIN = 'https://app.example'
const CLIENTS = 1000

let store: Store
let auths: Auth<JsonObject, Json>[]
let servers: Server[]
let clients: ModeClient[]
let tally: Tally
let stopClients: () => Promise<void>
const failures: unknown[] = []

beforeEach(async () => {
  store = createMemoryStore()
  auths = [0, 1].map(() =>
    createAuth({
      store,
      issuer: ORIGIN,
      secrets: 'a secret of tests, 0123456789 abcdefghijk',
      // Rows are read again while the test runs, as they are within minutes otherwise.
      cacheSeconds: 2,
      onError: (error) => void failures.push(error),
      onBackgroundError: (error) => void failures.push(error),
    }),
  )
  failures.length = 0
  for (const auth of auths) await auth.ready()
  servers = await Promise.all(auths.map(serve))
  tally = { requests: 0, converted: 0, lost: 0, logOuts: [], errors: [] }
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  const kit = createModeClients(ORIGIN, ports, tally)
  clients = []
  for (let i = 0; i < CLIENTS; i++) {
    const headers = new Headers({ 'user-agent': 'load/1.0' })
    const { cookie } = await auths[i % 2]!.logIn({ subject: `user ${i}` }, { method: 'GET', headers })
    clients.push(kit.create({ cookie, access: null, refresh: null }, `user ${i}`, i + 1))
  }
  let running = true
  const loops = clients.map(async (client, i) => {
    await pause(i)
    while (running) {
      await client.round()
      await pause(300)
    }
  })
  stopClients = async () => {
    running = false
    await Promise.all(loops)
    kit.close()
  }
})

afterEach(async () => {
  await stopClients()
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  for (const auth of auths) await auth.close()
  await store.close()
})

async function serve(auth: Auth<JsonObject, Json>): Promise<Server> {
  const app = nodeAuth(auth)
  // A connection that ends just when it is used again would look like an error of ours.
  const server = createServer(
    { keepAliveTimeout: 120_000 },
    app.listener((_request, response, login) => {
      response.statusCode = login ? 200 : 401
      response.end(JSON.stringify(login ? { subject: login.subject } : { code: 'nobody' }))
    }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const modesNow = async () => {
  const { sessions } = await store.sessions.list(null, 2 * CLIENTS, Math.floor(Date.now() / 1000))
  const count = (mode: string) => sessions.filter((session) => session.mode === mode).length
  return { cookie: count('cookie'), token: count('token'), hybrid: count('hybrid') }
}
/** Waits until everybody holds the kind of credential, or everybody's record is of the mode. */
async function until(what: string, isThere: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + 40_000
  while (!(await isThere())) {
    if (Date.now() > end) throw new Error(`${what}: ${JSON.stringify(await modesNow())} ${JSON.stringify(tally)}`)
    await pause(100)
  }
}
const everybody = (kind: 'cookie' | 'token') => () => clients.every((client) => client.kind === kind)

describe('1 000 clients under load', () => {
  it('go from cookie to token, hybrid and cookie: log-outs 0, errors 0', { timeout: 120_000 }, async () => {
    const [auth] = auths as [Auth<JsonObject, Json>]
    await pause(500)
    const toToken = auth.planModeChange({ from: 'cookie', to: 'token' })
    expect(await toToken.dryRun()).toMatchObject({ affected: CLIENTS, convertByClient: CLIENTS })
    await toToken.begin()
    await until('to token', everybody('token'))
    await until('records to token', async () => (await modesNow()).token === CLIENTS)
    await toToken.close()

    await auth.planModeChange({ from: 'token', to: 'hybrid' }).begin()
    await until('to hybrid', everybody('cookie'))
    await until('records to hybrid', async () => (await modesNow()).hybrid === CLIENTS)
    await auth.planModeChange({ from: 'token', to: 'hybrid' }).close()

    const toCookie = auth.planModeChange({ from: 'hybrid', to: 'cookie' })
    expect(await toCookie.dryRun()).toMatchObject({ affected: CLIENTS, convertByThemselves: CLIENTS })
    await toCookie.begin()
    await until('records to cookie', async () => (await modesNow()).cookie === CLIENTS)
    await toCookie.close()
    await pause(500)
    await stopClients()
    report('cookie, token, hybrid, cookie')
  })

  it('go halfway to token and back: log-outs 0, errors 0', { timeout: 120_000 }, async () => {
    const [, auth] = auths as [unknown, Auth<JsonObject, Json>]
    await pause(500)
    const change = auth.planModeChange({ from: 'cookie', to: 'token' })
    await change.begin()
    await until('half way', () => clients.filter(({ kind }) => kind === 'token').length > CLIENTS / 2)
    await change.rollback()
    await until('back', everybody('cookie'))
    await until('records back', async () => (await modesNow()).cookie === CLIENTS)
    await pause(500)
    await stopClients()
    report('cookie, half way to token, cookie')
  })
})

function report(what: string): void {
  const { requests, converted, lost, logOuts, errors } = tally
  console.log(
    `${what}: ${CLIENTS} clients, ${requests} requests, ${converted} conversions and ${lost} whose answer was lost; log-outs ${logOuts.length}, errors ${errors.length}`,
  )
  expect({ logOuts: logOuts.slice(0, 5), errors: errors.slice(0, 5), failures: failures.slice(0, 5) }).toEqual({
    logOuts: [],
    errors: [],
    failures: [],
  })
  expect(converted).toBeGreaterThan(CLIENTS / 2)
  expect(lost).toBeGreaterThan(0)
}
