/**
 * An application of the fleet: the library on the servers' own store, with a WebSocket and a stream of events that end with
 * their login. Environment: `FLEET_URL`, `FLEET_STORE`, `FLEET_SECRET`, `PORT`. Prints its port when it is ready.
 */
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { nodeAuth } from '../../src/adapters/node.ts'
import { createAuth } from '../../src/index.ts'
import { openStoreAt } from './fleet-store.ts'

const { FLEET_URL = '', FLEET_STORE = '', FLEET_SECRET = '', PORT = '0' } = process.env
const store = await openStoreAt(FLEET_STORE)
const core = createAuth({ store, issuer: FLEET_URL, secrets: FLEET_SECRET })
const auth = nodeAuth(core)

const server = createServer(
  auth.listener((_request, response, login) => {
    if (!login) {
      response.writeHead(401).end()
      return
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    auth.attach(response, login)
    response.write(`data: ${login.subject}\n\n`)
  }),
)
const sockets = new WebSocketServer({ noServer: true })
server.on('upgrade', async (request, socket, head) => {
  const login = await auth.accept(request, socket)
  if (!login) return
  sockets.handleUpgrade(request, socket, head, (connection) => {
    auth.attach(connection, login)
    connection.on('error', () => connection.terminate())
    connection.send(`welcome, ${login.subject}`)
  })
})
await core.ready()
server.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' ? address?.port : address)
})
// It leaves the registry before it ends: whoever is killed is waited for by the next revocation, for a lease.
process.once('SIGTERM', async () => {
  await core.close()
  process.exit()
})
