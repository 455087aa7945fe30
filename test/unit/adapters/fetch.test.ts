/** Fetch handlers without sockets: cookies on any response, platform arguments, bodies that are looked after. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { afterBody, cutOffBy } from '../../../src/adapters/after-body.ts'
import { fetchAuth } from '../../../src/adapters/fetch.ts'
import { AuthError, createAuth } from '../../../src/index.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'

const ORIGIN = 'https://app.example'
const core = createAuth({
  store: createMemoryStore(),
  issuer: ORIGIN,
  secrets: 'a secret of tests, 0123456789 abcdefghijk',
  claims: (subject: string) => ({ roles: [subject] }),
})
const auth = fetchAuth(core, { address: (_request, context) => (context as { ip?: string } | undefined)?.ip ?? null })
await core.ready()
afterAll(() => core.close())

const post = (path: string, headers: Record<string, string> = {}) =>
  new Request(ORIGIN + path, { method: 'POST', headers: { host: 'app.example', origin: ORIGIN, ...headers } })

describe('a handler', () => {
  it('puts the cookie onto whatever response the application makes, even an immutable one', async () => {
    const answers: ((request: Request) => Response)[] = [
      () => Response.redirect(`${ORIGIN}/home`, 303),
      () => new Response(null, { status: 204 }),
      () => Response.json({ a: 1 }, { headers: { 'Set-Cookie': 'theme=dark' } }),
    ]
    for (const answer of answers) {
      const handler = auth.handle(async (request: Request) => {
        await auth.logIn(request, { subject: 'alice' })
        return answer(request)
      })
      const response = await handler(post('/sign-in'))
      expect(response.headers.getSetCookie().at(-1)).toMatch(/^__Host-Http-sid=/)
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })

  it('is given what the platform passes (params, environment, context)', async () => {
    const seen: unknown[] = []
    const handler = auth.handle((request: Request, login, context: { ip: string }, env: number) => {
      seen.push(login, context, env)
      return auth.logIn(request, { subject: 'bob' }).then(({ session }) => Response.json(session.device))
    })
    const response = await handler(post('/sign-in', { 'user-agent': 'curl' }), { ip: '192.0.2.1' }, 7)
    expect([seen, await response.json()]).toEqual([
      [null, { ip: '192.0.2.1' }, 7],
      { userAgent: 'curl', address: '192.0.2.1' },
    ])
  })

  it('answers our routes wherever it is mounted; `handler` answers nothing else', async () => {
    const whole = auth.handle((_request: Request) => new Response('application'))
    const keys = () => new Request(`${ORIGIN}/.well-known/jwks.json`, { headers: { host: 'app.example' } })
    expect((await (await whole(keys())).json()).keys).toHaveLength(1)
    expect((await (await auth.handler(keys())).json()).keys).toHaveLength(1)
    expect((await auth.handler(post('/elsewhere'))).status).toBe(404)
  })

  it('answers an AuthError and leaves every other error to the platform', async () => {
    const denied = auth.handle((_request: Request) => {
      throw new AuthError('policy.denied', 'no')
    })
    expect((await denied(post('/x'))).status).toBe(403)
    const bug = auth.handle(async (_request: Request): Promise<Response> => {
      throw new Error('a bug')
    })
    await expect(bug(post('/x'))).rejects.toThrow('a bug')
  })

  it('takes cookies only while it is being answered', async () => {
    let kept: Request | null = null
    const handler = auth.handle((request: Request) => {
      kept = request
      return new Response('done')
    })
    await handler(post('/x'))
    const request = kept as unknown as Request
    for (const late of [
      () => auth.logIn(request, { subject: 'late' }),
      () => auth.logOut(request),
      () => auth.logIn(post('/never'), { subject: 'late' }),
    ]) {
      await expect(late()).rejects.toThrow(TypeError)
    }
    expect(() => auth.setCookie(request, { setCookie: 'x=1' })).toThrow(TypeError)
    expect(() => auth.of(post('/never'))).toThrow(TypeError)
  })
})

const streamOf = (parts: string[], seen: { pulled: number; cancelled: unknown }) =>
  new ReadableStream({
    pull(controller) {
      const part = parts[seen.pulled++]
      if (part === undefined) controller.close()
      else if (part === 'fails') controller.error(new Error('a bug'))
      else controller.enqueue(new TextEncoder().encode(part))
    },
    cancel(reason) {
      seen.cancelled = reason
    },
  })

describe('a body that is looked after', () => {
  const look = (parts: string[]) => {
    const seen = { pulled: 0, cancelled: null as unknown, done: 0 }
    const response = new Response(streamOf(parts, seen), { status: 201, headers: { 'x-a': 'b' } })
    return { seen, response: afterBody(response, () => seen.done++) }
  }

  it('arrives as it is, and its end is told once', async () => {
    const { seen, response } = look(['a', 'b', 'c'])
    expect([response.status, response.headers.get('x-a'), seen.done]).toEqual([201, 'b', 0])
    expect([await response.text(), seen.done]).toEqual(['abc', 1])
  })

  it('tells when it fails, and when nobody wants it', async () => {
    const failing = look(['a', 'fails'])
    await expect(failing.response.text()).rejects.toThrow('a bug')
    const unwanted = look(['a', 'b'])
    await unwanted.response.body?.cancel('enough')
    expect([failing.seen.done, unwanted.seen.done, unwanted.seen.cancelled]).toEqual([1, 1, 'enough'])
    expect(afterBody(new Response(null), () => failing.seen.done++).body).toBeNull()
    expect(failing.seen.done).toBe(2)
  })

  it('is read no faster than its client reads', async () => {
    const { seen } = look(Array(100).fill('x'))
    await sleep(10)
    expect(seen.pulled).toBeLessThan(3)
  })

  it('is broken off when the signal fires, and the source told', async () => {
    const seen = { pulled: 0, cancelled: null as unknown }
    const controller = new AbortController()
    let released = 0
    const response = cutOffBy(new Response(streamOf(Array(100).fill('x'), seen)), controller.signal, () => released++)
    const reader = response.body?.getReader()
    expect((await reader?.read())?.done).toBe(false)
    const reason = new AuthError('session.ended', 'the session has ended')
    controller.abort(reason)
    await expect(reader?.read()).rejects.toBe(reason)
    await sleep(1)
    expect([seen.cancelled, released]).toEqual([reason, 1])
    const late = cutOffBy(new Response('x'), controller.signal, () => released++)
    await expect(late.text()).rejects.toBe(reason)
    expect(released).toBe(2)
  })

  it('is ended when it is a stream of events, which has no whole', async () => {
    const seen = { pulled: 0, cancelled: null as unknown }
    const controller = new AbortController()
    const events = new Response(streamOf(Array(100).fill('x'), seen), {
      headers: { 'content-type': 'text/event-stream' },
    })
    const reader = cutOffBy(events, controller.signal, () => undefined).body?.getReader()
    await reader?.read()
    controller.abort('over')
    expect([await reader?.read(), seen.cancelled]).toEqual([{ done: true, value: undefined }, 'over'])
  })
})
