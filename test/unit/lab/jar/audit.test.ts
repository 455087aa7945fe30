import { describe, expect, it } from 'vitest'
import { audit } from '../../../../web/lab/jar/audit.ts'
import type { Place } from '../../../../web/lab/jar/place.ts'

const NOW = 1_790_000_000_000
const HOME: Place = { scheme: 'https', host: 'www.shop.test', site: 'shop.test', path: '/a' }
const of = (text: string) =>
  audit(text, { url: HOME, kind: 'typed', page: HOME }, NOW, { thirdPartyCookies: false, laxPostMs: 120_000 }).lines

describe('the audit of Set-Cookie lines', () => {
  it('takes lines with and without the name of the header', () => {
    expect(of('Set-Cookie: a=1\r\n\nb=2').map(({ verdict }) => verdict.stored)).toEqual([true, true])
  })

  it.each([
    ['__Host-a=1; Path=/x; Secure', 'a __Host- prefix needs Path=/, written out', '__Host-a=1; Path=/; Secure'],
    ['n=1; SameSite=None', 'SameSite=None needs Secure', 'n=1; Secure; SameSite=None'],
    ['d=1; Domain=other.test', 'Domain must be this host or a parent of it, and not a public suffix', 'd=1'],
    ['=__Host-sid=1; Secure; Path=/', expect.stringContaining('no name'), '__Host-sid=1; Secure; Path=/'],
  ])('%s', (line, why, suggestion) => {
    const [only] = of(line)
    expect(only).toMatchObject({ why: [why], suggestion })
  })

  it.each([
    // What a script on the page, and a sibling host, can do to it.
    ['sid=1; Path=/', 'replace', 'shadow'],
    ['sid=1; Path=/; HttpOnly', 'shadow', 'shadow'],
    ['sid=1; Path=/; Domain=shop.test', 'replace', 'replace'],
    ['__Host-sid=1; Path=/; Secure', 'replace', 'nothing'],
    ['__Host-sid=1; Path=/; Secure; HttpOnly', 'nothing', 'nothing'],
    ['__Http-sid=1; Path=/; Secure; HttpOnly', 'nothing', 'shadow'],
    ['__Host-Http-sid=1; Path=/; Secure; HttpOnly', 'nothing', 'nothing'],
  ])('%s: script can %s, a sibling %s', (line, byScript, bySibling) => {
    expect(of(line)[0]?.facts).toMatchObject({ byScript, bySibling })
  })

  it('tells what a server may read otherwise', () => {
    expect(of('a="x"')[0]?.facts?.encoding).toContain('the quotes are part of the value: some servers strip them')
    expect(of('lone')[0]?.facts?.encoding).toContain('it has no name: it is sent as the bare value')
  })
})
