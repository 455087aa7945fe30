/** examples/partner-api, started and used: the partner's program, the API, and a token that is given back. */
import { expect, it, onTestFinished } from 'vitest'
import { runExample, startExample } from '../support/example.ts'
import { register } from '../support/relying-party.ts'
import { startTestServer } from '../support/running-server.ts'

const AUDIENCE = 'https://partners.example'

it('lets the partner in by its own token, until that is revoked', async () => {
  const server = await startTestServer({ env: { SOJOURN_AUDIENCES: `${AUDIENCE};scopes=stock:read orders:write` } })
  onTestFinished(() => server.close())
  const resource = await register(server.instance, { client_id: 'partner-api', serves: [AUDIENCE] })
  const partner = await register(server.instance, {
    client_id: 'partner',
    grant_types: ['client_credentials'],
    audiences: [AUDIENCE],
    scopes: ['stock:read', 'orders:write'],
  })
  const shared = { ISSUER: server.url, AUDIENCE }
  const api = await startExample('partner-api/api.ts', { ...shared, SECRET: resource.secret })
  const ran = await runExample('partner-api/partner.ts', [], { ...shared, API: api.url, SECRET: partner.secret })
  expect(ran, ran.stderr).toMatchObject({ code: 0 })
  expect(ran.stdout.trimEnd().split('\n')).toEqual([
    '200 {"stock":7,"for":"partner"}',
    '201 {"ordered_by":"client:partner"}',
    '401 {"title":"this token has been revoked"}',
  ])

  const forged = await fetch(api.url, { headers: { authorization: `Bearer ${'a.b.c'}` } })
  expect(forged.status).toBe(401)
  expect((await fetch(api.url)).status).toBe(401)
})
