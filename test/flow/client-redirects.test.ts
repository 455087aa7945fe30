/** What the client sends to the routes of its issuer goes nowhere else. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { createTokenClient } from '../../src/client/index.ts'

it.each([301, 302, 303, 307, 308])('a sign-in that is answered with %i is sent to nobody else', async (status) => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(status, { location: '/elsewhere' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
    const client = createTokenClient({ mode: 'token', issuer })
    const result = await client.signIn({ email: 'alice', password: 'correct horse battery' })
    expect(result).toMatchObject({ ok: false, problem: { code: 'client.network' } })
    expect(asked).toEqual(['/auth/sign-in'])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
