/** Notes on pages: Express, a form to sign in, a cookie that lasts. */
import { mkdirSync } from 'node:fs'
import express from 'express'
import { createAuth } from 'sojourn'
import { expressAuth } from 'sojourn/adapters/express'
import { createSqliteStore } from 'sojourn/stores/sqlite'
import { notesPage, problemPage, signInPage, usersPage } from './pages.ts'
import { openUsers, type User } from './users.ts'

const { PORT = '3000', DATA = 'data', SECRET } = process.env
if (!SECRET) throw new Error('set SECRET to a text of at least 32 characters')
mkdirSync(DATA, { recursive: true, mode: 0o700 })
const users = openUsers(`${DATA}/users.db`)
const store = createSqliteStore({ path: `${DATA}/auth.db` })
const auth = expressAuth(
  createAuth({
    store,
    issuer: `http://localhost:${PORT}`,
    secrets: SECRET,
    claims: (subject) => ({ role: users.find(subject)?.role ?? 'reader' }),
    page: ({ title, detail }) => problemPage(title, detail),
  }),
)
const notes = new Map<string, string[]>()

const app = express()
app.use(auth.middleware) // first: /auth/* is answered here, and request.auth is set everywhere else
app.use(express.urlencoded({ extended: false, limit: '10kb' }))

app.get('/', (request, response) => {
  const login = auth.of(request)
  const user = login && users.find(login.subject)
  response.send(user ? notesPage(user, notes.get(user.id) ?? [], login.claims.role) : signInPage())
})

const signedIn = async (response: express.Response, user: User | null, fault: string): Promise<void> => {
  if (user) {
    await auth.logIn(response, { subject: user.id, mode: 'cookie' })
    response.redirect(303, '/')
  } else response.status(400).send(signInPage(fault))
}
app.post('/sign-in', async ({ body }, response) =>
  signedIn(response, await users.signIn(String(body?.email), String(body?.password)), 'Email or password is wrong.'),
)
app.post('/sign-up', async ({ body }, response) => {
  const [email, password] = [String(body?.email), String(body?.password)]
  if (password.length < 8) return signedIn(response, null, 'Use at least 8 characters.')
  const role = users.all().length === 0 ? 'admin' : 'reader'
  return signedIn(response, await users.signUp(email, password, role), 'This address is taken.')
})
app.post('/sign-out', async (_request, response) => {
  await auth.logOut(response)
  response.redirect(303, '/')
})

app.post(
  '/sign-out-elsewhere',
  auth.requireAuth({}, async (request, response) => {
    const kept = await auth.revokeOthers(request.auth) // ours goes on under a new cookie
    if (kept) auth.setCookie(response, kept)
    response.redirect(303, '/')
  }),
)
app.post(
  '/notes',
  auth.requireAuth({}, ({ auth: { subject }, body }, response) => {
    notes.set(subject, [...(notes.get(subject) ?? []), String(body?.text)])
    response.redirect(303, '/')
  }),
)

app.get('/admin', auth.requireAuth({ claims: { role: 'admin' } }), (_request, response) => {
  response.send(usersPage(users.all()))
})
app.post('/admin/:id/:role', auth.requireAuth({ claims: { role: 'admin' } }), async ({ params }, response) => {
  const { id, role } = params
  if (!users.find(String(id)) || !['admin', 'reader'].includes(String(role))) {
    response.status(404).send(problemPage('Not found', 'There is no such user or role.'))
    return
  }
  users.setRole(String(id), String(role))
  await auth.changeClaims(String(id)) // from here on their next request sees the new role
  response.redirect(303, '/admin')
})

app.use(auth.errors)

await auth.ready()
const server = app.listen(Number(PORT), '127.0.0.1', () => console.log(`http://localhost:${PORT}`))
process.once('SIGTERM', () => {
  server.close(async () => {
    await auth.close()
    await store.close()
    users.close()
  })
  server.closeAllConnections()
})
