/** The configuration of every archetype is the library's own: it compiles as it is shown, starts, and does what was promised. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { afterAll, describe, expect, it } from 'vitest'
import { nodeAuth } from '../../../../src/adapters/node.ts'
import { createAuth } from '../../../../src/http/auth.ts'
import { createMemoryStore } from '../../../../src/stores/memory/index.ts'
import { createVerifier } from '../../../../src/verifier/index.ts'
import { DEFAULTS, type Known } from '../../../../web/lab/decide/answers.ts'
import { type Configuration, configurationOf } from '../../../../web/lab/decide/configuration.ts'
import { decideKnown } from '../../../../web/lab/decide/decide.ts'
import { renderEnv, renderNginx, renderSetCookie, renderTypeScript } from '../../../../web/lab/decide/render.ts'
import { PRESETS } from '../../../../web/lab/decide/weights.ts'
import { type CodeFolder, createCodeFolder } from '../../../support/code-folder.ts'
import { createClient } from '../../../support/http-client.ts'
import { freePort, temporaryFolder } from '../../../support/processes.ts'
import { startTestServer } from '../../../support/running-server.ts'
import { PERSONAS } from './personas.ts'

/** Answers that lead to each archetype; on one machine, so that what they say can run here. */
const ANSWERS: Readonly<Record<string, Partial<Known>>> = {
  R1: { q12: ['list', 'audit', 'stepup'] },
  'R1, looked up': { q13: ['store'], q3: 'next', q4: 'next' },
  R2: { q1: ['spa'], q8: 'check', q3: 'm15', q4: 'm15' },
  'R2, asking': { q1: ['service'], q8: 'check', q3: 'next', q4: 'next', q13: ['store', 'rotation'] },
  R3: { q1: ['mobile'], q3: 'm15', q4: 'm15' },
  'R3, shared key': { q1: ['mobile'], q3: 'm15', q4: 'm15', q13: ['store'] },
  R4: { q2: 'unrelated' },
  R5: { q13: ['store'], q6r: 'ms30', q7: 'r10000', q3: 'm1', q4: 'm1' },
  R6: { q1: ['spa'], q8: 'check', q3: 's1', q4: 's1' },
  'R6, lists': { q1: ['service'], q8: 'foreign', q3: 'm1', q4: 'm15', q7b: 'b5' },
  R7: { q13: [], q3: 'h1', q4: 'h1', q11: [], q12: [], q5: 'minutes' },
  R8: { q11: ['malware', 'personal'], q1: ['pages', 'mobile'] },
}
const configure = (answers: Partial<Known>): Configuration =>
  configurationOf(decideKnown({ ...DEFAULTS, ...answers }, PRESETS.balanced))
const secret = randomBytes(32).toString('hex')
const KEY = 'asking-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'

/** Drives each text in turn: a server over it, one login of its mode, and what becomes of it. */
const HARNESS = `
import { createServer } from 'node:http'
import { nodeAuth } from 'sojourn/adapters/node'
for (const [name = '', port = ''] of (process.env.TEXTS ?? '').split(',').map((text) => text.split(':'))) {
  const origin = 'http://localhost:' + port
  process.env.APP_URL = origin
  process.env.AUTH_DB = process.env.DATA + '/' + name + '.db'
  const { auth } = await import('../' + name + '/auth.ts')
  if (name === 'R4') await import('../' + name + '/sso.ts')
  await auth.ready()
  const node = nodeAuth(auth)
  const server = createServer(node.listener(async (request, response, login) => {
    if (request.url === '/log-in') {
      const { tokens } = await node.logIn(response, { subject: 'ada' })
      response.end(tokens ? tokens.accessToken : '')
    } else response.writeHead(login ? 200 : 401).end(login?.subject)
  }))
  await new Promise<void>((resolve) => server.listen(Number(port), resolve))
  const entered = await fetch(origin + '/log-in', { method: 'POST', headers: { origin } })
  const token = await entered.text()
  const set = entered.headers.getSetCookie()[0] ?? null
  const cookie: Record<string, string> = set === null ? {} : { cookie: set.split(';')[0] ?? '' }
  const mine = set === null ? { authorization: 'Bearer ' + token } : cookie
  const statusOf = async (headers: Record<string, string>, method = 'GET'): Promise<number> =>
    (await fetch(origin + '/', { method, headers })).status
  const statuses = [await statusOf(mine), await statusOf({ ...cookie, origin: 'https://evil.example' }, 'POST')]
  await auth.revoke({ subject: 'ada' })
  statuses.push(await statusOf(mine))
  console.log(JSON.stringify({ name, set, statuses }))
  await auth.close()
  server.closeAllConnections()
  server.close()
}
`
const folderOf = (name: string): string => name.replace(/\W+/g, '-')

let folder: CodeFolder | null = null
const data = temporaryFolder()
afterAll(() => {
  folder?.remove()
  data.remove()
})

describe('the text', () => {
  it('compiles as it is shown, for each archetype and persona, on every store', { timeout: 120_000 }, () => {
    folder = createCodeFolder()
    const all = { ...ANSWERS, ...Object.fromEntries(PERSONAS.map(({ name, answers }) => [name, answers])) }
    let fleet = 0
    for (const [i, answers] of Object.values(all).entries()) {
      for (const q6 of i < 3 ? (['one', 'few'] as const) : ([undefined] as const)) {
        const configuration = configure(q6 === undefined ? answers : { ...answers, q6, q7: 'r10000' })
        if (configuration.store === 'redis' || configuration.store === 'postgres') fleet++
        for (const { name, text } of renderTypeScript(configuration)) folder.add(`t${i}${q6 ?? ''}`, name, text)
      }
    }
    expect(fleet).toBeGreaterThan(2)
    for (const [name, answers] of Object.entries(ANSWERS)) {
      for (const file of renderTypeScript(configure(answers))) folder.add(folderOf(name), file.name, file.text)
    }
    folder.add('all', 'run.ts', HARNESS)
    expect(folder.faults()).toEqual([])
  })

  it('runs: lets in, refuses a forgery, refuses what was revoked; its cookie is the one that is shown', {
    timeout: 120_000,
  }, async () => {
    const names = Object.keys(ANSWERS)
    const texts = await Promise.all(names.map(async (name) => `${folderOf(name)}:${await freePort()}`))
    const ended = await folder?.run('all', 'run.ts', {
      TEXTS: texts.join(),
      DATA: data.path,
      AUTH_SECRET: secret,
      ASKING_KEY: KEY,
      CLIENT_SECRET: secret,
      PROVIDER_URL: 'http://localhost:9',
    })
    expect(ended?.stderr).toBe('')
    const told = (ended?.stdout ?? '')
      .split('\n')
      .flatMap((line) => (line.startsWith('{"name"') ? [JSON.parse(line)] : []))
    expect(told.map(({ name }) => name)).toEqual(names.map(folderOf))
    const attributes = (line: string | null) =>
      line
        ?.replace(/^Set-Cookie: /, '')
        .replace(/=[^;]*/, '')
        .replace(/Max-Age=\d+/, '')
    for (const [i, { set, statuses }] of told.entries()) {
      const name = names[i] ?? ''
      // Without a cookie there is nothing to forge: such a request is nobody's.
      expect(statuses, name).toEqual([200, set === null ? 401 : 403, 401])
      expect(attributes(set), name).toEqual(attributes(renderSetCookie(configure(ANSWERS[name] ?? {}))))
    }
  })
})

describe('the object', () => {
  it.each(Object.entries(ANSWERS))('%s is taken by createAuth as it is', async (_name, answers) => {
    const { auth: settings, service } = configure(answers)
    const issuer = 'https://app.example'
    const auth = createAuth({ store: createMemoryStore(), issuer, secrets: secret, ...settings })
    await auth.ready()
    const { tokens, setCookie } = await auth.logIn({ subject: 'ada' }, { method: 'POST', headers: new Headers() })
    const asking = {
      method: 'GET',
      headers: new Headers(
        setCookie ? { cookie: setCookie.split(';')[0] ?? '' } : { authorization: `Bearer ${tokens?.accessToken}` },
      ),
    }
    expect((await auth.identify(asking))?.subject).toBe('ada')
    if (service) {
      const keys = { keys: (await auth.keys.publicKeys()).keys as readonly object[] }
      const verifier = createVerifier({ keys, issuer, audience: service.audience, ...service.settings })
      const login = await auth.require(asking)
      const minted = await auth.mint(login, { audience: service.audience })
      expect((await verifier.verify(minted.accessToken)).sub).toBe('ada')
    }
    await auth.revoke({ subject: 'ada' })
    const after = await auth.identify(asking).catch((error: { code?: string }) => error.code ?? error)
    expect(after).toBe(setCookie ? null : 'token.revoked')
    await auth.close()
  })
})

it('R6: a server with this environment, and the service as it is shown', { timeout: 60_000 }, async () => {
  const { env } = configure(ANSWERS.R6 ?? {})
  expect(Object.keys(env)).toContain('SOJOURN_FOLLOWER_KEY')
  const { SOJOURN_URL: _ours, ...rest } = env
  const server = await startTestServer({ env: { ...rest, SOJOURN_FOLLOWER_KEY: KEY } })
  const { json } = await createClient(server.url).post('/auth/sign-up', {
    json: { email: 'ada@example.test', password: 'correct horse battery staple', mode: 'token' },
  })
  const { sid } = JSON.parse(Buffer.from(json.access_token.split('.')[1] ?? '', 'base64url').toString())
  const { service } = configure(ANSWERS.R6 ?? {})
  const verifier = createVerifier({
    jwksUrl: `${server.url}/.well-known/jwks.json`,
    issuer: server.url,
    audience: server.url,
    ...service?.settings,
    revocations: { url: server.url, token: KEY },
  })
  await verifier.ready()
  expect((await verifier.verify(json.access_token)).sid).toBe(sid)
  await server.instance.logins.revoke({ session: sid })
  await expect(verifier.verify(json.access_token)).rejects.toMatchObject({ code: 'token.revoked' })
  await verifier.close()
  await server.close()
})

it('R2: a service that asks the issuer, as it is shown', { timeout: 60_000 }, async () => {
  const url = `http://localhost:${await freePort()}`
  const { auth: settings, service } = configure(ANSWERS['R2, asking'] ?? {})
  expect(service?.asks).toBe(true)
  const auth = createAuth({
    store: createMemoryStore(),
    issuer: url,
    secrets: secret,
    ...settings,
    operatorKeys: [KEY],
  })
  await auth.ready()
  const server = createServer(nodeAuth(auth).listener((_request, response) => void response.end()))
  await new Promise<void>((resolve) => server.listen(Number(new URL(url).port), resolve))
  const request = { method: 'POST', headers: new Headers() }
  const { tokens } = await auth.logIn({ subject: 'ada' }, request)
  const login = await auth.require({
    method: 'GET',
    headers: new Headers({ authorization: `Bearer ${tokens?.accessToken}` }),
  })
  const { accessToken: token } = await auth.mint(login, { audience: service?.audience ?? '' })
  folder?.add(
    'R2-asking',
    'asks.ts',
    "import { ask } from './service.ts'\nconsole.log(await ask(process.env.TOKEN ?? ''))\n",
  )
  const ask = async () =>
    (await folder?.run('R2-asking', 'asks.ts', { ISSUER: url, ASKING_KEY: KEY, TOKEN: token }))?.stdout.trim()
  expect(await ask()).toBe('ada')
  await auth.revoke({ subject: 'ada' })
  expect(await ask()).toBe('null')
  await auth.close()
  server.closeAllConnections()
  server.close()
})

it('shows a proxy and an environment that fit', () => {
  const feed = configure(ANSWERS.R6 ?? {})
  expect(renderNginx(feed, 600)).toContain('proxy_buffering off')
  expect(renderNginx(configure({}), 69)).not.toContain('proxy_buffering')
  expect(renderEnv(feed)).toContain("SOJOURN_AUDIENCES='https://api.example;lifetime=600'")
  expect(renderEnv(configure({ q6: 'few' }))).toContain('SOJOURN_STORE=')
})
