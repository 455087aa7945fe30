/** An API for partners: tokens are checked here, from the published keys; before money moves, the server is asked as well. */
import { createServer, type IncomingMessage } from 'node:http'
import { createVerifier, isAuthError } from 'sojourn/verifier'

const { PORT = '3005', ISSUER = 'http://localhost:4000', AUDIENCE = 'https://partners.example', SECRET } = process.env
if (!SECRET) throw new Error('set SECRET to what `sojourn clients add partner-api` has printed')

const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE, jwksUrl: `${ISSUER}/.well-known/jwks.json` })

/** RFC 7662: whether the token is good this very moment, revocations included. */
async function isActive(token: string): Promise<boolean> {
  const response = await fetch(`${ISSUER}/oauth/introspect`, {
    method: 'POST',
    body: new URLSearchParams({ token }),
    headers: { authorization: `Basic ${btoa(`partner-api:${SECRET}`)}` },
  })
  if (!response.ok) throw new Error(`introspection: ${response.status}`)
  const { active } = (await response.json()) as { readonly active?: unknown }
  return active === true
}

async function answer(request: IncomingMessage): Promise<readonly [status: number, body: unknown]> {
  const token = /^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) return [401, { title: 'a token is missing' }]
  const { sub, client_id: partner, scope = '' } = await verifier.verify(token)
  const scopes = String(scope).split(' ')
  if (request.method === 'GET') {
    return scopes.includes('stock:read') ? [200, { stock: 7, for: partner }] : [403, { title: 'not with this token' }]
  }
  if (!scopes.includes('orders:write')) return [403, { title: 'not with this token' }]
  if (!(await isActive(token))) return [401, { title: 'this token has been revoked' }]
  return [201, { ordered_by: sub }]
}

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request).catch((error: unknown) =>
    isAuthError(error)
      ? ([401, { title: error.message, code: error.code }] as const)
      : ([503, { title: 'later' }] as const),
  )
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://localhost:${PORT}`))
process.once('SIGTERM', () => process.exit(0))
