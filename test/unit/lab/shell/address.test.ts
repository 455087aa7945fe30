/** Which screen an address means, served and as one file; and tokens that come in links. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAddress, writeAddress } from '../../../../web/lab/shell/address.ts'
import { takeIncoming } from '../../../../web/lab/shell/incoming.ts'
import { SCREENS } from '../../../../web/lab/shell/screens.ts'

const place = (text: string) => new URL(text) as unknown as Location

describe('an address', () => {
  const names = fc.constantFrom(...SCREENS.map(({ name }) => name))
  const settings = fc.constantFrom('', 'v=1&instances=4', 'v=1&a=b.c')

  it.each([
    [false, 'https://lab.example/lab/'],
    [true, 'file:///home/ana/sojourn-lab.html'],
  ])('comes back as it was written (one file: %s)', (inOneFile, base) => {
    fc.assert(
      fc.property(names, settings, (screen, text) => {
        const url = new URL(writeAddress(screen, text, inOneFile), base)
        expect(readAddress(place(url.href), inOneFile)).toEqual({ screen, settings: text })
      }),
    )
  })

  it('may be the page that a static host sends', () => {
    expect(readAddress(place('https://lab.example/index.html'), false)).toEqual({ screen: '', settings: '' })
    expect(readAddress(place('https://lab.example/lab/compare.html#v=1'), false)).toEqual({
      screen: 'compare',
      settings: 'v=1',
    })
  })
})

describe('a link of another tool', () => {
  const opened = (url: string) => {
    const wrote: unknown[] = []
    const incoming = takeIncoming({
      location: place(url),
      history: { replaceState: (...[, , to]: unknown[]) => void wrote.push(to) },
    })
    return { incoming, wrote }
  }

  it.each(['token', 'id_token', 'access_token', 'jwt'])(
    'with #%s gives the token once, and a clean address',
    (name) => {
      const { incoming, wrote } = opened(`https://lab.example/lab/?x=1#a=b&${name}=abc.def.ghi`)
      expect(incoming).toMatchObject({ token: 'abc.def.ghi' })
      expect(wrote).toEqual(['/lab/'])
    },
  )

  it('in one file, too', () => {
    expect(opened('file:///lab.html#/inspect?token=abc').incoming?.token).toBe('abc')
    expect(opened('file:///lab.html#token=abc').incoming?.token).toBe('abc')
  })

  it('with a query is not used: a server has seen it', () => {
    const { incoming, wrote } = opened('https://lab.example/lab/?access_token=abc')
    expect(incoming).toMatchObject({ token: null, notice: expect.stringContaining('sent to a server') })
    expect(wrote).toEqual(['/lab/'])
  })

  it('is left alone when there is nothing in it', () => {
    expect(opened('https://lab.example/lab/compare?ref=x#v=1&instances=4')).toEqual({ incoming: null, wrote: [] })
    expect(opened('https://lab.example/lab/#token=').incoming).toBeNull()
  })
})
