/** The guides on testing and on changing the mode: their code, type-checked and run as it stands. */
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createAuth } from '../../src/index.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { createGuideFolder } from '../support/guide-folder.ts'
import { temporaryFolder } from '../support/processes.ts'

const guides = createGuideFolder(['testing', 'changing-the-mode'])
const data = temporaryFolder()
afterAll(async () => {
  await guides.remove()
  data.remove()
})

it('is well-typed', { timeout: 60_000 }, () => {
  expect(guides.faults()).toEqual([])
})

it.each(['service', 'application', 'store'])('%s.test.ts passes', async (name) => {
  const ended = await guides.run('testing', `${name}.test.ts`, [])
  expect(ended.stdout + ended.stderr).toMatch(/fail 0/)
  expect(ended.code).toBe(0)
})

it('change.ts tells who is affected, begins, refuses to close too early, and goes back', {
  timeout: 60_000,
}, async () => {
  const env = { AUTH_DB: join(data.path, 'auth.db'), AUTH_SECRET: 'a secret of tests, 0123456789 abcdefghijk' }
  const store = createSqliteStore({ path: env.AUTH_DB })
  const auth = createAuth({ store, issuer: 'https://app.example', secrets: env.AUTH_SECRET })
  await auth.ready()
  await auth.logIn({ subject: 'ada' }, { method: 'GET', headers: new Headers({ 'user-agent': 'curl/8' }) })
  const run = async (step: string) => guides.run('changing-the-mode', 'change.ts', [step], env)
  expect(JSON.parse((await run('dry-run')).stdout)).toMatchObject({
    affected: 1,
    convertByClient: 1,
    sessions: { cookie: 1 },
  })
  expect(JSON.parse((await run('begin')).stdout)).toMatchObject({
    issue: 'token',
    accept: ['token', 'cookie', 'hybrid'],
  })
  // The running application follows.
  let told: unknown
  for (let i = 0; i < 100 && told !== 'token'; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    const { tokens } = await auth.logIn({ subject: 'bob' }, { method: 'GET', headers: new Headers() })
    told = tokens ? 'token' : 'cookie'
  }
  expect(told).toBe('token')
  expect((await run('close')).stderr).toContain('sessions by cookie are left')
  expect(JSON.parse((await run('rollback')).stdout)).toMatchObject({ issue: 'cookie' })
  await auth.close()
  await store.close()
})

it('client.ts converts there and back', { timeout: 60_000 }, async () => {
  guides.add(
    'changing-the-mode',
    'try.ts',
    `import { createServer } from 'node:http'
import { createAuth } from 'sojourn'
import { nodeAuth } from 'sojourn/adapters/node'
import { createMemoryStore } from 'sojourn/testing'
import { convertToCookie, convertToTokens } from './client.ts'
const port = Number(process.env.PORT)
const origin = 'http://localhost:' + port
const auth = createAuth({ store: createMemoryStore(), issuer: origin, secrets: 'a secret of tests, 0123456789 abcdefghijk' })
const server = createServer(nodeAuth(auth).listener((_request, response) => response.end()))
await new Promise<void>((resolve) => void server.listen(port, resolve))
const { cookie, session } = await auth.logIn({ subject: 'ada' }, { method: 'GET', headers: new Headers() })
const held = '__Host-Http-sid=' + cookie
const idle = await convertToTokens(origin, held)
await auth.planModeChange({ from: 'cookie', to: 'token' }).begin()
const tokens = await convertToTokens(origin, held)
await auth.planModeChange({ from: 'cookie', to: 'token' }).rollback()
const back = await convertToCookie(origin, tokens?.refresh_token ?? '')
const login = await auth.identify({ method: 'GET', headers: new Headers({ cookie: back ?? '' }) })
console.log(JSON.stringify({ idle, same: login?.sessionId === session.id, changed: back !== held }))
server.close()
server.closeAllConnections()
await auth.close()
`,
  )
  const ended = await guides.run('changing-the-mode', 'try.ts', [], {})
  expect(ended.stderr).toBe('')
  expect(JSON.parse(ended.stdout)).toEqual({ idle: null, same: true, changed: true })
})
