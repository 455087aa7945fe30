/** examples/native-cli, started and used: the program, the person's browser, and the way back to the program's own port. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { follow, formOf, register, signedIn } from '../support/relying-party.ts'
import { startTestServer } from '../support/running-server.ts'
import { root } from '../support/source-files.ts'

it('signs in through the browser, and out again', async () => {
  const server = await startTestServer()
  onTestFinished(() => server.close())
  await register(server.instance, {
    client_id: 'cli',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['http://127.0.0.1/callback'],
  })
  const child = spawn(process.execPath, [join(root, 'examples', 'native-cli/cli.ts')], {
    env: { PATH: process.env.PATH ?? '', ISSUER: server.url, CLIENT: 'cli' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'close')
  let printed = ''
  const url = await new Promise<string>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      printed += chunk.toString()
      const found = /^(http\S+)\n/m.exec(printed)?.[1]
      if (found) resolve(found)
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.once('close', () => reject(new Error(printed)))
  })

  const browser = await signedIn(server.url, 'ann@example.com')
  const consent = await follow(browser, server.url, url)
  if (consent instanceof URL) throw new Error(`nobody was asked: ${consent.host}`)
  const said = await browser.post(formOf(consent.text).action, { form: { answer: 'allow' } })
  const back = await follow(browser, server.url, said.headers.get('location') ?? '')
  if (!(back instanceof URL)) throw new Error(back.text)
  expect([back.protocol, back.hostname, back.pathname]).toEqual(['http:', '127.0.0.1', '/callback'])
  expect(await (await fetch(back)).text()).toContain('close this page')

  await ended
  expect([child.exitCode, printed]).toEqual([
    0,
    expect.stringMatching(/Signed in as ann@example.com\.\nSigned out\.\n$/),
  ])
})
