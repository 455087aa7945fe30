import { createHash, createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { portableHmacSha256, portableSha256 } from '../../../src/crypto/portable-sha256.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('SHA-256', () => {
  // FIPS 180-4's examples, and the SHA-256 test vectors of NIST.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    [
      'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
      'cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('%#', (text, digest) => {
    expect(hex(portableSha256(ascii(text)))).toBe(digest)
  })

  it('agrees with OpenSSL at every length around its blocks', () => {
    for (let length = 0; length <= 300; length++) {
      const data = randomBytes(length)
      expect(hex(portableSha256(data))).toBe(createHash('sha256').update(data).digest('hex'))
    }
  })

  it('reads a view of a larger buffer, and leaves it as it was', () => {
    const data = randomBytes(200)
    const view = data.subarray(7, 139)
    const before = hex(data)
    expect(hex(portableSha256(view))).toBe(createHash('sha256').update(view).digest('hex'))
    expect(hex(data)).toBe(before)
  })
})

describe('HMAC-SHA-256', () => {
  // RFC 4231, test cases 1, 2, 3, 6 and 7.
  it.each([
    ['0b'.repeat(20), hex(ascii('Hi There')), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      hex(ascii('Jefe')),
      hex(ascii('what do ya want for nothing?')),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    ['aa'.repeat(20), 'dd'.repeat(50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
    [
      'aa'.repeat(131),
      hex(ascii('Test Using Larger Than Block-Size Key - Hash Key First')),
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
    [
      'aa'.repeat(131),
      hex(
        ascii(
          'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
        ),
      ),
      '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    ],
  ])('%#', (key, data, tag) => {
    expect(hex(portableHmacSha256(Buffer.from(key, 'hex'), Buffer.from(data, 'hex')))).toBe(tag)
  })

  it('agrees with OpenSSL for keys and data of all lengths', () => {
    for (let length = 0; length <= 150; length++) {
      const [key, data] = [randomBytes(length), randomBytes((length * 7) % 211)]
      expect(hex(portableHmacSha256(key, data))).toBe(createHmac('sha256', key).update(data).digest('hex'))
    }
  })
})
