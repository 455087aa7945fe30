/** Services without a store, as processes that follow a real server: what has been revoked is refused there, whatever happens to them. */
import { request as ask, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FollowingProcess, startFollowing } from '../support/following-processes.ts'
import { createClient } from '../support/http-client.ts'
import { type RunningServer, startServer, temporaryFolder } from '../support/processes.ts'

const PASSWORD = 'correct horse battery staple'
const FOLLOWER = 'follower-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'
const FORMER = 'follower-fOrM3rX7vL2mN8bT4cR6wY1sD5fGh'
const OPERATOR = 'operator-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'

const folder = temporaryFolder()
let server: RunningServer
const closings: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  server = await startServer({
    SOJOURN_DATA: folder.path,
    SOJOURN_FOLLOWER_KEY: `${FOLLOWER},${FORMER}`,
    SOJOURN_OPERATOR_KEY: OPERATOR,
    SOJOURN_TRUST_PROXY: '127.0.0.1',
  })
})
afterAll(async () => {
  await Promise.all(closings.map((close) => close()))
  await server.stop('SIGKILL')
  folder.remove()
})

async function follow(options: { readonly via?: string; readonly key?: string; readonly leaseSeconds?: number } = {}) {
  const following = await startFollowing({ server: server.url, key: FOLLOWER, ...options })
  closings.push(following.kill)
  return following
}

let users = 0
/** A new user's token, its session and its subject. */
async function signUp() {
  const email = `user${++users}@example.test`
  const { json } = await createClient(server.url).post('/auth/sign-up', {
    json: { email, password: PASSWORD, mode: 'token' },
  })
  const token: string = json.access_token
  const { sid, sub, jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return { token, session: String(sid), subject: String(sub), tokenId: String(jti) }
}

const operator = { Authorization: `Bearer ${OPERATOR}` }
async function revoke(target: object) {
  const { status, json } = await createClient(server.url, operator).post('/admin/revoke', { json: target })
  expect(status).toBe(200)
  return json
}

/** Lets through, or breaks off, or sends elsewhere. */
async function startProxy(pick: (path: string) => string | null) {
  const proxy = createServer((incoming, outgoing) => {
    const target = pick(incoming.url ?? '')
    if (target === null) return void incoming.socket.destroy()
    const headers = { ...incoming.headers, host: new URL(server.url).host }
    const passed = ask(target + incoming.url, { method: incoming.method ?? 'GET', headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    outgoing.on('close', () => passed.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  closings.push(async () => {
    proxy.close()
    proxy.closeAllConnections()
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

/** Asks until the answer is as wanted: for what has no receipt to wait for. */
async function until(following: FollowingProcess, token: string, wanted: string | null) {
  for (let i = 0; ; i++) {
    const answer = await following.check(token)
    if (answer.code === wanted || i > 600) return answer
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('a service that follows', { timeout: 120_000 }, () => {
  it('refuses at the next request what has been revoked: session, token, subject', async () => {
    const services = await Promise.all([follow(), follow(), follow({ key: FORMER })])
    for (const kind of ['session', 'token', 'subject'] as const) {
      const user = await signUp()
      const before = await Promise.all(services.map((service) => service.check(user.token)))
      expect(before.map(({ code, freshness }) => [code, freshness])).toEqual(services.map(() => [null, 'lease']))
      const receipt = await revoke({ [kind]: kind === 'token' ? user.tokenId : user[kind] })
      expect(receipt).toMatchObject({ confirmed_by: 'acks', waited_for: 0 })
      const after = await Promise.all(services.map((service) => service.check(user.token)))
      expect(after.map(({ code }) => code)).toEqual(services.map(() => 'token.revoked'))
    }
    await Promise.all(services.map((service) => service.stop()))
    // They have left: nobody is waited for.
    const { session } = await signUp()
    expect(await revoke({ session })).toMatchObject({ confirmed_by: 'acks' })
  })

  it('sees a changed role at the next request', async () => {
    const service = await follow()
    const { token, subject } = await signUp()
    expect((await service.check(token)).claims?.roles).toEqual([])
    const put = (claims: object) =>
      createClient(server.url, operator).ask('PUT', `/admin/subjects/${subject}/claims`, { json: claims })
    expect((await put({ roles: ['editor'] })).status).toBe(200)
    expect((await service.check(token)).claims?.roles).toEqual(['editor'])
    expect((await put({ roles: [] })).status).toBe(200)
    expect((await service.check(token)).claims?.roles).toEqual([])
    await service.stop()
  })

  it('tells operators when it has confirmed and when it has last let somebody in', async () => {
    const service = await follow()
    const { token } = await signUp()
    const from = Math.floor(Date.now() / 1000)
    expect((await service.check(token)).code).toBe(null)
    await revoke({ session: (await signUp()).session })
    const told = async () => {
      const { json } = await createClient(server.url, operator).get('/admin/verifiers')
      return json.verifiers.find(({ kind }: { kind: string }) => kind === 'remote') ?? null
    }
    const isNew = async () => (await told())?.last_accepted_at >= from && (await told())?.confirmed_at >= from
    await expect.poll(isNew, { timeout: 30_000 }).toBe(true)
    const { head } = (await createClient(server.url, operator).get('/admin/verifiers')).json
    expect(await told()).toMatchObject({ name: null, confirmed_offset: head })
    await service.stop()
    expect(await told()).toBe(null)
  })

  it('is waited for while it stands still or has died, and refuses when it goes on', { timeout: 120_000 }, async () => {
    const [stopped, dead] = await Promise.all([follow(), follow()])
    const { token, session } = await signUp()
    const members = await Promise.all([stopped, dead].map((service) => service.check(token)))
    expect(members.map(({ code }) => code)).toEqual([null, null])
    stopped.signal('SIGSTOP')
    await dead.kill()
    expect(await revoke({ session })).toMatchObject({ confirmed_by: 'lease', waited_for: 2 })
    const first = stopped.check(token)
    stopped.signal('SIGCONT')
    expect((await first).code).not.toBeNull()
    expect((await until(stopped, token, 'token.revoked')).code).toBe('token.revoked')
    // Both have been removed; the one that lives has joined anew.
    const next = await signUp()
    expect((await until(stopped, next.token, null)).member).not.toBe(members[0]?.member)
    expect(await revoke({ session: next.session })).toMatchObject({ confirmed_by: 'acks' })
    expect((await stopped.check(next.token)).code).toBe('token.revoked')
    await stopped.stop()
  })

  it('follows by its renewals where a proxy cuts the stream off', async () => {
    let cuts = 0
    const via = await startProxy((path) => {
      if (!path.startsWith('/revocations/stream')) return server.url
      cuts++
      return null
    })
    const service = await follow({ via })
    for (let i = 0; i < 2; i++) {
      const { token, session } = await signUp()
      expect((await service.check(token)).code).toBeNull()
      expect(await revoke({ session })).toMatchObject({ confirmed_by: 'acks' })
      expect((await service.check(token)).code).toBe('token.revoked')
    }
    expect(cuts).toBeGreaterThan(0)
    await service.stop()
  })

  it('goes from server to server behind a balancer', async () => {
    const { PORT: _own, ...env } = server.env
    const second = await startServer(env)
    closings.push(() => second.stop('SIGKILL'))
    const origins = [`http://127.0.0.1:${server.env.PORT}`, `http://127.0.0.1:${second.env.PORT}`]
    const asked = [0, 0]
    let turn = 0
    const via = await startProxy(() => {
      turn = 1 - turn
      asked[turn] = (asked[turn] ?? 0) + 1
      return origins[turn] ?? null
    })
    const service = await follow({ via, leaseSeconds: 3 })
    for (let i = 0; i < 2; i++) {
      const { token, session } = await signUp()
      expect((await service.check(token)).code).toBeNull()
      expect(await revoke({ session })).toMatchObject({ confirmed_by: 'acks' })
      expect((await service.check(token)).code).toBe('token.revoked')
    }
    expect(Math.min(...asked)).toBeGreaterThan(2)
    await service.stop()
    await second.stop()
  })

  it('says 503 when the server is gone for longer than the lease, and goes on when it is back', async () => {
    const service = await follow({ leaseSeconds: 1 })
    const { token } = await signUp()
    expect((await service.check(token)).code).toBeNull()
    await server.stop('SIGKILL')
    expect(await until(service, token, 'revocation.stale')).toMatchObject({ code: 'revocation.stale', state: 'STALE' })
    server = await startServer(server.env)
    expect(await until(service, token, null)).toMatchObject({ code: null })
    await service.stop()
  })

  it('keeps no server from stopping', async () => {
    const service = await follow()
    const startedMs = performance.now()
    expect((await server.stop()).code).toBe(0)
    expect(performance.now() - startedMs).toBeLessThan(4500)
    server = await startServer(server.env)
    await service.kill()
  })
})
