/** The commands that guides show for a server elsewhere, run against one here. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from '../support/http-client.ts'
import { freePort, startServer, temporaryFolder } from '../support/processes.ts'
import { root } from '../support/source-files.ts'

const folder = temporaryFolder()
let server: Awaited<ReturnType<typeof startServer>>
let env: Record<string, string>

beforeAll(async () => {
  const port = await freePort()
  const audiences = [
    `http://localhost:${port}`,
    'https://api.example;scopes=read write',
    'https://stock.example;scopes=read',
    'https://orders.example;scopes=read',
  ].join(',')
  env = { PORT: String(port), SOJOURN_DATA: folder.path, SOJOURN_AUDIENCES: audiences }
  server = await startServer(env)
})
afterAll(async () => {
  await server.stop()
  folder.remove()
})

/** The blocks of a guide in one bash: the first failure ends it. What a client's secret is, is known as `$SECRET` afterwards. */
function run(guide: string, more: Readonly<Record<string, string>> = {}, refusal: unknown = '') {
  const text = readFileSync(`${root}/docs/guides/${guide}.md`, 'utf8')
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code = '']) => code)
  const script = `set -euo pipefail
sojourn() {
  local said
  said=$(node '${root}/src/cli/main.ts' "$@") || return
  printf '%s\n' "$said"
  case $said in *'this once: '*) SECRET=\${said##*this once: } ;; esac
}
curl() { command curl -sSf "$@"; echo; }
${blocks.join('\n').replaceAll('https://login.example', server.url)}`
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd: folder.path,
    env: { ...process.env, ...env, ...more, SOJOURN_DATA: folder.path },
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, refusal])
  return stdout
}

const signUp = async (email: string, audience: string) => {
  const json = { email, password: 'a long walk by the river', mode: 'token', audience }
  return (await createClient(server.url).post('/auth/sign-up', { json })).json
}

it('single-sign-on.md registers an application', () => {
  expect(run('single-sign-on')).toMatch(/shop.*this once: \S{20,}/s)
})

it('token-bridge.md: a program, a device, a partner, and one service that calls the next', async () => {
  const { access_token: token } = await signUp('ana@example.com', 'https://orders.example')
  const said = run('token-bridge', { TOKEN: token })
  const tokens = [...said.matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line) as Record<string, string>)
  const claims = tokens.map((one) =>
    JSON.parse(Buffer.from(one.access_token?.split('.')[1] ?? '', 'base64url').toString()),
  )
  expect(claims).toMatchObject([
    { sub: 'client:partner', aud: 'https://api.example' },
    { aud: 'https://stock.example', act: { sub: 'client:orders' } },
  ])
})

it('command-line.md: ends a session, sets roles, judges a token', async () => {
  const { access_token: token } = await signUp('ann@example.com', server.url)
  writeFileSync(join(folder.path, 'token.txt'), token)
  const said = run('command-line', {}, expect.stringMatching(/^sojourn: .*\(token\.revoked\)\n$/))
  expect(said).toMatch(/^Every session of .* confirmed by acks\.$/m)
  expect(said).toMatch(/^Claims of ann@example\.com are in force: .*$/m)
  expect(said).toMatch(/refused\n$/)
})
