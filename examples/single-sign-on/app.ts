/** One of two applications on unrelated domains that share a login: started twice, under two names. */
import { createServer } from 'node:http'
import { createAuth } from 'sojourn'
import { nodeAuth } from 'sojourn/adapters/node'
import { createOidcLogin } from 'sojourn/oidc/client'
import { createSqliteStore } from 'sojourn/stores/sqlite'
import { page } from './page.ts'

const { PORT = '3001', ORIGIN, CLIENT = 'one', PASSWORD, SECRET } = process.env
const { PROVIDER = 'http://[::1]:4000', DATA, MODE = 'query' } = process.env
if (!PASSWORD || !SECRET) throw new Error('set PASSWORD (as `sojourn clients add` printed it) and SECRET')

const origin = ORIGIN ?? `http://127.0.0.1:${PORT}`
const store = createSqliteStore({ path: DATA ?? `${CLIENT}.db` })
const common = createAuth({ store, issuer: origin, secrets: SECRET })
const sso = createOidcLogin({
  auth: common,
  store,
  secrets: SECRET,
  issuer: PROVIDER,
  clientId: CLIENT,
  clientSecret: PASSWORD,
  redirectUri: `${origin}/auth/sso/callback`,
  responseMode: MODE === 'form_post' ? 'form_post' : 'query',
})
common.mount(sso.routes)
const auth = nodeAuth(common)

const listener = auth.listener((request, response, login) => {
  if (request.url !== '/') {
    response.writeHead(404).end()
    return
  }
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(page(CLIENT, login?.subject ?? null))
})

await auth.ready()
const server = createServer(listener)
server.listen(Number(PORT), () => console.log(`${CLIENT} is at ${origin}`))
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
  sso.close()
  auth.close().then(() => store.close())
})
