/** What Postgres's error codes, and a broken connection, are told as. */
import { describe, expect, it } from 'vitest'
import { AuthError, isAuthError } from '../../../src/errors.ts'
import { asStoreError, isBroken, isContention } from '../../../src/stores/postgres/errors.ts'

const fromServer = (code: string): Error =>
  Object.assign(new Error('in the words of the server'), { code, severity: 'ERROR' })

describe('an error of Postgres', () => {
  it.each([
    ['25006', /read-only/],
    ['53100', /disk .* is full/],
    ['53300', /no more connections/],
    ['55P03', /transaction of the application/],
    ['57P01', /starting or stopping/],
    ['57014', /busy/],
    ['40P01', /busy/],
    ['42501', /right/],
    ['28P01', /role/],
    ['3D000', /no such database/],
    ['SJ001', /READ COMMITTED/],
    ['0A000', /refused/],
  ])('%s is an outage with a reason', (code, reason) => {
    const error = asStoreError(fromServer(code))
    expect(error).toMatchObject({ code: 'store.unavailable', message: expect.stringMatching(reason) })
  })

  it.each(['42P01', '42883', '3F000', 'XX001'])('%s is damage', (code) => {
    expect(isAuthError(asStoreError(fromServer(code)), 'store.corrupt')).toBe(true)
  })

  it.each(['22P02', '23502', '54000'])('%s is a value of the wrong shape', (code) => {
    expect(asStoreError(fromServer(code))).toBeInstanceOf(TypeError)
  })

  it('keeps its own words to the logs', () => {
    const cause = fromServer('53100')
    expect(asStoreError(cause)).toMatchObject({ cause })
    expect(String(asStoreError(cause))).not.toContain('words of the server')
  })

  it('of the connection is an outage, whatever its code is called', () => {
    for (const error of [new Error('Connection terminated'), Object.assign(new Error('x'), { code: 'EPIPE' })]) {
      expect(asStoreError(error)).toMatchObject({ code: 'store.unavailable' })
      expect(isBroken(error)).toBe(true)
    }
  })

  it('passes what is said already', () => {
    for (const error of [new AuthError('store.version', 'newer'), new TypeError('misuse')]) {
      expect(asStoreError(error)).toBe(error)
    }
  })

  it('says whether the step, or the connection, is worth another try', () => {
    expect(['40001', '40P01', '55P03', '23505'].map((code) => isContention(fromServer(code)))).toEqual([
      true,
      true,
      false,
      false,
    ])
    const broken = ['25006', '57P01', '08006', '40P01', '55P03', '23505'].map((code) => isBroken(fromServer(code)))
    expect(broken).toEqual([true, true, true, false, false, false])
  })
})
