/** Start, Inspect and Mint in real Chromium: what people do with tokens, what they paste by mistake, and that nothing leaves. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SampleName } from '../../web/lab/paste/sample-names.ts'
import { describeInChromium, type OpenBrowser, openBrowser } from '../support/chromium.ts'
import { buildLabFolder, type LabFolder, type LabSite, openLabSite } from '../support/lab-site.ts'
import { faultsOf } from '../support/page-faults.ts'
import { base64url, CLAIMS, compact, HEADER, TOKEN } from '../unit/lab/paste/tokens.ts'

const FIELD = 'As pasted, never altered'

describeInChromium('tokens in the Lab', () => {
  let folder: LabFolder
  let site: LabSite
  let browser: OpenBrowser
  let page: Page
  const problems: string[] = []
  const requests: string[] = []

  beforeAll(async () => {
    folder = await buildLabFolder()
    ;[site, browser] = await Promise.all([openLabSite(folder), openBrowser()])
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    page = await browser.context.newPage()
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    page.on('pageerror', ({ message }) => problems.push(message))
    page.on('request', (request) => requests.push(request.url()))
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
    folder?.remove()
  })

  /** Another document each time: nothing of the last test is left. */
  const open = async (path: string): Promise<void> => {
    await page.goto('about:blank')
    await page.goto(site.url + path)
    await page.locator('main h1').waitFor()
  }
  const verdict = async () => (await page.locator('.verdict strong').textContent()) ?? ''
  const verify = async (name: SampleName): Promise<string> => {
    if (!page.url().includes('/lab/inspect')) await open('inspect')
    await page.getByLabel('Sample', { exact: true }).selectOption(name)
    await page.waitForFunction((sample) => location.hash.includes(`sample=${sample}`), name)
    await page.getByText('not asked yet').waitFor()
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.locator('.verdict .mono').waitFor()
    return verdict()
  }
  const press = (name: string) => page.getByRole('button', { name, exact: true }).first().click()
  const payload = () => page.getByRole('textbox', { name: 'Payload' })
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText())

  it('is pasted anywhere on Start, and taken apart', async () => {
    await open('')
    await page.evaluate((text) => {
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', text)
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }))
    }, `Authorization: Bearer ${TOKEN}`)
    await page.getByRole('heading', { name: 'The token: JWS, signed' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/lab/inspect')
    await page.getByText('"https://issuer.example"').waitFor()
    await page.getByText('An Authorization header.').waitFor()
    const exp = page.getByRole('button', { name: /^exp: / })
    const shown: string[] = []
    for (let i = 0; i < 4; i++) {
      shown.push((await exp.textContent()) ?? '')
      await exp.click()
    }
    expect(shown[0]).toMatch(/ago$/)
    expect(shown.slice(2)).toEqual(['2023-11-14 22:23:20 UTC', '1700000600'])
  })

  it('can be kept from leaving: Start says so only when Proof found it here', async () => {
    await open('')
    await page.getByText('not measured here yet').waitFor()
    expect(await page.locator('main .badge.good').count()).toBe(0)
  })

  it('is dropped as a file', async () => {
    await open('inspect')
    await page.evaluate(
      (text) => {
        const dataTransfer = new DataTransfer()
        dataTransfer.items.add(new File([text], 'a.har'))
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
      },
      JSON.stringify({ access_token: TOKEN, id_token: compact({ ...HEADER, typ: 'JWT' }, CLAIMS) }),
    )
    await page.getByRole('heading', { name: '2 tokens' }).waitFor()
    await page.getByRole('button', { name: /^JSON id_token: jws, issued/ }).click()
    await page.getByText('"JWT"').waitFor()
  })

  it.each([
    ['access', /^. Verified under this policy$/],
    ['eddsa', /^. Verified under this policy$/],
    ['shared', /^. Verified under this policy$/],
    ['rsa', /^. Signature matches but policy fails: /],
    ['expired', /^. Signature matches but policy fails: the token has expired$/],
    ['weak', /^. Signature matches but policy fails: the HMAC secret has fewer than 32 bytes$/],
    ['tampered', /^. Signature does not match$/],
    ['crit', /^. Not verified: the header holds crit/],
    ['keys-inside', /^. Not verified: no key fits/],
  ] as const)('gets its verdict: %s', async (name, words) => {
    expect(await verify(name)).toMatch(words)
  })

  it('tells a secret that everybody tries, and what the sender offers', async () => {
    await open('inspect#v=1&sample=weak')
    await page.getByText('signed with the secret “secret”').waitFor()
    await open('inspect#v=1&sample=keys-inside')
    await page.getByText('jku in the header: present, ignored, never fetched.').waitFor()
    await press('Forget everything')
    await page.getByText('Nothing yet.').waitFor()
    expect(new URL(page.url()).hash).toBe('')
  })

  it.each([
    ['', 'Nothing yet.'],
    ['hello', 'No token is found in it.'],
    [`${base64url('{"alg":"ES256"}')}.e30!.c2ln`, 'not base64url: “!”'],
    [compact('{"alg":"ES256"}', '{"a":1,}'), 'The payload, byte 7 of what it holds (byte 30 of the token)'],
    [compact('{"alg":"ES256"}', '{"a":1,"a":2}'), '"a" stands here again'],
    [compact(HEADER, CLAIMS).slice(0, 120), 'it ends after 2 of 3 parts'],
    [compact({ alg: 'none' }, CLAIMS, ''), 'alg is none: unsecured.'],
    [`${base64url('{"alg":"dir","enc":"A256GCM"}')}..aXY.Y2lw.dGFn`, 'Encrypted (JWE): only the header can be read.'],
    ['v4.public.eyJzdWIiOiJhbmEifQ', 'PASETO: recognised, not decoded'],
    ['a\u0001b', 'This is no text'],
    ['{"kty":"EC","crv":"P-256","kid":"k1"}', 'Key “k1”: EC P-256.'],
    ['Authorization: Basic YTpi', 'a user name and a password'],
    ['.'.repeat(50_000), 'No token is found in it.'],
    [compact(HEADER, CLAIMS).repeat(400), 'too large: only the first'],
  ])('takes what is pasted by mistake (%#)', async (text, message) => {
    if (!page.url().includes('/lab/inspect')) await open('inspect')
    await page.getByLabel(FIELD).fill(text)
    await page.getByText(message).first().waitFor()
    expect(problems.splice(0)).toEqual([])
  })

  it('is copied without what makes it a credential', async () => {
    await open('inspect#v=1&sample=access')
    await page.getByText('not asked yet').waitFor()
    await page.keyboard.press('Control+Shift+C')
    await page.getByText('Redacted report: copied.').waitFor()
    const report = await clipboard()
    expect(report).toContain('payload iss: text, 21 characters')
    expect(report).not.toMatch(/login\.example|u_8f3k2|eyJ/)
    await press('Copy Markdown table')
    await page.getByText('Table: copied.').waitFor()
    expect(await clipboard()).toContain('| payload | iss | "https://login.example" |')
    await press('Copy curl with a placeholder')
    await page.getByText('curl line: copied.').waitFor()
    expect(await clipboard()).toContain('YOUR_TOKEN')
  })

  it('is copied as a test of the verdict, without the token and the key', async () => {
    await open('inspect')
    expect(await verify('access')).toMatch(/Verified/)
    await press('Copy as test')
    await page.getByText('Test: copied.').waitFor()
    const test = await clipboard()
    expect(test).toContain("issuer: 'https://login.example'")
    expect(test).not.toMatch(/eyJ|u_8f3k2|x: '[^<]/)
  })

  it('leaves pinned values beside the next one; steps are taken back; both are forgotten', async () => {
    await open('inspect')
    const field = page.getByLabel(FIELD)
    await field.fill(TOKEN)
    await press('Pin payload sub')
    await page.getByLabel('Sample', { exact: true }).selectOption('access')
    const pinned = page.getByRole('region', { name: 'Pinned', exact: true })
    await pinned.getByText('"u_8f3k2"').waitFor()
    await field.press('Control+z')
    await pinned.getByText('the same').waitFor()
    expect([await field.inputValue(), new URL(page.url()).hash]).toEqual([TOKEN, ''])
    await press('Redo: input')
    await pinned.getByText('"u_8f3k2"').waitFor()
    await press('Forget everything')
    await page.getByText('Nothing yet.').waitFor()
    expect(await pinned.count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Undo: input' }).isDisabled()).toBe(true)
  })

  it('leaves room on phones: the input is one line, the verdict stays below and covers no focus', async () => {
    await page.setViewportSize({ width: 360, height: 640 })
    await open('inspect')
    await page.getByLabel(FIELD).fill(TOKEN)
    await page.getByRole('button', { name: 'Show the input' }).waitFor()
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Show the input')
    expect(await page.getByLabel(FIELD).isVisible()).toBe(false)
    const covered: string[] = []
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab')
      const fault = await page.evaluate(() => {
        const [bar, focused] = [document.querySelector('.verdict-bar'), document.activeElement]
        if (!bar || !focused || focused === bar || focused === document.body) return null
        const [{ top: edge }, { top }] = [bar.getBoundingClientRect(), focused.getBoundingClientRect()]
        return top + 24 > edge ? (focused.textContent ?? '') : null
      })
      if (fault !== null) covered.push(fault)
    }
    expect(covered).toEqual([])
    await press('Show the input')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')
    await page.locator('.verdict-bar').click()
    await page.locator('.verdict').waitFor()
    expect(await page.locator('.verdict').isVisible()).toBe(true)
    expect(await faultsOf(page)).toEqual([])
    await page.setViewportSize({ width: 1280, height: 800 })
  })

  it('is compared with another one', async () => {
    await open('inspect')
    await page.getByLabel(FIELD).fill(TOKEN)
    await page.getByLabel('The other token').fill(compact(HEADER, { ...CLAIMS, sub: 'ben' }))
    await page.getByText('1 of 9 members differ').waitFor()
    await page.getByRole('cell', { name: '"ben"' }).waitFor()
  })

  it('lists several by whose they are', async () => {
    await open('inspect#v=1&sample=har')
    await page.getByRole('heading', { name: '3 tokens' }).waitFor()
    expect(await page.getByRole('heading', { level: 3 }).allInnerTexts()).toEqual([
      'https://login.example · u_8f3k2 · https://api.example',
      'https://login.example · u_2 · https://api.example',
    ])
    await page.getByRole('button', { name: /^request 3: / }).click()
    await page.getByText('"u_2"').waitFor()
  })

  it('is minted, verified, signed anew and forgotten', async () => {
    await open('mint')
    await press('Generate')
    await page.getByRole('heading', { name: /^Token \d+ B$/ }).waitFor()
    await page.getByLabel(/^Roles/).fill('40')
    await page.getByRole('heading', { name: /^Token 1[2-9]\d\d B$/ }).waitFor()
    await press('Measure sign and verify')
    await page.getByText(/ES256: sign [\d.]+ µs, verify [\d.]+ µs \(this browser, median of 200\)/).waitFor()
    await press('Inspect')
    await page.getByText('roles: 40 of them go stale').waitFor()
    await press('Fill in from the token')
    await page.getByLabel('Key: JWK').press('Control+Enter')
    await page.locator('.verdict').getByText('Verified under this policy').waitFor()
    await press('Re-sign a copy in Mint')
    await page.getByText('A copy of the token that you inspected.').waitFor()
    expect(await payload().inputValue()).toContain('project-40:editor')
    await payload().fill('{"a":1,}')
    await page.getByText('Line 1, character 8: the name of a member is expected').waitFor()
    await press('Undo: payload')
    expect(await payload().inputValue()).toContain('project-40:editor')
    await press('Forget everything')
    await page.getByText('No key yet').waitFor()
    expect(await payload().inputValue()).not.toContain('project-40')
  })

  it('of ML-DSA is not the product’s, and that is said', async () => {
    await open('mint')
    const algorithm = page.getByLabel('Algorithm', { exact: true })
    await algorithm.locator('option', { hasText: 'ML-DSA-65' }).waitFor({ state: 'attached' })
    await algorithm.selectOption('ML-DSA-65')
    await press('Generate')
    await page.getByRole('heading', { name: /^Token 4[67]\d\d B$/ }).waitFor()
    await press('Inspect')
    await press('Verify')
    await page.getByText('Signature matches but policy fails: the product does not have ML-DSA-65').waitFor()
  })

  it('comes in the address, and is gone from there', async () => {
    await open(`#access_token=${TOKEN}`)
    await page.getByText('"https://issuer.example"').waitFor()
    expect(page.url()).not.toContain('eyJ')
    await press('Forget everything')
    await page.getByText('Nothing yet.').waitFor()
    expect(await page.getByLabel(FIELD).inputValue()).toBe('')
  })

  it('is shown so that everybody can read it', async () => {
    const states: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['inspect#v=1&sample=latin1', () => page.getByText(': not UTF-8.').waitFor()],
      ['mint', () => press('Generate').then(() => page.getByText(/^Token \d+ B$/).waitFor())],
    ]
    const faults: string[] = []
    for (const [path, ready] of states) {
      await open(path)
      await ready()
      for (const [colorScheme, width] of [
        ['light', 1280],
        ['dark', 360],
      ] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.setViewportSize({ width, height: 800 })
        faults.push(...(await faultsOf(page)).map((fault) => `${path} ${colorScheme} ${width}: ${fault}`))
      }
    }
    expect(faults).toEqual([])
  })

  it('never left the page', () => {
    expect(problems).toEqual([])
    const ours = requests.filter((url) => url.startsWith('http'))
    expect(ours.length).toBeGreaterThan(0)
    expect(ours.filter((url) => !url.startsWith(site.url) || url.includes('?'))).toEqual([])
    expect(site.asked.filter((line) => !/^GET \/lab\/[\w.-]*$/.test(line))).toEqual([])
  })
})
