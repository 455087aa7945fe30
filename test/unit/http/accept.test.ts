import { expect, it } from 'vitest'
import { accepts } from '../../../src/http/accept.ts'

it.each<[string | null, boolean]>([
  [null, true],
  ['', false],
  ['*/*', true],
  ['application/*', true],
  ['application/statuslist+jwt', true],
  ['Application/StatusList+JWT', true],
  ['application/statuslist+jwt;q=0.1', true],
  ['application/statuslist+jwt; q=0', false],
  ['application/statuslist+jwt;q=0.000', false],
  ['application/statuslist+cwt', false],
  ['application/statuslist+cwt, */*;q=0.1', true],
  ['application/statuslist+cwt, application/statuslist+jwt;q=0', false],
  ['*/*, application/statuslist+jwt;q=0', false],
  ['application/*;q=0, */*', false],
  ['text/html, application/xhtml+xml', false],
  [' text/html ,  application/statuslist+jwt ; q=1 ', true],
  [',,;;=', false],
])('Accept: %s', (header, isTaken) => {
  expect(accepts(header, 'application/statuslist+jwt')).toBe(isTaken)
})

it.each<[string, boolean]>([
  ['gzip', true],
  ['gzip, deflate, br', true],
  ['*', true],
  ['identity', false],
  ['*;q=0', false],
  ['gzip;q=0, *', false],
  ['br;q=1.0, gzip;q=0.8', true],
])('Accept-Encoding: %s', (header, isTaken) => {
  expect(accepts(header, 'gzip')).toBe(isTaken)
})
