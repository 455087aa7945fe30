import { describe, expect, it } from 'vitest'
import { createAuth } from '../../../../src/http/auth.ts'
import { authRoutes } from '../../../../src/http/routes/auth-routes.ts'
import { authRoutesOnDemand } from '../../../../src/http/routes/on-demand.ts'
import { createMemoryStore } from '../../../../src/stores/memory/index.ts'
import { httpParts, ORIGIN } from '../../../support/http-parts.ts'
import { memoryLogins } from '../../../support/memory-logins.ts'
import { referenceOf } from '../../../support/status-lists.ts'

const API = 'https://api.example'

async function outside() {
  const { logins } = await memoryLogins(ORIGIN, { audiences: { [API]: { external: true } } })
  const parts = await httpParts({ logins })
  const { tokens } = await logins.logIn({
    subject: 'ana',
    mode: 'token',
    device: { userAgent: null, address: null },
    audience: [API],
  })
  const { uri } = referenceOf(tokens?.accessToken ?? '') ?? { uri: '' }
  return { ...parts, path: new URL(uri).pathname }
}

describe('the routes of status lists', () => {
  it('are not there where no audience is outside: an application may have such pages', async () => {
    const { router, parts } = await httpParts()
    for (const path of ['/status/1-0-0', '/status/lists', '/status']) expect(router.covers(path), path).toBe(false)
    expect(authRoutesOnDemand(parts).routes.filter(({ path }) => path.startsWith('/status'))).toEqual([])
  })

  it('are known on demand as they are', async () => {
    const { parts } = await outside()
    const termsOf = (routes: ReturnType<typeof authRoutes>) => routes.map(({ handle: _handle, ...terms }) => terms)
    expect(termsOf(authRoutesOnDemand(parts).routes)).toEqual(termsOf(authRoutes(parts)))
  })

  it('answer, and answer 304 to who has it, whatever the order of its tags', async () => {
    const { ask, path } = await outside()
    const answer = await ask('GET', path)
    expect(answer.status).toBe(200)
    const etag = answer.headers.get('etag') ?? ''
    for (const header of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const again = await ask('GET', path, { 'if-none-match': header })
      expect([again.status, again.body, again.headers.get('etag')], header).toEqual([304, null, etag])
    }
    expect((await ask('GET', path, { 'if-none-match': '"x"' })).status).toBe(200)
    expect((await ask('POST', path)).status).toBe(405)
  })

  it('send gzip only to who takes it', async () => {
    const { ask, path } = await outside()
    const packed = await ask('GET', path, { 'accept-encoding': 'gzip' })
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(packed.body).toBeInstanceOf(Uint8Array)
    const plain = await ask('GET', path, { 'accept-encoding': 'gzip;q=0' })
    expect(plain.headers.get('content-encoding')).toBeNull()
    expect(plain.headers.get('etag')).not.toBe(packed.headers.get('etag'))
  })
})

it('an application has them under its origin, and with keys that somebody outside can have', async () => {
  const store = createMemoryStore()
  const options = { store, issuer: `${ORIGIN}/tenant`, secrets: 'a secret of tests, 0123456789 abcdefghijk' }
  const audiences = { [API]: { external: true } }
  expect(() => createAuth({ ...options, audiences, tokenAlgorithm: 'HS256' })).toThrow(TypeError)
  const auth = createAuth({ ...options, audiences })
  await auth.ready()
  const request = { method: 'POST', headers: new Headers({ host: 'app.example', origin: ORIGIN }), address: null }
  const { tokens } = await auth.logIn({ subject: 'ana', mode: 'token', audience: [API] }, request)
  const { uri } = referenceOf(tokens?.accessToken ?? '') ?? { uri: '' }
  expect(uri.startsWith(`${ORIGIN}/status/`)).toBe(true)
  expect(auth.covers(new URL(uri).pathname)).toBe(true)
  expect((await auth.handler({ ...request, method: 'GET', url: uri, body: null })).status).toBe(200)
  await auth.close()
  await store.close()
})
