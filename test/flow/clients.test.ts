/** `sojourn clients` beside a running server. */
import { expect, it, onTestFinished } from 'vitest'
import { runCli, startServer, temporaryFolder } from '../support/processes.ts'

it('registers, lists and removes clients; of the secret only a digest is kept', async () => {
  const { path, remove } = temporaryFolder()
  const server = await startServer({ SOJOURN_DATA: path, SOJOURN_AUDIENCES: 'https://api.example' })
  onTestFinished(async () => {
    await server.stop()
    remove()
  })
  const cli = (...args: string[]) => runCli(['clients', ...args], server)

  const added = await cli('add', 'shop', '--redirect', 'https://shop.example/a https://shop.example/b', '--json')
  expect(added, added.stderr).toMatchObject({ code: 0, stderr: '' })
  const shop = JSON.parse(added.stdout)
  expect(shop).toMatchObject({ client_id: 'shop', redirect_uris: ['https://shop.example/a', 'https://shop.example/b'] })
  expect(shop.client_secret).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(await cli('add', 'shop')).toMatchObject({ code: 1, stderr: expect.stringContaining('of that id already') })
  expect(await cli('add', 'x', '--audiences', 'https://no.example')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('not among SOJOURN_AUDIENCES'),
  })

  const phone = await runCli(['clients', 'add', 'phone', '--type', 'native', '--input'], {
    env: server.env,
    input: '{"redirect_uris":["http://127.0.0.1/callback"]}',
  })
  expect(phone.stdout).toBe('Client phone is registered.\n')
  const listed = await cli('list', '--json')
  expect(JSON.parse(listed.stdout).clients.map(({ client_id }: { client_id: string }) => client_id)).toEqual([
    'phone',
    'shop',
  ])
  expect(listed.stdout).not.toMatch(/secret_sha256/)

  expect(await cli('remove', 'shop')).toMatchObject({ code: 0, stdout: expect.stringContaining('is removed') })
  expect(await cli('remove', 'shop')).toMatchObject({ code: 1 })
  expect((await cli('list')).stdout).not.toContain('shop')

  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(`${path}/sojourn.db`, { readOnly: true })
  const rows = JSON.stringify(database.prepare('SELECT * FROM audit').all())
  database.close()
  expect(rows).toContain('client.added')
  expect(rows).toContain('client.removed')
  expect(rows).not.toContain(shop.client_secret)
})
