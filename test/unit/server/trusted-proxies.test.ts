/** Whose word counts for the address of a client. */
import { describe, expect, it } from 'vitest'
import { createClientAddress } from '../../../src/server/trusted-proxies.ts'

describe('the client address', () => {
  const direct = createClientAddress([])
  const behind = createClientAddress(['127.0.0.1', '10.0.0.0/8', '::1'])

  it('is the peer when no proxy is trusted, whatever the header says', () => {
    expect(direct('203.0.113.9', '198.51.100.1')).toBe('203.0.113.9')
    expect(behind('203.0.113.9', '198.51.100.1')).toBe('203.0.113.9')
  })

  it('is the last address that no trusted proxy stands for', () => {
    expect(behind('127.0.0.1', '198.51.100.1')).toBe('198.51.100.1')
    expect(behind('127.0.0.1', '6.6.6.6, 198.51.100.1, 10.1.2.3')).toBe('198.51.100.1')
    expect(behind('::ffff:127.0.0.1', '198.51.100.1')).toBe('198.51.100.1')
    expect(behind('::1', '[2001:db8::1]:4711')).toBe('2001:db8::1')
    expect(behind('::1', '198.51.100.1:4711')).toBe('198.51.100.1')
  })

  it('stops at what is no address, and at an empty list', () => {
    expect(behind('127.0.0.1', 'unknown')).toBe('127.0.0.1')
    expect(behind('127.0.0.1', '')).toBe('127.0.0.1')
    expect(behind('127.0.0.1', '198.51.100.1, <script>')).toBe('127.0.0.1')
    expect(behind('127.0.0.1', undefined)).toBe('127.0.0.1')
    expect(behind(undefined, '198.51.100.1')).toBeNull()
  })
})
