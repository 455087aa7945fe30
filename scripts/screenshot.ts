/** Takes the README's picture: *my devices* of a fresh server, in light and dark (`npm run screenshot`). Needs Chromium. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('..', import.meta.url))
const data = mkdtempSync(join(tmpdir(), 'sojourn-screenshot-'))
const url = 'http://localhost:4711'
const server = spawn('node', ['dist/cli/main.js', 'serve'], {
  cwd: root,
  env: { ...process.env, PORT: '4711', SOJOURN_DATA: data },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const agents = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
]
const account = { email: 'ana@example.com', password: 'a long walk by the river' }

async function signIn(userAgent: string, mode: string): Promise<void> {
  const response = await fetch(`${url}/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': userAgent, origin: url },
    body: JSON.stringify({ ...account, mode }),
  })
  if (!response.ok) throw new Error(`sign-in answered ${response.status}`)
}

try {
  await new Promise<void>((resolve, reject) => {
    server.stdout.on('data', (chunk) => String(chunk).includes('is running') && resolve())
    server.on('exit', () => reject(new Error('the server ended')))
  })
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 })
  await page.goto(url)
  const form = page.locator('form[action="/auth/sign-up"]')
  await form.locator('input[name=email]').fill(account.email)
  await form.locator('input[name=password]').fill(account.password)
  await form.locator('button').click()
  await signIn(agents[0] as string, 'token')
  await signIn(agents[1] as string, 'cookie')
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.goto(url)
    await page.screenshot({ path: join(root, `docs/images/devices-${colorScheme}.png`) })
  }
  await browser.close()
} finally {
  server.kill()
  rmSync(data, { recursive: true, force: true })
}
