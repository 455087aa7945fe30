/** A chat: node:http and `ws`. Whoever is removed by a moderator is gone from every window in the same moment. */
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { createAuth } from 'sojourn'
import { nodeAuth } from 'sojourn/adapters/node'
import { createMemoryStore } from 'sojourn/stores/memory'
import { WebSocketServer } from 'ws'
import { page } from './page.ts'
import { createUsers } from './users.ts'

const { PORT = '3004', SECRET, PASSWORD } = process.env
if (!SECRET || !PASSWORD) throw new Error('set SECRET (32 characters or more) and PASSWORD, of ana, ben and mia')
const users = createUsers()
await users.add('ana', PASSWORD, { id: 'ana', roles: [] })
await users.add('ben', PASSWORD, { id: 'ben', roles: [] })
await users.add('mia', PASSWORD, { id: 'mia', roles: ['moderator'] })

const store = createMemoryStore()
const auth = nodeAuth(
  createAuth({
    store,
    issuer: `http://localhost:${PORT}`,
    secrets: SECRET,
    claims: (subject) => ({ roles: users.find(subject)?.roles ?? [] }),
  }),
)
const fields = async (request: IncomingMessage) => new URLSearchParams(await text(request))

const remove = auth.requireAuth({ claims: { roles: 'moderator' } }, async (request: IncomingMessage, response) => {
  const user = users.find((await fields(request)).get('name') ?? '')
  if (user) await auth.revoke({ subject: user.id }) // from here on no process accepts any login of theirs
  response.writeHead(303, { location: user ? '/' : '/?unknown' }).end()
})

const server = createServer(
  auth.listener(async (request: IncomingMessage, response, login) => {
    if (request.method === 'POST' && request.url === '/sign-in') {
      const given = await fields(request)
      const user = await users.signIn(given.get('name') ?? '', given.get('password') ?? '')
      if (user) await auth.logIn(response, { subject: user.id, mode: 'cookie' })
      response.writeHead(303, { location: user ? '/' : '/?wrong' }).end()
    } else if (request.method === 'POST' && request.url === '/remove') await remove(request, response)
    else if (request.method === 'GET' && /^\/(\?|$)/.test(request.url ?? '')) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.end(page(login?.subject ?? null, login?.claims.roles.includes('moderator') ?? false))
    } else response.writeHead(404).end()
  }),
)

const room = new WebSocketServer({ noServer: true, maxPayload: 4096 })
server.on('upgrade', async (request, socket, head) => {
  const login = await auth.accept(request, socket) // no login, or another site's page: it is refused right here
  if (!login) return
  room.handleUpgrade(request, socket, head, (connection) => {
    auth.attach(connection, login) // closed with 4401 the moment this login ends, whoever ends it and where
    connection.on('error', () => connection.terminate())
    connection.on('message', (message) => {
      const line = JSON.stringify({ from: login.subject, text: String(message) })
      for (const other of room.clients) other.send(line)
    })
    connection.send(JSON.stringify({ from: 'chat', text: `hello ${login.subject}` }))
  })
})

await auth.ready()
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://localhost:${PORT}`))
process.once('SIGTERM', () => {
  for (const connection of room.clients) connection.close(1001)
  server.close(() => void auth.close().then(() => store.close()))
  server.closeAllConnections()
})
