/** The code of docs/guides/verifiers-outside.md: type-checked, and run as it stands there. */
import { afterAll, expect, it } from 'vitest'
import { createGuideFolder } from '../support/guide-folder.ts'

const GUIDE = 'verifiers-outside'
const guides = createGuideFolder([GUIDE])
afterAll(() => guides.remove())

it('is code that compiles', () => {
  expect(guides.faults()).toEqual([])
})

it('lets in who is logged in, and nobody who has logged out everywhere', { timeout: 180_000 }, async () => {
  const env = { AUTH_SECRET: 'a secret of tests, 0123456789 abcdefghijk' }
  const issuer = await guides.start(GUIDE, 'issuer.ts', env)
  const service = await guides.start(GUIDE, 'service.ts', { ISSUER: issuer })
  const logIn = async () => (await fetch(`${issuer}/login`)).text()
  const visit = async (token: string) => {
    const response = await fetch(service, { headers: { authorization: `Bearer ${token}` } })
    return [response.status, await response.text()]
  }
  const plain = async (token: string) => (await guides.run(GUIDE, 'plain.ts', [issuer, token])).stdout.trim()

  const before = await logIn()
  expect(await plain(before)).toBe('valid: ada')
  const effectiveAt = Number(await (await fetch(`${issuer}/log-out-everywhere`)).text())
  expect(effectiveAt).toBeGreaterThan(Date.now() / 1000 - 1)
  expect(effectiveAt).toBeLessThan(Date.now() / 1000 + 62)
  const after = await logIn()
  // The issuer makes a list anew after a second.
  await new Promise((resolve) => setTimeout(resolve, 1100))
  expect(await visit(before)).toEqual([401, 'token.revoked'])
  expect(await visit(after)).toEqual([200, 'hello ada'])
  expect(await visit(`${after}x`)).toEqual([401, expect.stringMatching(/^token\./)])
  expect(await plain(before)).toBe('revoked')
  expect(await plain(after)).toBe('valid: ada')
})
