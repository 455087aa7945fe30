/** The unit tests of the portable parts, bundled once and run on every runtime. */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from '../support/source-files.ts'
import { type Bundle, bundleTests } from './bundle.ts'
import { RUNTIMES, type Runtime } from './runtimes.ts'

/** Files that compare with Node itself. One more is a portable test less: give a reason. */
const LEFT = [
  'test/unit/accounts/passwords.test.ts', // lists of passwords read from the disk
  'test/unit/crypto/portable-sha256.test.ts', // Node's SHA-256 is what ours is compared with
  'test/unit/http/attach.test.ts', // Node's event emitters
  'test/unit/token/jwk.test.ts', // Node's keys
]
/** Tests that ask for an answer at once, which Web Crypto cannot give: `verifyNow` is undefined there, as it promises. */
const AT_ONCE = readFileSync(`${root}/test/portable/at-once.txt`, 'utf8').trimEnd().split('\n')
/** Bun and workerd have no cookie jar, so their requests do not say whether to send cookies. */
const CREDENTIALS =
  'test/unit/client/cookie-client.test.ts > a page > sends the cookie to its own origin and no token anywhere'
const WITHOUT_JAR = ['Bun', 'workerd', 'workerd with nodejs_compat']
/** Tests that themselves use Node's Buffer. */
const BUFFER = [
  'test/unit/login/ending.test.ts > ending > all under a floor: cookies, families and tokens of the retired keys',
  'test/unit/token/jws.test.ts > base64url > decodes exactly what it encodes',
  'test/unit/token/jws.test.ts > base64url > refuses every text but the one that encodes the bytes',
]
const LEAST = 1300

/** What cannot pass there, and why, is said above. */
function exceptions({ name, nodeCrypto }: Runtime): readonly string[] {
  return [
    ...(WITHOUT_JAR.includes(name) ? [CREDENTIALS] : []),
    ...(nodeCrypto ? [] : AT_ONCE),
    ...(name === 'workerd' ? BUFFER : []),
  ]
}

describe('portable code', () => {
  let bundle: Bundle
  beforeAll(async () => {
    bundle = await bundleTests()
  })

  it('is tested in one bundle without Node, but for a few files', () => {
    expect(bundle.left.toSorted()).toEqual(LEFT)
    expect(bundle.files.length).toBeGreaterThanOrEqual(50)
  })

  for (const runtime of RUNTIMES) {
    const { name, run } = runtime
    it.skipIf(!run)(`passes its unit tests on ${name}`, { timeout: 300_000, concurrent: true }, async () => {
      const { passed, failed } = (await run?.(bundle.code)) ?? { passed: [], failed: [] }
      const expected = exceptions(runtime)
      expect(failed.filter((test) => !expected.includes(test.name))).toEqual([])
      // A test that has come to pass there leaves the list.
      expect(expected.filter((test) => passed.includes(test))).toEqual([])
      expect(passed.length).toBeGreaterThanOrEqual(LEAST)
      console.log(`${name}: ${passed.length} unit tests passed`)
    })
  }
})
