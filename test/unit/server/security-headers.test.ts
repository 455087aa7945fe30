/** Headers that every answer carries. */
import { expect, it } from 'vitest'
import { secure } from '../../../src/server/security-headers.ts'

it('pages may load our own style and script and nothing else', () => {
  const headers = new Headers({ 'Content-Type': 'text/html; charset=utf-8', 'Referrer-Policy': 'no-referrer' })
  secure(headers, false)
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  )
  expect(headers.get('referrer-policy')).toBe('same-origin')
  expect(headers.get('strict-transport-security')).toBeNull()
})

it('data may load nothing', () => {
  const headers = new Headers({ 'Content-Type': 'application/json' })
  secure(headers, true)
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'strict-transport-security': 'max-age=63072000',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  })
})

it('what is meant for every origin stays so', () => {
  const headers = new Headers({ 'Access-Control-Allow-Origin': '*' })
  secure(headers, true)
  expect(headers.get('cross-origin-resource-policy')).toBeNull()
})
