/** examples/fastify-api, started and used: the server, and the command line that talks to it. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { exampleFolder, runExample, startExample } from '../support/example.ts'

/** The command on one machine. */
function machine(url: string, folder: string, name: string) {
  const file = join(folder, name)
  const tasks = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await runExample('fastify-api/tasks.ts', args, {
      API: url,
      LOGIN_FILE: file,
      PASSWORD: 'a long walk',
    })
    return { code, said: (stdout + stderr).trimEnd() }
  }
  return { tasks, file }
}

it('stays signed in from run to run, over a restart of the API, until it signs out', async () => {
  const folder = exampleFolder()
  const api = await startExample('fastify-api/server.ts', { DATA: folder })
  const { tasks, file } = machine(api.url, folder, 'laptop')
  expect(await tasks('list')).toEqual({ code: 1, said: 'sign in first' })
  expect(await tasks('sign-in', 'ana@example.com')).toEqual({ code: 1, said: 'account.credentials' })
  expect(await tasks('sign-up', 'ana@example.com')).toEqual({ code: 0, said: 'signed in as ana@example.com' })
  expect(await tasks('sign-up', 'ana@example.com')).toEqual({ code: 1, said: 'account.exists' })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await tasks('add', 'buy milk')).toEqual({ code: 0, said: '' })
  expect(await tasks('done', '1')).toEqual({ code: 0, said: '' })
  expect(await tasks('done', '2')).toEqual({ code: 1, said: 'the API answers 404' })

  expect(await api.stop()).toBe(0)
  await startExample('fastify-api/server.ts', { DATA: folder }, api.port)
  expect(await tasks('list')).toEqual({ code: 0, said: 'x 1 buy milk' })
  expect(await tasks('sign-out')).toEqual({ code: 0, said: '' })
  expect(await tasks('list')).toEqual({ code: 1, said: 'sign in first' })
})

it('ends every login of a locked account, and shows nobody the tasks of others', async () => {
  const folder = exampleFolder()
  const api = await startExample('fastify-api/server.ts', { DATA: folder })
  const [laptop, phone, ben] = ['laptop', 'phone', 'ben'].map((name) => machine(api.url, folder, name).tasks)
  await laptop?.('sign-up', 'ana@example.com')
  await phone?.('sign-in', 'ana@example.com')
  await ben?.('sign-up', 'ben@example.com')
  await laptop?.('add', 'buy milk')
  expect(await phone?.('list')).toEqual({ code: 0, said: '  1 buy milk' })
  expect(await ben?.('list')).toEqual({ code: 0, said: '' })
  expect(await ben?.('done', '1')).toEqual({ code: 1, said: 'the API answers 404' })
  expect(await phone?.('lock')).toEqual({ code: 0, said: '' })
  for (const tasks of [laptop, phone]) expect((await tasks?.('list'))?.code).toBe(1)
  expect((await ben?.('list'))?.code).toBe(0)
})

it('refuses bad input with one clear answer', async () => {
  const { url } = await startExample('fastify-api/server.ts', { DATA: exampleFolder() })
  const send = (path: string, body: string) =>
    fetch(url + path, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  expect((await send('/auth/sign-in', '{')).status).toBe(400)
  expect((await send('/auth/sign-in', '{"email":"ana@example.com"}')).status).toBe(400)
  expect((await send('/tasks', '{"title":"x"}')).status).toBe(401)
  expect((await fetch(`${url}/tasks`, { headers: { authorization: 'Bearer x' } })).status).toBe(401)
})
