/** The service behind: node:http, a key file, no store, no network. It knows nothing of cookies or of who signs in how. */
import { readFileSync, watchFile } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { createVerifier, isAuthError, type Verifier } from 'sojourn/verifier'

const { PORT = '3003', JWKS = 'data/jwks.json', ISSUER = 'http://localhost:3002' } = process.env

const load = (): Verifier =>
  createVerifier({
    keys: JSON.parse(readFileSync(JWKS, 'utf8')),
    issuer: ISSUER,
    audience: 'orders',
    maxLifetimeSeconds: 60,
    requiredClaims: ['roles'],
  })
let verifier = load()
watchFile(JWKS, { interval: 1000 }, () => {
  try {
    verifier = load()
  } catch (error) {
    console.error('the key file cannot be read; the keys stay as they were', error)
  }
})

interface Order {
  readonly item: string
  readonly approved: boolean
}
const orders = new Map<string, readonly Order[]>()

async function answer(request: IncomingMessage): Promise<{ readonly status: number; readonly body: unknown }> {
  const [scheme = '', token = ''] = request.headers.authorization?.split(' ') ?? []
  if (scheme.toLowerCase() !== 'bearer') return { status: 401, body: { title: 'a token is missing' } }
  const { sub, roles, scope } = await verifier.verify(token)
  if (typeof sub !== 'string' || !Array.isArray(roles))
    return { status: 401, body: { title: 'this token is nobody’s' } }
  const own = orders.get(sub) ?? []
  if (request.method === 'GET' && scope === 'orders:read') return { status: 200, body: own }
  if (request.method !== 'POST' || scope !== 'orders:write')
    return { status: 403, body: { title: 'not with this token' } }
  const { item } = JSON.parse(await text(request)) as { readonly item?: unknown }
  if (typeof item !== 'string') return { status: 400, body: { title: 'what is to be ordered?' } }
  const order = { item, approved: roles.includes('approver') }
  orders.set(sub, [...own, order])
  return { status: 201, body: order }
}

const server = createServer(async (request, response) => {
  const { status, body } = await answer(request).catch((error: unknown) => {
    if (isAuthError(error)) return { status: 401, body: { title: error.message, code: error.code } }
    return { status: 400, body: { title: 'this cannot be read' } }
  })
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://localhost:${PORT}`))
process.once('SIGTERM', () => process.exit(0))
