/** The backend of one front end: Hono. The browser holds a cookie, the service behind gets a token of a minute. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createAuth } from 'sojourn'
import { honoAuth } from 'sojourn/adapters/hono'
import { createSqliteStore } from 'sojourn/stores/sqlite'
import { page } from './page.ts'
import { createUsers } from './users.ts'

const { PORT = '3002', DATA = 'data', JWKS = 'data/jwks.json', SECRET, PASSWORD } = process.env
const { ORDERS = 'http://localhost:3003' } = process.env
if (!SECRET || !PASSWORD) throw new Error('set SECRET (32 characters or more) and PASSWORD, of ana@example.com')
mkdirSync(DATA, { recursive: true, mode: 0o700 })
const users = createUsers()
await users.add('ana@example.com', PASSWORD, { id: 'ana', roles: ['buyer'] })

const store = createSqliteStore({ path: `${DATA}/auth.db` })
const auth = honoAuth(
  createAuth({
    store,
    issuer: `http://localhost:${PORT}`,
    secrets: SECRET,
    claims: (subject) => ({ roles: users.find(subject)?.roles ?? [] }),
    audiences: { orders: { lifetimeSeconds: 60, scopes: ['orders:read', 'orders:write'] } },
  }),
)

/** All that the service ever gets from us: public keys, in one step, so that it never reads half a file. */
async function publishKeys(): Promise<void> {
  mkdirSync(dirname(JWKS), { recursive: true })
  writeFileSync(`${JWKS}.new`, JSON.stringify(await auth.keys.publicKeys()))
  renameSync(`${JWKS}.new`, JWKS)
}

const app = new Hono()
app.use(auth.middleware)
app.onError(auth.onError)

app.get('/', (c) => c.html(page(auth.of(c)?.subject ?? null)))
app.post('/sign-in', async (c) => {
  const { email, password } = await c.req.parseBody()
  const user = await users.signIn(String(email), String(password))
  if (!user) return c.html(page(null, 'Email or password is wrong.'), 400)
  await auth.logIn(c, { subject: user.id, mode: 'hybrid' })
  return c.redirect('/', 303)
})
app.post('/sign-out', async (c) => {
  await auth.logOut(c)
  return c.redirect('/', 303)
})

app.use('/api/*', auth.requireAuth())
app.all('/api/orders', async (c) => {
  const login = auth.of(c)
  if (!login) return c.notFound()
  const scope = c.req.method === 'GET' ? 'orders:read' : 'orders:write'
  const { accessToken } = await auth.mint(login, { audience: 'orders', scope })
  const body = c.req.method === 'GET' ? {} : { body: await c.req.text() }
  const answer = await fetch(`${ORDERS}/orders`, {
    method: c.req.method,
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    ...body,
  })
  return c.body(await answer.text(), answer.status as 200, { 'content-type': 'application/json' })
})
// What a purchase of a company's account would do: the next token already carries the new role.
app.post('/api/upgrade', async (c) => {
  const login = auth.of(c)
  if (!login) return c.notFound()
  users.setRoles(login.subject, ['buyer', 'approver'])
  return c.json((await auth.changeClaims(login.subject)).claims)
})

await auth.ready()
await publishKeys()
// A new key is published a day before it signs: once an hour is plenty.
const publishing = setInterval(() => void publishKeys().catch(console.error), 3_600_000)
const server = serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }, () =>
  console.log(`http://localhost:${PORT}`),
)
process.once('SIGTERM', () => {
  clearInterval(publishing)
  server.close(async () => {
    await auth.close()
    await store.close()
  })
  if ('closeAllConnections' in server) server.closeAllConnections()
})
