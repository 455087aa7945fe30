/** A site with Sojourn's real routes on the memory store and a real socket, whose pages load the client as it stands in src. */
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { readFields } from '../../src/http/body.ts'
import { problemResponse } from '../../src/http/problem.ts'
import { AuthError, createAuth, type HttpRequest, type HttpResponse, type LoginEvent } from '../../src/index.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { listen } from './http-server.ts'
import { root } from './source-files.ts'

export const PASSWORD = 'correct horse battery'

export interface SiteOptions {
  /** Of access tokens; at most 300, for a browser may hold them. */
  readonly lifetimeSeconds?: number
  /** More pages by path; what they load as `/src/...` is the library. */
  readonly pages?: Readonly<Record<string, string>>
}

/** What arrived, as far as a test may know it. */
export interface Arrival {
  readonly method: string
  readonly target: string
  readonly authorization: string | null
  readonly cookie: boolean
}

export async function startSite({ lifetimeSeconds = 300, pages = {} }: SiteOptions = {}) {
  let answer = async (_: HttpRequest): Promise<HttpResponse> => ({ status: 503, headers: new Headers(), body: null })
  const server = await listen((request) => answer(request))
  const origin = `http://localhost:${server.port}`
  const store = createMemoryStore()
  const events: LoginEvent[] = []
  const arrivals: Arrival[] = []
  const roles = new Map<string, readonly string[]>()
  /** Drops the connection instead of answering, once for each entry, by path. */
  const outages: string[] = []
  const auth = createAuth({
    store,
    issuer: origin,
    secrets: 'a secret of tests, 0123456789 abcdefghijk',
    claims: (subject) => ({ roles: roles.get(subject) ?? ['reader'] }),
    audiences: { [origin]: { browser: true, lifetimeSeconds }, 'https://api.example': { browser: true } },
    onEvent: (event) => void events.push(event),
  })
  await auth.ready()

  const signIn = async (request: HttpRequest): Promise<HttpResponse> => {
    const fields = await readFields(request)
    if (fields.required('password') !== PASSWORD) throw new AuthError('account.credentials', 'not right')
    const mode = fields.text('mode') === 'token' ? 'token' : 'cookie'
    const audience = fields.text('audience')
    const login = {
      subject: fields.required('email'),
      mode,
      ...(audience === null ? {} : { audience: [audience] }),
    } as const
    return auth.respond(await auth.logIn(login, request), { form: false })
  }
  const respond = async (request: HttpRequest, path: string): Promise<HttpResponse> => {
    if (path === '/auth/sign-in') return signIn(request)
    if (auth.covers(path)) return auth.handler(request)
    if (path.startsWith('/src/')) return script(path)
    const page = pages[path]
    if (page !== undefined) {
      return { status: 200, headers: new Headers({ 'content-type': 'text/html; charset=utf-8' }), body: page }
    }
    const login = await auth.require(request)
    const headers = new Headers({ 'content-type': 'application/json' })
    return { status: 200, headers, body: JSON.stringify({ subject: login.subject, roles: login.claims.roles }) }
  }
  answer = async (request) => {
    const { pathname, search } = new URL(request.url, origin)
    arrivals.push({
      method: request.method,
      target: pathname + search,
      authorization: request.headers.get('authorization'),
      cookie: request.headers.get('cookie') !== null,
    })
    const response = await respond(request, pathname).catch((error: unknown) => problemResponse(error, request))
    const lost = outages.indexOf(pathname)
    if (lost < 0) return response
    outages.splice(lost, 1)
    // Heard and done, but the answer ends in the middle.
    const headers = new Headers(response.headers)
    headers.set('content-length', '5000')
    return { ...response, headers }
  }

  const count = (action: LoginEvent['action']): number => events.filter((event) => event.action === action).length
  return {
    origin,
    auth,
    roles,
    events,
    arrivals,
    outages,
    count,
    asked: (path: string) => arrivals.filter(({ target }) => target === path),
    async close() {
      await server.close()
      await auth.close()
      await store.close()
    },
  }
}

export type Site = Awaited<ReturnType<typeof startSite>>

/** A source file as a browser takes it. */
function script(path: string): HttpResponse {
  const text = stripTypeScriptTypes(readFileSync(`${root}${path}`, 'utf8'))
  return { status: 200, headers: new Headers({ 'content-type': 'text/javascript' }), body: text }
}
