/** examples/express-pages, started and used. */
import { expect, it } from 'vitest'
import { createVisitor, exampleFolder, startExample } from '../support/example.ts'

const ANA = { email: 'ana@example.com', password: 'a long walk' }
const BEN = { email: 'ben@example.com', password: 'a short walk' }

it('signs up, in and out by forms, over a restart', async () => {
  const env = { DATA: exampleFolder() }
  const example = await startExample('express-pages/server.ts', env)
  const ana = createVisitor(example.url)
  expect((await ana.submit('/sign-up', { ...ANA, password: 'short' })).status).toBe(400)
  const signedUp = await ana.submit('/sign-up', ANA)
  expect([signedUp.status, signedUp.headers.get('location')]).toEqual([303, '/'])
  expect([...ana.jar.keys()]).toEqual(['__Host-Http-sid'])
  expect(await ana.text('/')).toContain('ana@example.com, admin')
  expect((await ana.submit('/notes', { text: '<b>milk</b>' })).status).toBe(303)
  expect(await ana.text('/')).toContain('&#60;b&#62;milk')

  expect(await example.stop()).toBe(0)
  const again = await startExample('express-pages/server.ts', env, example.port)
  expect(await ana.text('/')).toContain('ana@example.com, admin')

  const elsewhere = createVisitor(again.url)
  expect((await elsewhere.submit('/sign-in', { ...ANA, password: 'a wrong walk' })).status).toBe(400)
  expect((await elsewhere.submit('/sign-in', { ...BEN, password: 'nobody' })).status).toBe(400)
  expect((await elsewhere.submit('/sign-in', ANA)).status).toBe(303)
  expect((await ana.submit('/sign-out-elsewhere')).status).toBe(303)
  expect(await ana.text('/')).toContain('ana@example.com')
  expect(await elsewhere.text('/')).toContain('Sign in')

  expect((await ana.submit('/sign-out')).headers.get('location')).toBe('/')
  expect(ana.jar.size).toBe(0)
  expect(await ana.text('/')).toContain('Sign in')
  expect(await again.stop()).toBe(0)
})

it('shows the admin page to admins, from the request after the change of role', async () => {
  const { url } = await startExample('express-pages/server.ts', { DATA: exampleFolder() })
  const [ana, ben] = [createVisitor(url), createVisitor(url)]
  await ana.submit('/sign-up', ANA)
  await ben.submit('/sign-up', BEN)
  expect((await ben.get('/admin')).status).toBe(403)
  expect((await ben.get('/admin', { accept: 'text/html' })).headers.get('content-type')).toMatch(/^text\/html/)
  expect((await createVisitor(url).get('/admin')).status).toBe(401)
  const [, promote = ''] = /ben@example.com.*?action="([^"]+)"/s.exec(await ana.text('/admin')) ?? []
  expect((await ana.submit(promote)).status).toBe(303)
  expect((await ben.get('/admin')).status).toBe(200)
  expect((await ana.submit('/admin/nobody/admin')).status).toBe(404)
})

it('takes no form of another site', async () => {
  const { url } = await startExample('express-pages/server.ts', { DATA: exampleFolder() })
  const ana = createVisitor(url)
  await ana.submit('/sign-up', ANA)
  const forged = await ana.submit('/notes', { text: 'spam' }, { origin: 'https://evil.example' })
  expect([forged.status, await ana.text('/')]).toEqual([403, expect.not.stringContaining('spam')])
  expect((await createVisitor(url).submit('/sign-in', ANA, { origin: 'https://evil.example' })).status).toBe(403)
})
