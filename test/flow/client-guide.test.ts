/** The code of docs/guides/client.md, run as it stands there: the page in Chromium, the program in Node. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { describeInChromium, openBrowser } from '../support/chromium.ts'
import { PASSWORD, startSite } from '../support/client-site.ts'
import { root } from '../support/source-files.ts'

const guide = readFileSync(`${root}/docs/guides/client.md`, 'utf8')
const blocks = new Map(
  [...guide.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)].map(([, name = '', code = '']) => [name, code] as const),
)
const block = (name: string): string => {
  const code = blocks.get(name)
  if (code === undefined) throw new Error(`the guide has no block ${name}`)
  return code
}
const folder = mkdtempSync(join(tmpdir(), 'sojourn-guide-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('the guide has the blocks that are run here, and no other code', () => {
  expect([...blocks.keys()]).toEqual(['page', 'program', 'storage.ts'])
  expect(guide.match(/^```/gm)).toHaveLength(6)
})

describe('the program', () => {
  it('signs in, and is still signed in when it runs again', async () => {
    const site = await startSite()
    try {
      const library = new URL('../../src/client/index.ts', import.meta.url).href
      const placed = (code: string) =>
        code.replaceAll("'sojourn/client'", `'${library}'`).replaceAll('https://app.example', site.origin)
      writeFileSync(join(folder, 'storage.ts'), placed(block('storage.ts')))
      writeFileSync(join(folder, 'program.ts'), placed(block('program')))
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
      const login = join(folder, 'login')
      const env = { ...process.env, PASSWORD, LOGIN_FILE: login }
      const run = async () =>
        (await promisify(execFile)(process.execPath, [join(folder, 'program.ts')], { env, timeout: 20_000 })).stdout
      expect(await run()).toBe('200\n1\n')
      expect(statSync(login).mode & 0o777).toBe(0o600)
      expect(await run()).toBe('200\n1\n')
      expect(site.asked('/auth/sign-in')).toHaveLength(1)
      expect(site.count('refresh.rotated')).toBe(1)
    } finally {
      await site.close()
    }
  })
})

describeInChromium('the page', () => {
  it('signs in, asks and signs out', async () => {
    const script = stripTypeScriptTypes(block('page')).replace("'sojourn/client'", "'/src/client/index.ts'")
    const html = `<!doctype html><title>guide</title><script type="module">
      const password = '${PASSWORD}'
      globalThis.shown = []
      const show = (text) => globalThis.shown.push(text)
      ${script}
      globalThis.done = true</script>`
    const site = await startSite({ pages: { '/': html } })
    const browser = await openBrowser()
    try {
      const page = await browser.context.newPage()
      await page.goto(site.origin)
      await page.waitForFunction('globalThis.done')
      await page.waitForFunction('globalThis.shown.length === 2')
      expect(await page.evaluate('globalThis.shown')).toEqual(['200 for alice@app.example', 'signed out: here'])
    } finally {
      await browser.close()
      await site.close()
    }
  })
})
