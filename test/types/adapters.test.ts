/** What each adapter infers for `request.auth` and its like. Only the types matter: nothing here is called. */
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import express, { type RequestHandler } from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { expectTypeOf, it } from 'vitest'
import { expressAuth } from '../../src/adapters/express.ts'
import { fastifyAuth } from '../../src/adapters/fastify.ts'
import { fetchAuth } from '../../src/adapters/fetch.ts'
import { honoAuth } from '../../src/adapters/hono.ts'
import { nodeAuth, type RequestLogin } from '../../src/adapters/node.ts'
import { createAuth, type Json } from '../../src/index.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'

interface Claims {
  readonly roles: readonly string[]
  readonly plan?: 'free' | 'pro'
}

const core = () =>
  createAuth({
    store: createMemoryStore(),
    issuer: 'https://app.example',
    secrets: 'x',
    claims: async (_subject: string): Promise<Claims> => ({ roles: ['reader'] }),
    data: (_stored: Json) => ({ items: [] as string[] }),
  })
type Mine = RequestLogin<Claims>

it('node:http: a third argument, null unless the route demands a login', () => {
  const _ = () => {
    const auth = nodeAuth(core())
    createServer(
      auth.listener((request, response, login) => {
        expectTypeOf(login).toEqualTypeOf<Mine | null>()
        expectTypeOf(auth.of(request)).toEqualTypeOf<Mine | null>()
        expectTypeOf(auth.logIn(response, { subject: 'a', data: { items: [] } })).resolves.toHaveProperty('setCookie')
        // @ts-expect-error the data of this application has another shape
        void auth.logIn(response, { subject: 'a', data: { visits: 1 } })
      }),
    )
    createHttp2Server(
      auth.listener((_request, _response, login) => void expectTypeOf(login).toEqualTypeOf<Mine | null>()),
    )
    createServer(
      auth.listener(
        auth.requireAuth({ claims: { roles: 'admin', plan: 'pro' }, maxAge: 60 }, (_request, _response, login) => {
          expectTypeOf(login).toEqualTypeOf<Mine>()
          expectTypeOf(login.claims.roles).toEqualTypeOf<readonly string[]>()
          expectTypeOf(login.signal).toEqualTypeOf<AbortSignal>()
        }),
      ),
    )
    // @ts-expect-error there is no such plan
    auth.requireAuth({ claims: { plan: 'gold' } }, () => undefined)
    // @ts-expect-error there is no such claim
    auth.requireAuth({ claims: { rolls: 'admin' } }, () => undefined)
    auth.requireAuth({ claims: ({ roles }) => roles.length > 1 }, () => undefined)
  }
  expectTypeOf(_).toBeFunction()
})

it('Express: `request.auth`, never null behind requireAuth', () => {
  const _ = () => {
    const auth = expressAuth(core())
    const app = express()
    app.use(auth.middleware)
    app.use(auth.errors)
    expectTypeOf(auth.csrf).toExtend<RequestHandler>()
    app.get('/', (request, response) => {
      expectTypeOf(request.auth).toEqualTypeOf<RequestLogin<Record<string, unknown>> | null>()
      expectTypeOf(auth.of(request)).toEqualTypeOf<Mine | null>()
      // What the framework's own type says is enough for everything that takes a login.
      if (request.auth) auth.attach(response, request.auth)
      if (request.auth) expectTypeOf(auth.readData(request.auth)).resolves.toEqualTypeOf<{ items: string[] }>()
    })
    app.get('/guarded', auth.requireAuth({ acr: 'mfa' }), (_request, response) => void response.end())
    app.get(
      '/me/:id',
      auth.requireAuth({}, (request, response) => {
        expectTypeOf(request.auth.subject).toEqualTypeOf<string>()
        expectTypeOf(request.auth.claims.roles).toExtend<readonly string[]>()
        expectTypeOf(request.auth).not.toBeNullable()
        response.json({ id: request.params.id, query: request.query })
      }),
    )
  }
  expectTypeOf(_).toBeFunction()
})

it('Fastify: `request.auth`, never null behind requireAuth', () => {
  const _ = async () => {
    const auth = fastifyAuth(core())
    const app = fastify()
    await app.register(auth.plugin)
    app.setErrorHandler(auth.errorHandler)
    app.get('/', async (request, reply) => {
      expectTypeOf(request.auth).toEqualTypeOf<RequestLogin<Record<string, unknown>> | null>()
      expectTypeOf(auth.of(request)).toEqualTypeOf<Mine | null>()
      if (request.auth) auth.attach(reply.raw, request.auth)
    })
    app.get('/guarded', { onRequest: auth.requireAuth({ maxAge: 60 }), preHandler: auth.csrf }, async () => 'ok')
    app.get(
      '/me',
      auth.requireAuth({}, function (request, reply) {
        expectTypeOf(this.server).toEqualTypeOf(app.server)
        expectTypeOf(request.auth.claims.roles).toExtend<readonly string[]>()
        expectTypeOf(request.auth).not.toBeNullable()
        return reply.send('ok')
      }),
    )
  }
  expectTypeOf(_).toBeFunction()
})

it("Hono: `c.get('auth')`, never null behind requireAuth", () => {
  const _ = () => {
    const auth = honoAuth(core())
    new Hono()
      .use(auth.middleware)
      .onError(auth.onError)
      .get('/', (c) => {
        expectTypeOf(c.get('auth')).toEqualTypeOf<Mine | null>()
        expectTypeOf(auth.of(c)).toEqualTypeOf<Mine | null>()
        return c.text('ok')
      })
      .get('/me', auth.requireAuth({ claims: { roles: ['admin', 'reader'] } }), (c) => {
        expectTypeOf(c.get('auth')).toEqualTypeOf<Mine>()
        expectTypeOf(c.var.auth.claims.roles).toEqualTypeOf<readonly string[]>()
        return c.text('ok')
      })
    const app = new Hono()
    app.get('/me/:id', auth.requireAuth(), (c) => c.text(`${c.get('auth').subject} ${c.req.param('id')}`))
  }
  expectTypeOf(_).toBeFunction()
})

it('Fetch: a second argument, before whatever the platform passes', () => {
  const _ = () => {
    const auth = fetchAuth(core())
    const whole = auth.handle((request, login) => {
      expectTypeOf(login).toEqualTypeOf<Mine | null>()
      return new Response(request.url)
    })
    expectTypeOf(whole).toExtend<(request: Request) => Promise<Response>>()
    // A route handler of Next.js: its own request and a context with params.
    interface NextRequest extends Request {
      readonly nextUrl: URL
    }
    const GET = auth.requireAuth(
      { claims: { roles: 'admin' } },
      async (request: NextRequest, login, { params }: { params: Promise<{ id: string }> }) => {
        expectTypeOf(login).toEqualTypeOf<Mine>()
        return Response.json({ id: (await params).id, path: request.nextUrl.pathname })
      },
    )
    expectTypeOf(GET).parameters.toEqualTypeOf<[NextRequest, { params: Promise<{ id: string }> }]>()
    expectTypeOf(GET).returns.resolves.toEqualTypeOf<Response>()
  }
  expectTypeOf(_).toBeFunction()
})
