import { describe, expect, it } from 'vitest'
import {
  dense,
  faultIn,
  firstPayload,
  objectOf,
  rolesIn,
  withMembers,
  withRoles,
} from '../../../../web/lab/screens/mint/editing.ts'

describe('the editors of Mint', () => {
  it.each([
    ['{"a":1}', null],
    ['{"a":1,\n "b":}', 'Line 2, character 6: a value is expected'],
    ['', 'Line 1, character 1: it ends here: a value is expected'],
    ['[]', 'A JSON object is expected: { … }'],
    ['{"a":1,"a":2}', 'Line 1, character 8: the member "a" stands here again: readers disagree which counts'],
  ])('say what is wrong with %j', (text, fault) => {
    expect(faultIn(text)).toBe(fault)
  })

  it('set members, and leave alone what is no JSON', () => {
    expect(objectOf(withMembers('{"a":1}', { b: 2, a: undefined }))).toEqual({ b: 2 })
    expect(withMembers('{"a"', { b: 2 })).toBe('{"a"')
    expect(dense('{ "a": 1 }')).toBe('{"a":1}')
  })

  it('have a slider for roles', () => {
    const many = withRoles(firstPayload(0), 40)
    expect(rolesIn(many)).toBe(40)
    expect(rolesIn(withRoles(many, 0))).toBe(0)
    expect(objectOf(withRoles(many, 0))).not.toHaveProperty('roles')
  })
})
