/**
 * examples/single-sign-on in Chromium, over https, third-party cookies blocked: one login for applications on unrelated domains
 * and on sub-domains of one site. What passed between them is the diagram in docs/guides/one-login-for-many-domains.md.
 * `npm run diagram` writes that anew.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { request as ask } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { describeInChromium, makeCertificate, openBrowser } from '../support/chromium.ts'
import { startExample } from '../support/example.ts'
import { startHttpsFront } from '../support/https-front.ts'
import { freePort, startServer, temporaryFolder } from '../support/processes.ts'
import { sequenceDiagram } from '../support/sequence-diagram.ts'
import { root } from '../support/source-files.ts'

const EMAIL = 'ada@example.com'
const PASSWORD = 'a long walk by the river'
const APP = 'single-sign-on/app.ts'
/** Who calls at which address of the front. */
const BROWSER = '127.0.0.1'
const PROVIDER = '127.0.0.2'

interface AppOptions {
  readonly host: string
  readonly mode: 'query' | 'form_post'
}

async function startSites(providerHost: string, apps: readonly AppOptions[]) {
  const folder = temporaryFolder()
  onTestFinished(folder.remove)
  const tls = makeCertificate([providerHost, ...apps.map(({ host }) => host)])
  const authority = join(folder.path, 'authority.pem')
  writeFileSync(authority, tls.cert)
  const addresses = [BROWSER, PROVIDER, ...apps.map((_app, i) => `127.0.0.${i + 3}`)]
  const front = await startHttpsFront(tls, addresses)
  onTestFinished(front.close)
  const origin = (host: string) => `https://${host}:${front.port}`
  const preload = pathToFileURL(join(root, 'test/support/test-hosts.ts')).href
  const reaching = (address: string) => ({
    NODE_EXTRA_CA_CERTS: authority,
    NODE_OPTIONS: `--import=${preload}`,
    TEST_HOSTS: address,
  })

  const clients = apps.map(({ host }) => ({
    client_id: host,
    client_secret: `a secret of ${host} 0123456789 abcdefghijk`,
    client_name: host,
    redirect_uris: [`${origin(host)}/auth/sso/callback`],
    post_logout_redirect_uris: [`${origin(host)}/auth/sso/signed-out`],
    backchannel_logout_uri: `${origin(host)}/auth/sso/backchannel-logout`,
    trusted: true,
  }))
  const clientsFile = join(folder.path, 'clients.json')
  writeFileSync(clientsFile, JSON.stringify(clients))
  const starting = startServer({
    ...reaching(PROVIDER),
    SOJOURN_URL: origin(providerHost),
    SOJOURN_DATA: join(folder.path, 'provider'),
    SOJOURN_CLIENTS: clientsFile,
  }).then(async (server) => {
    onTestFinished(async () => {
      await server.stop()
    })
    front.sites.set(providerHost, Number(server.env.PORT))
    await signUp(Number(server.env.PORT), `${providerHost}:${front.port}`)
  })
  const running = await Promise.all(
    apps.map(async ({ host, mode }, i) => {
      const port = await freePort()
      front.sites.set(host, port)
      const secret = clients[i]?.client_secret ?? ''
      const own = { ORIGIN: origin(host), CLIENT: host, PROVIDER: origin(providerHost), PASSWORD: secret, MODE: mode }
      const data = { DATA: join(folder.path, `${host}.db`) }
      return startExample(APP, { ...reaching(`127.0.0.${i + 3}`), ...own, ...data }, port)
    }),
  )
  await starting

  const args = [
    '--host-resolver-rules=MAP *.test 127.0.0.1, EXCLUDE 127.0.0.1',
    `--ignore-certificate-errors-spki-list=${tls.spki}`,
  ]
  const browser = await openBrowser(args)
  onTestFinished(browser.close)
  return { front, origin, page: await browser.context.newPage(), running }
}

/** Creates the account, as the sign-up page would. */
async function signUp(port: number, host: string): Promise<void> {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const headers = { host, origin: `https://${host}`, 'content-type': 'application/json' }
    const request = ask({ host: '127.0.0.1', port, method: 'POST', path: '/auth/sign-up', headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    request.on('error', reject)
    request.end(JSON.stringify({ email: EMAIL, password: PASSWORD }))
  })
  expect(status).toBe(201)
}

const says = (page: Page) => page.locator('p').first().textContent()
const signIn = (page: Page) => page.getByRole('link', { name: 'Sign in' }).click()
const signOut = async (page: Page) => {
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByText('Nobody is signed in.').waitFor()
}
const prove = async (page: Page) => {
  await page.locator('#sign-in-email').fill(EMAIL)
  await page.locator('#sign-in-password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Signed in as').waitFor()
}

describeInChromium('one login', () => {
  it('for two applications on domains that have nothing in common', { timeout: 240_000 }, async () => {
    const apps = [
      { host: 'app-one.test', mode: 'query' },
      { host: 'app-two.test', mode: 'form_post' },
    ] as const
    const { front, origin, page, running } = await startSites('provider.test', apps)
    const notes = new Map<number, string>()
    const note = (text: string) => notes.set(Math.max(-1, ...front.passed.map(({ endedAs }) => endedAs)) + 1, text)

    note('sign in at One')
    await page.goto(origin('app-one.test'))
    expect(await says(page)).toBe('Nobody is signed in.')
    await signIn(page)
    await prove(page)
    const who = await says(page)
    expect(who).toMatch(/^Signed in as https:\/\/provider\.test:\d+#.+\.$/)

    note('then at Two, without a prompt')
    const before = front.passed.length
    await page.goto(origin('app-two.test'))
    expect(await says(page)).toBe('Nobody is signed in.')
    await signIn(page)
    await page.getByText('Signed in as').waitFor()
    expect(await says(page)).toBe(who)
    const since = front.passed.slice(before)
    expect(since.filter(({ path }) => path === '/sign-in' || path.startsWith('/oidc/interaction'))).toEqual([])
    // The code stood in no URL.
    const callbacks = since.filter(({ host, path }) => host === 'app-two.test' && path === '/auth/sso/callback')
    expect(callbacks.map(({ method, query }) => [method, query.has('code')])).toEqual([
      ['POST', false],
      ['GET', false],
    ])
    // Across sites the form came without any cookie, and the GET after it with them.
    expect(callbacks.map(({ headers }) => headers.cookie === undefined)).toEqual([true, false])

    note('sign out at One')
    await page.goto(origin('app-one.test'))
    await signOut(page)
    note('the next request at Two')
    await page.goto(origin('app-two.test'))
    expect(await says(page)).toBe('Nobody is signed in.')
    const drawn = front.passed.slice()

    // No third-party cookie had a part in it: this browser sends none, not even one that says SameSite=None.
    const silent = front.passed.length
    const third = { name: 'third', value: 'party', domain: 'provider.test', path: '/', secure: true } as const
    await page.context().addCookies([{ ...third, sameSite: 'None' }])
    // The provider lets no other site read the answer, so the fetch fails when it is there.
    const other = (url: string) => fetch(url, { mode: 'no-cors', credentials: 'include' }).then(String, String)
    expect(await page.evaluate(other, origin('provider.test'))).toContain('Failed to fetch')
    expect(front.passed.slice(silent).map(({ headers }) => headers.cookie)).toEqual([undefined])

    const callers = [
      [BROWSER, 'Browser'],
      [PROVIDER, 'Provider'],
      ['127.0.0.3', 'One'],
      ['127.0.0.4', 'Two'],
    ] as const
    const sites = [
      ['app-one.test', 'One'],
      ['provider.test', 'Provider'],
      ['app-two.test', 'Two'],
    ] as const
    const diagram = sequenceDiagram(drawn, { callers: new Map(callers), sites: new Map(sites) }, notes)
    const file = join(root, 'docs/guides/one-login-for-many-domains.md')
    const text = readFileSync(file, 'utf8')
    const current = text.replace(/^```mermaid\n.*?^```$/ms, () => `\`\`\`mermaid\n${diagram}\n\`\`\``)
    if (process.env.WRITE_DIAGRAM === '1') writeFileSync(file, current)
    else expect(text).toBe(current)
    expect(await Promise.all(running.map((app) => app.stop()))).toEqual([0, 0])
  })

  it('for sub-domains of one site, the provider among them', { timeout: 240_000 }, async () => {
    const apps = [
      { host: 'a.shop.test', mode: 'form_post' },
      { host: 'b.shop.test', mode: 'query' },
    ] as const
    const { front, origin, page } = await startSites('id.shop.test', apps)
    await page.goto(origin('a.shop.test'))
    await signIn(page)
    await prove(page)
    const who = await says(page)
    // Siblings are not trusted for that: a form of theirs brings the cookie along, and is still judged by its state alone.
    await page.goto(`${origin('a.shop.test')}/auth/sso/login?prompt=login&max_age=0`)
    await prove(page)
    expect(await says(page)).toBe(who)
    const forms = front.passed.filter(
      ({ host, method, path }) => host === 'a.shop.test' && method === 'POST' && path.endsWith('/callback'),
    )
    expect(
      forms.map(({ status, headers }) => [
        status,
        headers['sec-fetch-site'],
        headers.cookie?.includes('__Host-Http-sid='),
      ]),
    ).toEqual([
      [303, 'same-site', false],
      [303, 'same-site', true],
    ])

    await page.goto(origin('b.shop.test'))
    await signIn(page)
    await page.getByText('Signed in as').waitFor()
    expect(await says(page)).toBe(who)
    await signOut(page)
    await page.goto(origin('a.shop.test'))
    expect(await says(page)).toBe('Nobody is signed in.')
  })
})
