/** The guides on roles, forgotten passwords, mobile programs and operating: their code, as it stands there. */
import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { createGuideFolder } from '../support/guide-folder.ts'
import { createClient } from '../support/http-client.ts'
import { freePort, temporaryFolder } from '../support/processes.ts'
import { startTestServer } from '../support/running-server.ts'
import { root } from '../support/source-files.ts'
import { runTranscript } from '../support/transcript.ts'

const guides = createGuideFolder(['roles', 'password-reset', 'mobile'])
const folder = temporaryFolder()
afterAll(async () => {
  await guides.remove()
  folder.remove()
})
const env = (name: string) => ({
  AUTH_DB: `${folder.path}/${name}.db`,
  AUTH_SECRET: 'a secret of tests, 0123456789 abcdefghijk',
})

/** Code that stands in a guide as a piece of a program, with what the piece takes for granted. */
function fragment(guide: string, given: string, used: string): string {
  const text = readFileSync(`${root}/docs/guides/${guide}.md`, 'utf8')
  const lines = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].flatMap(([, code = '']) => code.split('\n'))
  const isImport = (line: string): boolean => line.startsWith('import ')
  const body = lines.filter((line) => !isImport(line)).join('\n')
  return `${lines.filter(isImport).join('\n')}\nexport async function piece(${given}) {\n${body}\nreturn ${used}\n}\n`
}

it('are well-typed, and so are the pieces in other guides', () => {
  const users = 'users: { find(subject: string): Promise<{ email: string }> }'
  const provider = `store: import('sojourn').Store, secrets: string, client_secret_sha256: string, ${users}`
  guides.add('roles', 'single-sign-on.ts', fragment('single-sign-on', provider, 'auth'))
  const fenced = "pool: import('pg').Pool, login: import('sojourn').AuthLogin<unknown>, amount: number"
  guides.add('roles', 'postgres.ts', fragment('postgres', fenced, 'auth'))
  expect(guides.faults()).toEqual([])
})

it('roles: what is taken away is gone at the next request', async () => {
  const url = await guides.start('roles', 'app.ts', env('roles'))
  const [ana, kim] = [createClient(url), createClient(url)]
  expect((await ana.get('/drafts')).json.code).toBe('credentials.missing')
  await ana.post('/login', { json: { name: 'ana', password: 'a long walk' } })
  await kim.post('/login', { json: { name: 'kim', password: 'by the river' } })
  expect((await ana.get('/drafts')).status).toBe(200)
  expect((await ana.get('/audit')).json.code).toBe('policy.denied')
  expect((await kim.get('/audit')).status).toBe(200)
  expect((await ana.ask('PUT', '/users/ana/roles', { json: { roles: ['admin'] } })).status).toBe(403)
  const changed = await kim.ask('PUT', '/users/ana/roles', { json: { roles: ['auditor'] } })
  expect(changed.json).toEqual({ roles: ['auditor'], confirmedBy: 'acks' })
  expect([(await ana.get('/drafts')).status, (await ana.get('/audit')).status]).toEqual([403, 200])
})

it('forgotten passwords: a link is good once, and ends every session', async () => {
  const told: string[] = []
  const url = await guides.start('password-reset', 'app.ts', env('reset'), (line) => told.push(line))
  const [ana, thief, stranger] = [createClient(url), createClient(url), createClient(url)]
  const me = { email: 'ana@example.com', password: 'a long walk' }
  await thief.post('/login', { json: me })
  expect((await thief.get('/auth/session')).status).toBe(200)
  const asked = await Promise.all(
    ['nobody@example.com', me.email].map((email) => ana.post('/forgotten', { json: { email } })),
  )
  expect(asked.map(({ status, text }) => [status, text])).toEqual([asked[0], asked[0]].map((one) => [202, one?.text]))
  await expect.poll(() => told.join('')).toMatch(/reset#/)
  const code = /reset#([\w-]+)/.exec(told.join(''))?.[1] ?? ''
  const reset = { code, password: 'a longer walk' }
  const answers = await Promise.all([ana, stranger].map((one) => one.post('/reset', { json: reset })))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
  expect((await thief.get('/auth/session')).json.code).toBe('session.ended')
  expect((await thief.post('/login', { json: me })).status).toBe(400)
  const [here, there] = [ana, stranger]
  for (const one of [here, there]) await one.post('/login', { json: { ...me, password: 'a longer walk' } })
  const change = { current: 'a longer walk', password: 'the longest walk' }
  expect((await here.post('/password', { json: change })).json).toEqual({ changed: true, ended: 1 })
  expect([(await here.get('/auth/session')).status, (await there.get('/auth/session')).status]).toEqual([200, 401])
})

it('mobile: signs in, is opened again, and leaves nothing behind', async () => {
  const server = await startTestServer()
  const me = { email: 'ana@example.com', password: 'a long walk by the river' }
  await createClient(server.url).post('/auth/sign-up', { json: me })
  const phone = { ISSUER: server.url, EMAIL: me.email, PASSWORD: me.password }
  const { code, stdout, stderr } = await guides.run('mobile', 'phone.ts', [], phone)
  await server.close()
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^200\nstill signed in: true\n(?:signed out: \w+\n)?0\n$/)
})

describe('operating', () => {
  it('agrees with what happens', { timeout: 120_000 }, async () => {
    const port = await freePort()
    const outcomes = await runTranscript(readFileSync(`${root}/docs/guides/operating.md`, 'utf8'), {
      cwd: root,
      env: { ...process.env, PORT: String(port), TMPDIR: folder.path, npm_config_loglevel: 'silent' },
      replace: [
        ['localhost:4000', `localhost:${port}`],
        [' jar', ` ${folder.path}/jar`],
        ['-jar}', `-${folder.path}/jar}`],
      ],
    })
    expect(outcomes.length).toBeGreaterThanOrEqual(18)
    expect(outcomes.filter((outcome) => !outcome.agrees)).toEqual([])
  })
})
