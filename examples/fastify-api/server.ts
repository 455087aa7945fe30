/** An API of tasks: Fastify, tokens for programs, nothing kept in a cookie. */
import { mkdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import fastify from 'fastify'
import { createAuth } from 'sojourn'
import { fastifyAuth } from 'sojourn/adapters/fastify'
import { createSqliteStore } from 'sojourn/stores/sqlite'
import { openUsers, type User } from './users.ts'

const { PORT = '3001', DATA = 'data', SECRET } = process.env
if (!SECRET) throw new Error('set SECRET to a text of at least 32 characters')
mkdirSync(DATA, { recursive: true, mode: 0o700 })
const users = openUsers(`${DATA}/users.db`)
const tasks = new DatabaseSync(`${DATA}/tasks.db`)
tasks.exec('CREATE TABLE IF NOT EXISTS tasks (id INTEGER PRIMARY KEY, owner TEXT, title TEXT, done INTEGER DEFAULT 0)')
const store = createSqliteStore({ path: `${DATA}/auth.db` })
const auth = fastifyAuth(createAuth({ store, issuer: `http://localhost:${PORT}`, secrets: SECRET }))

const app = fastify({ forceCloseConnections: true })
await app.register(auth.plugin) // first: /auth/refresh, /auth/sign-out and their like, and request.auth
app.setErrorHandler(auth.errorHandler)

const credentials = {
  type: 'object',
  required: ['email', 'password'],
  properties: { email: { type: 'string', maxLength: 254 }, password: { type: 'string', minLength: 8, maxLength: 256 } },
} as const
const task = {
  type: 'object',
  required: ['title'],
  properties: { title: { type: 'string', minLength: 1, maxLength: 200 } },
} as const
interface Credentials {
  readonly email: string
  readonly password: string
}

// What `sojourn/client` calls: the answer is {access_token, refresh_token, expires_in, token_type}.
const enter = (check: (email: string, password: string) => Promise<User | null>, code: string) =>
  app.route<{ Body: Credentials }>({
    method: 'POST',
    url: `/auth/${code === 'account.exists' ? 'sign-up' : 'sign-in'}`,
    schema: { body: credentials },
    async handler({ body: { email, password } }, reply) {
      const user = await check(email, password)
      if (!user)
        return reply.code(401).type('application/problem+json').send({ title: 'Unauthorized', status: 401, code })
      return auth.send(
        reply,
        auth.respond(await auth.logIn(reply, { subject: user.id, mode: 'token' }), { form: false }),
      )
    },
  })
enter(users.signUp, 'account.exists')
enter(users.signIn, 'account.credentials')

app.get(
  '/tasks',
  auth.requireAuth({}, ({ auth: { subject } }) =>
    tasks.prepare('SELECT id, title, done FROM tasks WHERE owner = ? ORDER BY id').all(subject),
  ),
)
app.post(
  '/tasks',
  { schema: { body: task } },
  auth.requireAuth({}, ({ auth: { subject }, body }, reply) => {
    const { title } = body as { readonly title: string }
    const { lastInsertRowid } = tasks.prepare('INSERT INTO tasks (owner, title) VALUES (?, ?)').run(subject, title)
    return reply.code(201).send({ id: Number(lastInsertRowid), title, done: 0 })
  }),
)
app.post(
  '/tasks/:id/done',
  auth.requireAuth({}, ({ auth: { subject }, params }, reply) => {
    const { id } = params as { readonly id: string }
    const { changes } = tasks.prepare('UPDATE tasks SET done = 1 WHERE id = ? AND owner = ?').run(id, subject)
    return changes === 1 ? reply.code(204).send() : reply.code(404).send({ title: 'Not Found', status: 404 })
  }),
)
// A lost laptop: a login of the last five minutes ends all of them, this one included.
app.post(
  '/me/lock',
  auth.requireAuth({ maxAge: 300 }, async ({ auth: { subject } }, reply) => {
    await auth.revoke({ subject })
    return reply.code(204).send()
  }),
)

await auth.ready()
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
console.log(`http://localhost:${PORT}`)
process.once('SIGTERM', async () => {
  await app.close()
  await auth.close()
  await store.close()
  users.close()
  tasks.close()
})
