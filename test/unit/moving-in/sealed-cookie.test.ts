/** Cookies that are the whole login: found whole or in parts, opened once, removed or left; and the middleware around it all. */
import { describe, expect, it } from 'vitest'
import type { FormerLogins, MovedLogin } from '../../../src/http/move-in.ts'
import { createAuth } from '../../../src/index.ts'
import {
  fromSealedCookie,
  type IncomingRequest,
  movingIn,
  type SealedCookieOptions,
} from '../../../src/moving-in/index.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'

const options: SealedCookieOptions = {
  kind: 'sealed',
  cookie: [
    { name: '__Secure-old', domain: 'app.example' },
    { name: 'old', path: '/app' },
  ],
  open: async (value, name) => (value.startsWith('sealed:') ? { subject: `${value.slice(7)} by ${name}` } : null),
}
const former = (over: Partial<SealedCookieOptions> = {}): FormerLogins => fromSealedCookie({ ...options, ...over })

describe('a sealed cookie', () => {
  it('is found whole, in parts, and under the likelier name first', async () => {
    const found = former().read('a=1; old=sealed:ada; __Secure-old=sealed:bob')
    expect(await found?.load()).toEqual({ subject: 'bob by __Secure-old' })
    expect(found?.names).toEqual(['__Secure-old'])
    expect(found?.expired).toEqual(['__Secure-old=; Path=/; Domain=app.example; Max-Age=0; Secure; HttpOnly'])
    const parts = former().read('old.1=a; old.0=sealed:ad; old.3=lost')
    expect(await parts?.load()).toEqual({ subject: 'ada by old' })
    expect(parts?.expired).toEqual(['old.0=; Path=/app; Max-Age=0; HttpOnly', 'old.1=; Path=/app; Max-Age=0; HttpOnly'])
    expect(parts?.key).toBe(former().read('old=sealed:ada')?.key)
    expect(former({ former: 'keep' }).read('old=x')?.expired).toEqual([])
    for (const header of ['', 'other=1', 'old=', 'old', 'old.1=a', 'older=1']) expect(former().read(header)).toBeNull()
  })

  it.each([
    [{ kind: 'a b' }],
    [{ cookie: { name: '' } }],
    [{ open: undefined }],
    [{ former: 'burn' }],
    [{ until: -1 }],
    [{ until: 1.5 }],
  ])('needs options that can be meant: %j', (over) => {
    expect(() => former(over as never)).toThrow(TypeError)
  })
})

describe('moving in', () => {
  const create = () => {
    const store = createMemoryStore()
    const auth = createAuth({
      store,
      issuer: 'https://app.example',
      secrets: 'a secret of tests, 0123456789 abcdefghijk',
    })
    return { auth, end: () => auth.close().then(() => store.close()) }
  }
  const asking = (cookie: string) => ({ method: 'GET', headers: new Headers({ cookie }) })

  it('asks each library in turn, and none after its day', async () => {
    const { auth, end } = create()
    const now = Math.floor(Date.now() / 1000)
    const closed = former({ kind: 'closed', until: now })
    const open = former({ kind: 'open', until: now + 1000 })
    const header = asking('old=sealed:ada')
    expect(await auth.moveIn(header, [closed])).toBeNull()
    expect(await auth.moveIn(header, [closed, open])).toMatchObject({ session: { subject: 'ada by old' } })
    expect(await auth.moveIn(asking('old=broken'), [open])).toBeNull()
    await end()
  })

  it('of two cookies with the same text under two kinds is two logins', async () => {
    const { auth, end } = create()
    const one = await auth.moveIn(asking('old=sealed:ada'), [former({ kind: 'one' })])
    const two = await auth.moveIn(asking('old=sealed:ada'), [former({ kind: 'two' })])
    expect(two?.session.id).not.toBe(one?.session.id)
    await end()
  })

  const moved = { setCookies: ['sid=new', 'old=; Max-Age=0'], cookieHeader: 'a=1; sid=new' } as unknown as MovedLogin

  it('by middleware sets the cookies and lets the rest of the request see the new one', async () => {
    const run = (answer: () => Promise<MovedLogin | null>, cookie: string | undefined) => {
      const headers: Record<string, string | string[]> = { 'set-cookie': 'theme=dark' }
      const request: IncomingRequest = {
        method: 'GET',
        headers: cookie === undefined ? {} : { cookie },
        rawHeaders: ['Host', 'app.example', ...(cookie === undefined ? [] : ['Cookie', 'a=1', 'cookie', 'old=x'])],
        socket: {},
      }
      const response = {
        getHeader: (name: string) => headers[name],
        setHeader(name: string, value: string | string[]) {
          headers[name] = value
        },
      }
      const asked: unknown[] = []
      const auth = {
        moveIn: (given: { headers: { get(name: string): string | null } }) => {
          asked.push(given.headers.get('cookie'))
          return answer()
        },
      }
      return new Promise<{ error: unknown; headers: typeof headers; request: IncomingRequest; asked: unknown[] }>(
        (resolve) =>
          movingIn(auth as never, former()).middleware(request, response, (error) =>
            resolve({ error, headers, request, asked }),
          ),
      )
    }
    const done = await run(async () => moved, 'a=1; old=x')
    expect(done.error).toBeUndefined()
    expect(done.asked).toEqual(['a=1; old=x'])
    expect(done.headers['set-cookie']).toEqual(['theme=dark', 'sid=new', 'old=; Max-Age=0'])
    expect(done.request.headers.cookie).toBe('a=1; sid=new')
    expect(done.request.rawHeaders).toEqual(['Host', 'app.example', 'Cookie', 'a=1; sid=new'])
    expect((await run(async () => null, 'a=1; old=x')).headers).toEqual({ 'set-cookie': 'theme=dark' })
    expect((await run(() => Promise.reject(new Error('down')), 'a=1')).error).toEqual(new Error('down'))
    expect((await run(async () => moved, undefined)).asked).toEqual([])
  })

  it('around a Fetch handler does the same', async () => {
    let answer: () => Promise<MovedLogin | null> = async () => moved
    const seen: (string | null)[] = []
    const handler = movingIn({ moveIn: () => answer() } as never, former()).fetch(
      async (request, place: string) => {
        seen.push(request.headers.get('cookie'))
        return new Response(`${place} ${await request.text()}`, { headers: { 'Set-Cookie': 'theme=dark' } })
      },
      (_, error) => new Response(String(error), { status: 503 }),
    )
    const ask = () =>
      handler(
        new Request('https://app.example/', { method: 'POST', body: 'body', headers: { cookie: 'old=x' } }),
        'here',
      )
    const response = await ask()
    expect(await response.text()).toBe('here body')
    expect(response.headers.getSetCookie()).toEqual(['theme=dark', 'sid=new', 'old=; Max-Age=0'])
    answer = async () => null
    expect((await ask()).headers.getSetCookie()).toEqual(['theme=dark'])
    expect(seen).toEqual(['a=1; sid=new', 'old=x'])
    answer = () => Promise.reject(new Error('down'))
    expect((await ask()).status).toBe(503)
  })
})
