/** What Inspect copies as a test: it runs, it holds when token and key are put in, and neither was in it. */
import { afterAll, describe, expect, it } from 'vitest'
import { createTestIssuer, type TestIssuer } from '../../../../src/testing/index.ts'
import { createVerifier } from '../../../../src/verifier/index.ts'
import type { TokenPolicy, VerdictWords } from '../../../../web/lab/engine/token/verify.ts'
import { asTest } from '../../../../web/lab/screens/inspect/copy-as-test.ts'
import { type CodeFolder, createCodeFolder } from '../../../support/code-folder.ts'

const NOW = 1_800_000_000
const POLICY: TokenPolicy = {
  algorithm: 'ES256',
  typ: '',
  issuer: "https://login.example/o'neil",
  audience: 'https://api.example',
  skewSeconds: 0,
  maxLifetimeSeconds: 3600,
  now: NOW,
}
const ACCEPTED = 'Verified under this policy'
const REFUSED = 'Signature matches but policy fails'

async function issue(algorithm: 'ES256' | 'HS256'): Promise<{ readonly issuer: TestIssuer; readonly token: string }> {
  const { issuer, audience } = POLICY
  const made = await createTestIssuer({ issuer, audience, algorithm, clock: () => NOW })
  return { issuer: made, token: await made.token({ sub: 'ana' }) }
}

/** Runs it as Vitest would, with what a user puts in. */
async function run(code: string, token?: string, key?: unknown): Promise<void> {
  const filled = code
    .replace(/^import .*$/gm, '')
    .replace('(token: string)', '(token)')
    .replace("'<token>'", (none) => (token === undefined ? none : JSON.stringify(token)))
    .replace(/(?<=^const KEY = ).*$/m, (none) => (key === undefined ? none : JSON.stringify(key)))
  const tests: (() => Promise<void>)[] = []
  new Function('createVerifier', 'expect', 'it', filled)(
    createVerifier,
    expect,
    (_: string, test: () => Promise<void>) => void tests.push(test),
  )
  expect(tests).toHaveLength(1)
  await tests[0]?.()
}

const copied = (policy: Partial<TokenPolicy>, words: VerdictWords | null): string =>
  asTest({ ...POLICY, ...policy }, words) ?? ''
const keyOf = ({ verifierOptions }: TestIssuer): unknown => {
  const { keys } = verifierOptions as { readonly keys: { readonly keys: readonly unknown[] } }
  return keys.keys[0]
}

describe('a verdict, copied as a test', () => {
  let folder: CodeFolder | undefined
  afterAll(() => folder?.remove())

  it.each(['ES256', 'HS256'] as const)('holds for %s', async (algorithm) => {
    const { issuer, token } = await issue(algorithm)
    const key = keyOf(issuer)
    await run(copied({ algorithm }, ACCEPTED), token, key)
    await run(copied({ algorithm }, null), token, key)
    await run(copied({ algorithm, typ: 'JWT' }, REFUSED), token, key)
    await expect(run(copied({ algorithm, audience: 'https://other.example' }, ACCEPTED), token, key)).rejects.toThrow()
    await expect(run(copied({ algorithm }, REFUSED), token, key)).rejects.toThrow()
  })

  it.each(['ES256', 'EdDSA', 'RS256', 'PS256', 'ES384', 'HS256'] as const)(
    'fails for %s until token and key are put in',
    async (algorithm) => {
      for (const words of [ACCEPTED, REFUSED] as const) {
        await expect(run(copied({ algorithm }, words))).rejects.toThrow()
        await expect(run(copied({ algorithm }, words), 'a.b.c')).rejects.toThrow()
      }
      const { issuer } = await issue('ES256')
      await expect(run(copied({}, REFUSED), undefined, keyOf(issuer))).rejects.toThrow()
    },
  )

  it('is not there for what the product does not have', () => {
    expect(asTest({ ...POLICY, algorithm: 'ML-DSA-44' }, ACCEPTED)).toBeNull()
  })

  it('compiles', { timeout: 60_000 }, () => {
    folder = createCodeFolder()
    folder.add('copied', 'accepts.test.ts', copied({ typ: 'at+jwt' }, ACCEPTED))
    folder.add('copied', 'refuses.test.ts', copied({ algorithm: 'HS256', issuer: '' }, REFUSED))
    expect(folder.faults()).toEqual([])
  })
})
