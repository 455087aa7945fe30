/** Real Chromium against several https sites on loopback. Missing: a visible skip here, a failure in CI. */
import { spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import { describe, it } from 'vitest'

const CANDIDATES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
const executablePath = CANDIDATES.find((path) => path !== undefined && existsSync(path))

/** `describe` for tests that need Chromium. */
export function describeInChromium(name: string, tests: () => void): void {
  if (executablePath) describe(name, tests)
  else if (process.env.CI === 'true') {
    describe(name, () => {
      it('needs Chromium', () => {
        throw new Error('Chromium is missing: install it or set CHROMIUM_PATH')
      })
    })
  } else describe.skip(`${name} (Chromium is missing: install it or set CHROMIUM_PATH)`, tests)
}

export interface Certificate {
  readonly key: string
  readonly cert: string
  /** SHA-256 of the public key, base64: what Chromium is told to trust. */
  readonly spki: string
}

/** A certificate for these hosts, made for one test run. */
export function makeCertificate(hosts: readonly string[]): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-cert-'))
  try {
    const [keyPath, certPath] = [join(folder, 'k.pem'), join(folder, 'c.pem')]
    const names = `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}`
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', keyPath)
    openssl(
      'req',
      '-x509',
      '-new',
      '-key',
      keyPath,
      '-sha256',
      '-days',
      '2',
      '-subj',
      '/CN=loopback',
      '-addext',
      names,
      '-out',
      certPath,
    )
    const cert = readFileSync(certPath, 'utf8')
    const publicKey = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
    return { key: readFileSync(keyPath, 'utf8'), cert, spki: createHash('sha256').update(publicKey).digest('base64') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function openssl(...args: readonly string[]): void {
  const { status, error, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl failed: ${error?.message ?? stderr}`)
}

export interface SitesOptions {
  /** Host names that Chromium reaches as `https://<host>`; every other name is unknown to it. */
  readonly hosts: readonly string[]
  /** Where they all are, on 127.0.0.1. */
  readonly port: number
  readonly spki: string
  /** Whether cookies are sent in third-party frames and requests. */
  readonly thirdPartyCookies: boolean
}

export interface OpenBrowser {
  readonly context: BrowserContext
  close(): Promise<void>
}

/** A browser with a fresh profile, which is removed when it is closed. */
export async function openSites({ hosts, port, spki, thirdPartyCookies }: SitesOptions): Promise<OpenBrowser> {
  const rules = [...hosts.map((host) => `MAP ${host}:443 127.0.0.1:${port}`), 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1']
  return openBrowser(
    [`--host-resolver-rules=${rules.join(', ')}`, `--ignore-certificate-errors-spki-list=${spki}`],
    thirdPartyCookies,
  )
}

/** A browser with a fresh profile and more arguments. */
export async function openBrowser(args: readonly string[] = [], thirdPartyCookies = false): Promise<OpenBrowser> {
  if (!executablePath) throw new Error('Chromium is missing')
  const profile = mkdtempSync(join(tmpdir(), 'sojourn-chromium-'))
  if (thirdPartyCookies) {
    mkdirSync(join(profile, 'Default'))
    const preferences = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } }
    writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
  }
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  })
  return {
    context,
    async close() {
      await context.close()
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
