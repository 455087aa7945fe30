/** The Lab's routes: headers of each file, gzip where it is wanted, and nothing but what was built. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOriginPolicy } from '../../../src/http/origin.ts'
import { createRouter, type Router } from '../../../src/http/router.ts'
import { labRoutes } from '../../../src/server/lab.ts'
import { temporaryFolder } from '../../support/processes.ts'

const FILES = {
  'lab/index.html': '<h1>index</h1>',
  'lab/proof.html': '<h1>proof</h1>',
  'lab/lab-ABCDEFGH.js': 'go()',
  'lab/lab-ABCDEFGH.css': 'p{}',
  'lab/sw.js': 'keep()',
  'lab/sojourn-lab.html': 'whole',
  'lab-live/live.html': '<h1>live</h1>',
  'lab-live/live-ABCDEFGH.js': 'talk()',
}

describe('the routes of the Lab', () => {
  const folder = temporaryFolder()
  let router: Router
  beforeAll(() => {
    for (const name of ['lab', 'lab-live']) mkdirSync(join(folder.path, name))
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder.path, name), text)
    router = createRouter({ routes: labRoutes(folder.path), origins: createOriginPolicy('http://localhost:4000') })
  })
  afterAll(() => folder.remove())

  const ask = async (url: string, { method = 'GET', accepts }: { method?: string; accepts?: string } = {}) => {
    const headers = new Headers({
      host: 'localhost:4000',
      ...(accepts === undefined ? {} : { 'accept-encoding': accepts }),
    })
    const response = await router.handle({ method, url, headers, body: null })
    const bytes = response.body === null ? null : Buffer.from(response.body)
    const zipped = response.headers.get('content-encoding') === 'gzip'
    return { ...response, zipped, text: bytes && (zipped ? gunzipSync(bytes) : bytes).toString() }
  }

  it('send each page and file with its type', async () => {
    expect((await ask('/lab/')).text).toBe('<h1>index</h1>')
    expect((await ask('/lab/proof')).text).toBe('<h1>proof</h1>')
    expect((await ask('/lab/proof.html')).text).toBe('<h1>proof</h1>')
    expect((await ask('/lab/live')).text).toBe('<h1>live</h1>')
    const moved = await ask('/lab')
    expect([moved.status, moved.headers.get('location')]).toEqual([308, '/lab/'])
    const types = ['proof', 'lab-ABCDEFGH.js', 'lab-ABCDEFGH.css'].map(async (name) =>
      (await ask(`/lab/${name}`)).headers.get('content-type'),
    )
    expect(await Promise.all(types)).toEqual([
      'text/html; charset=utf-8',
      'text/javascript; charset=utf-8',
      'text/css; charset=utf-8',
    ])
  })

  it.each(['/lab/', '/lab/proof', '/lab/lab-ABCDEFGH.js', '/lab/sw.js', '/lab/live', '/lab/live/live-ABCDEFGH.js'])(
    'seal %s',
    async (url) => {
      const { headers } = await ask(url)
      expect(headers.get('connection-allowlist')).toBe('(response-origin);report-to=lab')
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toMatch(/unsafe|\*|https?:/)
      const talks = url === '/lab/sw.js' || url.startsWith('/lab/live')
      expect(policy).toContain(talks ? "connect-src 'self'" : "connect-src 'none'")
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.has('reporting-endpoints')).toBe(false)
    },
  )

  it('keep files with a hash in their name for good, and ask again for all others', async () => {
    expect((await ask('/lab/lab-ABCDEFGH.js')).headers.get('cache-control')).toContain('immutable')
    for (const url of ['/lab/', '/lab/sw.js', '/lab/sojourn-lab.html'])
      expect((await ask(url)).headers.get('cache-control'), url).toBe('no-cache')
    expect((await ask('/lab/sojourn-lab.html')).headers.get('content-disposition')).toContain('attachment')
  })

  it.each([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['br, gzip;q=0.5', true],
    ['GZIP', true],
    ['*', true],
    ['gzip;q=0', false],
    ['gzip; q=0.000, *', false],
    ['*;q=0', false],
    ['identity', false],
    ['xgzip', false],
  ] as const)('zip for Accept-Encoding %s: %s', async (accepts, zips) => {
    const answer = await ask('/lab/proof', accepts === undefined ? {} : { accepts })
    expect(answer.zipped).toBe(zips)
    expect(answer.text).toBe('<h1>proof</h1>')
    expect(answer.headers.get('vary')).toContain('Accept-Encoding')
  })

  it('answer HEAD with the headers alone, and other methods with 405', async () => {
    const head = await ask('/lab/proof', { method: 'HEAD', accepts: 'gzip' })
    expect([head.status, head.text, head.zipped]).toEqual([200, null, true])
    const post = await ask('/lab/proof', { method: 'POST' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })

  it.each([
    '/lab/nothing',
    '/lab/..',
    '/lab/%2e%2e%2fpackage.json',
    '/lab/..%5clive.html',
    '/lab/live.html',
    '/lab/live/proof',
    '/lab/constructor',
    '/lab/.html',
    '/lab/live/',
    '/lab/a/b',
  ])('know nothing at %s', async (url) => {
    expect((await ask(url)).status).toBe(404)
  })
})
