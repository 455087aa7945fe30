/** Cookies that look like ours: tossed by a sibling, prefixed by odd white space, in another case. None becomes a login. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COOKIE, httpParts } from '../support/http-parts.ts'

/** What JavaScript's `trim()` or a regular expression's `\s` would take for white space, beyond space and tab. */
const ODD_SPACE = [
  '\u000b',
  '\u000c',
  '\u0085',
  '\u00a0',
  '\u1680',
  '\u180e',
  '\u2000',
  '\u2003',
  '\u2007',
  '\u2028',
  '\u2029',
  '\u202f',
  '\u205f',
  '\u200b',
  '\u2060',
  '\u3000',
  '\ufeff',
]

const LOOK_ALIKES = (name: string): readonly string[] => [
  ...ODD_SPACE.flatMap((space) => [space + name, name + space, ` ${space}${name}`, `\t${space} ${name}`]),
  '__HOST-Http-sid',
  '__host-http-sid',
  '__Host-HTTP-sid',
  '__Host-Http-SID',
  'Host-Http-sid',
  '_Host-Http-sid',
  '__Host-Http-sid[]',
  '__Host-Http-sid[0]',
  '__Host-Http-sid.x',
  '"__Host-Http-sid"',
  '$__Host-Http-sid',
  '%5F%5FHost-Http-sid',
  '__Host-Http-sid%00',
  '__Host\u2010Http-sid',
  '__Host-sid',
  '__Secure-sid',
  'sid',
]

describe('cookie tossing', () => {
  it('takes no look-alike for the session cookie', async () => {
    const { router, signIn } = await httpParts()
    const { value } = await signIn()
    const ask = async (cookie: string) => {
      // Bytes beyond ASCII arrive from a socket as latin1; some frameworks decode them as UTF-8: both are tried.
      const headers = { get: (name: string) => (name === 'cookie' ? cookie : name === 'host' ? 'app.example' : null) }
      return (await router.handle({ method: 'GET', url: '/auth/session', headers, body: null })).status
    }
    expect(await ask(`${COOKIE}=${value}`)).toBe(200)
    expect(await ask(`a=b; \t${COOKIE}=${value}`)).toBe(200)
    for (const name of LOOK_ALIKES(COOKIE)) {
      for (const spelled of [name, Buffer.from(name).toString('latin1')]) {
        expect(await ask(`${spelled}=${value}`), JSON.stringify(spelled)).toBe(401)
        expect(await ask(`a=b; ${spelled}=${value}`), JSON.stringify(spelled)).toBe(401)
        // Nor does it make our own cookie ambiguous.
        expect(await ask(`${spelled}=x; ${COOKIE}=${value}`), JSON.stringify(spelled)).toBe(200)
      }
    }
  })

  it('refuses a second cookie of our name, wherever it stands and whichever is good', async () => {
    const { ask, signIn } = await httpParts()
    const { value } = await signIn()
    const mallory = await signIn('mallory')
    for (const cookie of [
      `${COOKIE}=${mallory.value}; ${COOKIE}=${value}`,
      `${COOKIE}=${value}; ${COOKIE}=${mallory.value}`,
      `${COOKIE}=; ${COOKIE}=${value}`,
      `${COOKIE} =x;${COOKIE}=${value}`,
      `a=b; ${COOKIE}=${value};\t${COOKIE}\t=${value}`,
    ]) {
      const answer = await ask('GET', '/auth/session', { cookie })
      expect([answer.status, answer.json.code]).toEqual([400, 'credentials.ambiguous'])
    }
  })

  it('finds a login in a random header only where exactly one pair of our name holds it', async () => {
    const { router, signIn } = await httpParts()
    const { value } = await signIn()
    const part = fc.constantFrom(
      COOKIE,
      '=',
      value,
      ';',
      ' ',
      '\t',
      '\u00a0',
      'x',
      ',',
      '"',
      '; ',
      `${COOKIE}=`,
      `${COOKIE}=${value}`,
    )
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 9 }), async (parts) => {
        const cookie = parts.join('')
        const headers = { get: (name: string) => (name === 'cookie' ? cookie : name === 'host' ? 'app.example' : null) }
        const { status } = await router.handle({ method: 'GET', url: '/auth/session', headers, body: null })
        // Said a second time, the plain way.
        const ours = cookie
          .split(';')
          .map((pair) => /^[ \t]*([^=]*?)[ \t]*=[ \t]*(.*?)[ \t]*$/s.exec(pair))
          .filter((found) => found?.[1] === COOKIE)
        expect(status).toBe(ours.length > 1 ? 400 : ours[0]?.[2] === value ? 200 : 401)
      }),
      { numRuns: 1000 },
    )
  })
})
