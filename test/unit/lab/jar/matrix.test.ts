import { describe, expect, it } from 'vitest'
import { COLUMNS, matrix, ROWS, type Row } from '../../../../web/lab/jar/matrix.ts'
import type { Place } from '../../../../web/lab/jar/place.ts'

const URL_ONE: Place = { scheme: 'https', host: 'app-one.test', site: 'app-one.test', path: '/' }
const OTHER: Place = { ...URL_ONE, host: 'app-two.test', site: 'app-two.test' }
const SIBLING: Place = { ...URL_ONE, host: 'login.app-one.test' }

/** x: sent. In the order of the columns: strict, lax, none, unset, partitioned. */
function drawn(page: Place, thirdPartyCookies: boolean, ageMs: number): Readonly<Record<Row, string>> {
  const all = matrix({ page, url: URL_ONE, ageMs, settings: { thirdPartyCookies, laxPostMs: 120_000 } })
  const line = (row: Row): string => COLUMNS.map((column) => (all[row][column].sent ? 'x' : '-')).join('')
  return Object.fromEntries(ROWS.map((row) => [row, line(row)])) as Record<Row, string>
}

describe('will it be sent? (as Chromium 156 did it)', () => {
  it('from another site, third-party cookies blocked', () => {
    expect(drawn(OTHER, false, 0)).toEqual({
      typed: 'xxxxx',
      'top-get': '-xxxx',
      'top-post': '--xxx',
      redirect: '-xxxx',
      fetch: '-----',
      iframe: '-----',
      img: '-----',
    })
  })
  it('from another site, allowed, cookies over two minutes old', () => {
    expect(drawn(OTHER, true, 121_000)).toMatchObject({ 'top-post': '--x-x', fetch: '--x--', iframe: '--x--' })
  })
  it('from a sibling host everything is sent: it is the same site', () => {
    expect(new Set(Object.values(drawn(SIBLING, false, 200_000)))).toEqual(new Set(['xxxxx']))
  })
  it('from http, the same host is another site', () => {
    expect(drawn({ ...URL_ONE, scheme: 'http' }, false, 0)).toMatchObject({ 'top-get': '-xxxx', fetch: '-----' })
  })
  it('says why', () => {
    const { 'top-post': row } = matrix({
      page: OTHER,
      url: URL_ONE,
      ageMs: 0,
      settings: { thirdPartyCookies: false, laxPostMs: 120_000 },
    })
    expect(row.lax.why).toBe('withheld: SameSite=Lax, and this is a cross-site POST')
    expect(row.unset.why).toContain('younger than 2 minutes')
  })
})
