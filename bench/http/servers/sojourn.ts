/** Sojourn through its adapters. The variant names mode and store. */
import { join } from 'node:path'
import { expressAuth } from '../../../src/adapters/express.ts'
import { fastifyAuth } from '../../../src/adapters/fastify.ts'
import { honoAuth } from '../../../src/adapters/hono.ts'
import { nodeAuth } from '../../../src/adapters/node.ts'
import { createAuth, type Mode, type SignedIn, type Store } from '../../../src/index.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createSqliteStore } from '../../../src/stores/sqlite/index.ts'
import { openStoreAt, settleLog } from '../../../test/support/fleet-store.ts'
import { ORIGIN, PAGE, profileOf, SECRET, type Setup, SIGN_IN, type Start } from '../application.ts'
import {
  listenExpress,
  listenFastify,
  listenHono,
  listenNode,
  newExpress,
  newFastify,
  newHono,
  sendJson,
  signInOf,
} from './listening.ts'

const STORES: Readonly<Record<string, (setup: Setup) => Store | Promise<Store>>> = {
  memory: () => createMemoryStore(),
  sqlite: ({ folder }) => createSqliteStore({ path: join(folder, 'sojourn.db') }),
  redis: ({ redisUrl }) => openFleetStore(redisUrl),
  postgres: ({ postgresUrl }) => openFleetStore(postgresUrl),
}

async function openFleetStore(url: string | null): Promise<Store> {
  if (url === null) throw new Error('this subject needs a server')
  const store = await openStoreAt(url)
  await settleLog(store)
  return store
}

export const start: Start = async (setup) => {
  const [mode, engine = ''] = setup.variant.split(' ') as [Mode, string]
  const openStore = STORES[engine]
  if (!openStore) throw new Error(`no store ${engine}`)
  const auth = createAuth({
    store: await openStore(setup),
    issuer: ORIGIN,
    secrets: SECRET,
    // A hundred thousand sign-ins of every subject pass before a token is shown.
    accessTokenSeconds: 3_600,
    claims: (subject) => ({ roles: profileOf(subject).roles }),
  })
  await auth.ready()
  const answer = ({ tokens }: SignedIn) => ({ token: tokens?.accessToken ?? null })

  if (setup.framework === 'node:http') {
    const sojourn = nodeAuth(auth)
    return listenNode(
      sojourn.listener(async (request, response, login) => {
        const subject = signInOf(request)
        if (subject !== null) sendJson(response, 200, answer(await sojourn.logIn(response, { subject, mode })))
        else if (login) sendJson(response, 200, { subject: login.subject, roles: login.claims.roles })
        else sendJson(response, 401, {})
      }),
    )
  }
  if (setup.framework === 'Express 5') {
    const sojourn = expressAuth(auth)
    const app = newExpress().use(sojourn.middleware)
    app.post(`${SIGN_IN}:subject`, async ({ params }, response) => {
      response.json(answer(await sojourn.logIn(response, { subject: params.subject, mode })))
    })
    app.get(
      PAGE,
      sojourn.requireAuth({}, (request, response) => {
        response.json({ subject: request.auth.subject, roles: request.auth.claims.roles })
      }),
    )
    return listenExpress(app)
  }
  if (setup.framework === 'Fastify') {
    const sojourn = fastifyAuth(auth)
    const app = newFastify()
    await app.register(sojourn.plugin)
    app.post<{ Params: { subject: string } }>(`${SIGN_IN}:subject`, async ({ params }, reply) =>
      answer(await sojourn.logIn(reply, { subject: params.subject, mode })),
    )
    app.get(
      PAGE,
      sojourn.requireAuth({}, (request, reply) =>
        reply.send({ subject: request.auth.subject, roles: request.auth.claims.roles }),
      ),
    )
    return listenFastify(app)
  }
  const sojourn = honoAuth(auth)
  const app = newHono().use(sojourn.middleware)
  app.post(`${SIGN_IN}:subject`, async (c) =>
    c.json(answer(await sojourn.logIn(c, { subject: c.req.param('subject'), mode }))),
  )
  app.get(PAGE, (c) => {
    const login = c.get('auth')
    return login ? c.json({ subject: login.subject, roles: login.claims.roles }) : c.json({}, 401)
  })
  return listenHono(app)
}
