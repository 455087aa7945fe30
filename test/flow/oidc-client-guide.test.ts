/** The code of docs/guides/log-in-with-a-provider.md: type-checked, and run as it stands there against a real provider. */
import { join } from 'node:path'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { startForeignProvider } from '../support/foreign-provider.ts'
import { createGuideFolder } from '../support/guide-folder.ts'
import { freePort, temporaryFolder } from '../support/processes.ts'
import { clientMetadata } from '../support/sso-app.ts'
import { CLIENT, SECRET } from '../support/sso-client.ts'
import { createWalker } from '../support/walker.ts'

const GUIDE = 'log-in-with-a-provider'
const guides = createGuideFolder([GUIDE])
afterAll(() => guides.remove())

it('is code that compiles', { timeout: 180_000 }, () => {
  expect(guides.faults()).toEqual([])
})

it('signs in, reads at the provider, steps up and signs out', { timeout: 180_000 }, async () => {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const foreign = await startForeignProvider({ clients: [clientMetadata(origin)] })
  onTestFinished(foreign.close)
  const folder = temporaryFolder()
  onTestFinished(folder.remove)
  const client = { ISSUER: foreign.issuer, CLIENT_ID: CLIENT.clientId, CLIENT_SECRET: CLIENT.clientSecret }
  const own = { PORT: String(port), AUTH_SECRET: SECRET, AUTH_DB: join(folder.path, 'auth.db') }
  expect(await guides.start(GUIDE, 'app.ts', { ...client, ...own })).toBe(origin)

  const walker = createWalker()
  const [, link = ''] = /href="([^"]+)"/.exec((await walker.go(origin)).text) ?? []
  const orders = await walker.go(origin + link)
  expect(orders.text).toBe(`${foreign.issuer}#ada: ada@foreign.example`)
  expect((await walker.go(`${origin}/payments`)).status).toBe(401)
  expect((await walker.go(`${origin}/auth/sso/login?return_to=/payments&max_age=300`)).text).toBe('paid')
  const out = await walker.go(`${origin}/auth/sso/sign-out`, { form: {} })
  expect(new URL(out.url).origin).toBe(foreign.issuer)
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(out.text)?.[1] ?? ''
  const back = await walker.go(`${foreign.issuer}/session/end/confirm`, { form: { xsrf, logout: 'yes' } })
  expect([back.url, back.text]).toEqual([`${origin}/`, expect.stringContaining('Sign in')])
  expect((await walker.go(`${origin}/orders`)).status).toBe(401)
})
