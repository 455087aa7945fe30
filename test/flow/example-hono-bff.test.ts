/** examples/hono-bff, started and used: the browser's side, the BFF, and the service that has a key file only. */
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createVisitor, exampleFolder, startExample } from '../support/example.ts'
import { freePort } from '../support/processes.ts'

const PASSWORD = 'a long walk'

async function both() {
  const folder = exampleFolder()
  const shared = { DATA: folder, JWKS: `${folder}/jwks.json`, PASSWORD }
  const port = await freePort()
  const bff = await startExample('hono-bff/bff.ts', { ...shared, ORDERS: `http://localhost:${port}` })
  // Without the secret, the database and the way to the BFF.
  const service = { JWKS: shared.JWKS, ISSUER: bff.url, SECRET: '' }
  const orders = await startExample('hono-bff/orders.ts', service, port)
  const ana = createVisitor(bff.url)
  expect((await ana.submit('/sign-in', { email: 'ana@example.com', password: PASSWORD })).status).toBe(303)
  return { bff, orders, ana, jwks: shared.JWKS }
}
const order = (item: string) => ({ method: 'POST', body: JSON.stringify({ item }) })

it('brings the cookie to the BFF, and a token of its own to the service', async () => {
  const { bff, orders, ana } = await both()
  expect(await ana.text('/')).toContain('Signed in: ana')
  expect(await (await ana.get('/api/orders')).json()).toEqual([])
  const headers = { cookie: ana.cookie(), origin: bff.url }
  const placed = await fetch(`${bff.url}/api/orders`, { ...order('paper'), headers })
  expect([placed.status, await placed.json()]).toEqual([201, { item: 'paper', approved: false }])
  expect(
    (
      await fetch(`${bff.url}/api/orders`, {
        ...order('spam'),
        headers: { ...headers, origin: 'https://evil.example' },
      })
    ).status,
  ).toBe(403)

  expect(await (await ana.submit('/api/upgrade')).json()).toEqual({ roles: ['buyer', 'approver'] })
  const next = await fetch(`${bff.url}/api/orders`, { ...order('ink'), headers })
  expect(await next.json()).toEqual({ item: 'ink', approved: true })
  expect(await (await ana.get('/api/orders')).json()).toHaveLength(2)

  const direct = (init: RequestInit) => fetch(`${orders.url}/orders`, init)
  expect((await direct({})).status).toBe(401)
  expect((await direct({ headers })).status).toBe(401)
  const own = await (await fetch(`${bff.url}/auth/token`, { method: 'POST', headers })).json()
  const refused = await direct({
    headers: { authorization: `Bearer ${(own as { access_token: string }).access_token}` },
  })
  expect([refused.status, await refused.json()]).toEqual([401, expect.objectContaining({ code: 'token.audience' })])

  expect((await ana.submit('/sign-out')).status).toBe(303)
  expect((await fetch(`${bff.url}/api/orders`, { headers })).status).toBe(401)
})

it('takes a new key file while it runs, and keeps the old keys when the new file is broken', async () => {
  const { ana, jwks } = await both()
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const foreign = { ...publicKey.export({ format: 'jwk' }), kid: 'foreign', alg: 'ES256', use: 'sig' }
  writeFileSync(jwks, '{"keys":')
  await sleep(1500)
  expect((await ana.get('/api/orders')).status).toBe(200)
  writeFileSync(jwks, JSON.stringify({ keys: [foreign] }))
  await expect.poll(async () => (await ana.get('/api/orders')).status, { timeout: 5000 }).toBe(401)
})
