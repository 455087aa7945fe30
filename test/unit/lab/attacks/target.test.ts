/** A token that somebody brings along: looked at, and its secret searched for. */
import { describe, expect, it } from 'vitest'
import { createTestIssuer } from '../../../../src/testing/test-issuer.ts'
import { signedByHmac } from '../../../../web/lab/attacks/forge.ts'
import { lookAtTarget, searchTarget } from '../../../../web/lab/attacks/target.ts'

const options = { signal: new AbortController().signal, progress: () => undefined }
const idsOf = (token: string) => lookAtTarget(token).exercises.map(({ id }) => id)

describe('a token from Inspect', () => {
  it('is told which exercises are about it', async () => {
    const es = await (await createTestIssuer()).token()
    expect(idsOf(es)).toEqual(['alg-none', 'key-id-injection', 'stolen-token'])
    const rs = await (await createTestIssuer({ algorithm: 'RS256' })).token({}, { typ: 'JWT', kid: undefined })
    expect(idsOf(rs)).toEqual(['alg-none', 'key-confusion', 'cross-jwt', 'stolen-token'])
    expect(lookAtTarget(` ${es}\n`)).toMatchObject({ algorithm: 'ES256', problem: null, canSearch: false })
    expect(lookAtTarget(es).exercises.at(-1)?.why).toBe('it lives 10 minutes')
  })

  it('is searched for its secret when it has one', async () => {
    const weak = signedByHmac({ alg: 'HS256' }, { sub: 'a' }, 'changeme')
    expect(lookAtTarget(weak)).toMatchObject({ canSearch: true, algorithm: 'HS256' })
    expect(await searchTarget(weak, options)).toMatchObject({ found: 'changeme' })
    const strong = await (await createTestIssuer({ algorithm: 'HS256' })).token()
    const { found, tried, of } = await searchTarget(strong, options)
    expect([found, tried]).toEqual([null, of])
  })

  it.each(['', 'abc', 'a.b.c', 'a.b.c.d.e'])('may be none: %j', (text) => {
    expect(lookAtTarget(text)).toMatchObject({ algorithm: null, exercises: [], canSearch: false })
    expect(lookAtTarget(text).problem).toMatch(/malformed/)
    expect(() => searchTarget(text, options)).toThrow(/malformed/)
  })
})
