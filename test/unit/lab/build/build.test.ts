/** What the build of the Lab gives: small, the same each time, and nothing in it that talks to anybody. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BUDGET, labSizes } from '../../../../scripts/lab-sizes.ts'
import { SCREENS } from '../../../../web/lab/shell/screens.ts'
import { buildLabFolder, type LabFolder } from '../../../support/lab-site.ts'

describe('the build of the Lab', () => {
  let folders: LabFolder[]
  beforeAll(async () => {
    folders = [await buildLabFolder(), await buildLabFolder()]
  })
  afterAll(() => {
    for (const folder of folders) folder.remove()
  })
  const read = (name: string, which = 0) => readFileSync(join(folders[which]?.path ?? '', name), 'utf8')
  const names = (part: string) => readdirSync(join(folders[0]?.path ?? '', part))

  it('stays within its budget', () => {
    const sizes = labSizes(join(folders[0]?.path ?? '', 'lab'))
    for (const [what, limit] of Object.entries(BUDGET)) {
      expect(sizes[what as keyof typeof BUDGET], `${what} of ${limit} bytes`).toBeLessThanOrEqual(limit)
      expect(sizes[what as keyof typeof BUDGET], what).toBeGreaterThan(0)
    }
  })

  it('gives the same from the same sources', () => {
    for (const name of names('lab')) expect(read(`lab/${name}`, 1) === read(`lab/${name}`), name).toBe(true)
  })

  it('has a page for every screen', () => {
    for (const { name } of SCREENS) expect(names('lab')).toContain(`${name || 'index'}.html`)
  })

  it('names no host but those that cannot exist, the loopback and examples', () => {
    const hosts = names('lab').flatMap((name) =>
      [...read(`lab/${name}`).matchAll(/\b(?:https?|wss?):\/\/([\w.-]+)/g)].map(([, host = '']) => host),
    )
    const ours = /(^|\.)(invalid|test|example|localhost|example\.(com|org|net))$|^127\.|^\.+$/
    // Names in a standard's texts, and an address in a lesson: nothing asks them, see the next test.
    const named = ['www.w3.org', 'schemas.openid.net', '169.254.169.254']
    expect([...new Set(hosts)].filter((host) => !ours.test(host) && !named.includes(host))).toEqual([])
  })

  it('holds no analytics, no advertising, and nothing of Node', () => {
    const all = names('lab')
      .filter((name) => name.endsWith('.js'))
      .map((name) => read(`lab/${name}`))
      .join('\n')
    expect(all).not.toMatch(/google-analytics|gtag\(|doubleclick|sentry|sendBeacon|XMLHttpRequest|EventSource/)
    expect(all).not.toMatch(/require\("|from"node:|import\("node:/)
  })

  it('fetches in two places: where Proof tries to get out, and where the service worker gets what it keeps', () => {
    const scripts = names('lab').filter((name) => name.endsWith('.js'))
    const fetching = scripts.filter((name) => /\bfetch\(/.test(read(`lab/${name}`)))
    expect(fetching.filter((name) => name !== 'sw.js' && !read(`lab/${name}`).includes('egress-test.invalid'))).toEqual(
      [],
    )
    expect(fetching).toHaveLength(2)
  })

  it('keeps in the service worker what the pages load, and nothing else', () => {
    const kept = [...read('lab/sw.js').matchAll(/"\.\/([\w.-]*)"/g)].map(([, name]) => name)
    const expected = names('lab').filter((name) => /\.(js|css)$/.test(name) && name !== 'sw.js')
    expect(kept.filter((name) => name !== '').toSorted()).toEqual(expected.toSorted())
    expect(kept).toContain('')
  })

  it('puts the hashes of its two scripts into the policy of the single file, and no other source', () => {
    const file = read('lab/sojourn-lab.html')
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(file) ?? []
    const [, packed = ''] = /<script type="text\/plain" id="packed">([^<]*)<\/script>/.exec(file) ?? []
    const [, unpack = ''] = /<script>([^<]*)<\/script>/.exec(file) ?? []
    const code = gunzipSync(Buffer.from(packed, 'base64')).toString()
    const hashes = [unpack, code].map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
    expect(policy).toContain(`script-src ${hashes.join(' ')};`)
    expect(policy).toContain("connect-src 'none'")
    expect(code.length).toBeGreaterThan(100_000)
    expect(file.match(/<script/g)).toHaveLength(2)
  })
})
