/** The guide on services without a store: its code, type-checked and run as it stands beside a real server. */
import { afterAll, expect, it } from 'vitest'
import { createGuideFolder } from '../support/guide-folder.ts'
import { createClient } from '../support/http-client.ts'
import { startTestServer } from '../support/running-server.ts'

const KEY = 'follower-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'
const guides = createGuideFolder(['services-without-a-store'])
afterAll(() => guides.remove())

it('is well-typed', { timeout: 60_000 }, () => {
  expect(guides.faults()).toEqual([])
})

it('service.ts lets in, sees a changed role and refuses what was revoked', {
  timeout: 60_000,
}, async () => {
  const server = await startTestServer({ env: { SOJOURN_FOLLOWER_KEY: KEY } })
  const env = { SOJOURN_URL: server.url, SOJOURN_FOLLOWER_KEY: KEY }
  const service = await guides.start('services-without-a-store', 'service.ts', env)
  const { json } = await createClient(server.url).post('/auth/sign-up', {
    json: { email: 'ada@example.test', password: 'correct horse battery staple', mode: 'token' },
  })
  const token: string = json.access_token
  const { sub, sid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const ask = async (path = '/', headers: Record<string, string> = { authorization: `Bearer ${token}` }) => {
    const response = await fetch(service + path, { headers })
    return [response.status, await response.text()] as const
  }
  expect(await ask()).toEqual([200, JSON.stringify({ subject: sub, roles: [] })])
  expect(await ask('/', {})).toEqual([401, ''])
  const [status, text] = await ask('/readyz', {})
  expect([status, JSON.parse(text).state]).toEqual([200, 'LIVE'])
  await server.instance.accounts.setClaims(sub, { roles: ['admin'] })
  expect(await ask()).toEqual([200, JSON.stringify({ subject: sub, roles: ['admin'] })])
  const receipt = await server.instance.logins.revoke({ session: sid })
  expect(receipt).toMatchObject({ confirmedBy: 'acks', waitedFor: [] })
  expect(await ask()).toEqual([401, 'token.revoked'])
  await server.close()
})
