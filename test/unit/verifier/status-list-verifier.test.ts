import { describe, expect, it } from 'vitest'
import { createStaticKeySource } from '../../../src/token/key-set.ts'
import { checkPolicy, type VerifierOptions } from '../../../src/verifier/policy.ts'
import { createStatusListVerifier } from '../../../src/verifier/status-list-verifier.ts'
import { createVerifier, createVerifierOver } from '../../../src/verifier/verifier.ts'
import { at, createListIssuer, listResponse, PREFIX } from '../../support/list-issuer.ts'

/** A verifier whose lists come from `issuer.answer`, for the machine has no network here. */
async function world() {
  const lists = await createListIssuer()
  const { issuer } = lists
  const options: VerifierOptions = { ...issuer.verifierOptions, revocations: { statusLists: PREFIX } }
  const source = createStaticKeySource(issuer.jwks, ['ES256'])
  const policy = checkPolicy(options)
  const inner = createVerifierOver(source, options)
  const fetched = globalThis.fetch
  globalThis.fetch = async (uri, init) => {
    lists.fetched.push(String(uri))
    return lists.answer(String(uri), init ?? {})
  }
  const verifier = createStatusListVerifier(inner, source, policy, { statusLists: PREFIX })
  return { lists, issuer, verifier, restore: () => (globalThis.fetch = fetched) }
}

describe('a verifier outside the fleet', () => {
  it('takes what is VALID and refuses everything else', async () => {
    const { issuer, verifier, restore } = await world()
    try {
      const tokens = await Promise.all([0, 1, 2, 3].map((idx) => issuer.token({ status: at(idx) })))
      expect(verifier.revocation).toBe('status-list')
      expect(verifier.verifyNow(tokens[0] ?? '')).toBeUndefined()
      expect((await verifier.verify(tokens[0] ?? '')).sub).toBe('subject-1')
      for (const token of tokens.slice(1)) {
        await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token.revoked' })
        await expect(verifier.verifyDetailed(token)).rejects.toMatchObject({ code: 'token.revoked' })
      }
      expect(await verifier.verifyDetailed(tokens[0] ?? '')).toMatchObject({ freshness: 'stale' })
      // Nobody is told that an answer is as of now when it is not.
      await expect(verifier.verify(tokens[0] ?? '', 'strict')).rejects.toThrow(TypeError)
    } finally {
      restore()
    }
  })

  it('looks at signature and claims first: a bad token causes no fetch, and expired beats VALID', async () => {
    const { lists, issuer, verifier, restore } = await world()
    try {
      for (const kind of ['signed by somebody else', 'expired', 'another audience', 'another type'] as const) {
        await expect(verifier.verify(await issuer.bad(kind, { status: at(0) }))).rejects.toMatchObject({
          code: expect.stringMatching(/^token\.(signature|expired|audience|type)$/),
        })
      }
      await expect(verifier.verify(await issuer.token())).rejects.toMatchObject({ code: 'token.claim_missing' })
      expect(lists.fetched).toEqual([])
      const token = await issuer.token({ status: at(0) })
      await verifier.verify(token)
      lists.now += 600
      await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token.expired' })
    } finally {
      restore()
    }
  })

  it('refuses a token that expires while its list is being fetched', async () => {
    const { lists, issuer, verifier, restore } = await world()
    try {
      const token = await issuer.token({ status: at(0) })
      lists.answer = async (uri) => {
        lists.now += 600
        return listResponse(await lists.list({ sub: uri }))
      }
      await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'token.expired' })
    } finally {
      restore()
    }
  })

  it('decides from memory until the list expires, then refuses what it cannot look up', async () => {
    const { lists, issuer, verifier, restore } = await world()
    try {
      const token = await issuer.token({ status: at(0) })
      const claims = await verifier.verify(token)
      expect(verifier.verifyNow(token)).toBe(claims)
      verifier.guard(claims)
      lists.answer = () => new Response(null, { status: 503 })
      lists.now += 59
      expect(verifier.verifyNow(token)).toBe(claims)
      lists.now += 1
      expect(verifier.verifyNow(token)).toBeUndefined()
      expect(() => verifier.guard(claims)).toThrow(expect.objectContaining({ code: 'revocation.stale' }))
      await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'status.unavailable' })
    } finally {
      restore()
    }
  })

  it('says once more, just before the effect, that it is revoked by now', async () => {
    const { lists, issuer, verifier, restore } = await world()
    try {
      const token = await issuer.token({ status: at(0) })
      const claims = await verifier.verify(token)
      const status_list = await lists.claim([0b01])
      lists.answer = async (uri) => listResponse(await lists.list({ sub: uri, status_list }))
      lists.now += 16
      verifier.guard(claims)
      // The look above has made it ask for a newer list.
      for (let i = 0; i < 500 && lists.fetched.length < 2; i++) await pause()
      for (let i = 0; i < 500 && isAccepted(() => verifier.guard(claims)); i++) await pause()
      expect(() => verifier.guard(claims)).toThrow(expect.objectContaining({ code: 'token.revoked' }))
      expect(() => verifier.verifyNow(token)).toThrow(expect.objectContaining({ code: 'token.revoked' }))
    } finally {
      restore()
    }
  })
})

it.each<[string, unknown]>([
  ['nothing', {}],
  ['null', null],
  ['no text', { statusLists: 7 }],
  ['no URL', { statusLists: '/status/' }],
  ['plain http', { statusLists: 'http://issuer.test/status/' }],
  ['no slash at the end', { statusLists: 'https://issuer.test/status' }],
  ['credentials', { statusLists: 'https://me:it@issuer.test/status/' }],
  ['a query', { statusLists: 'https://issuer.test/status/?list=/' }],
  ['a fragment', { statusLists: 'https://issuer.test/status/#/' }],
])('takes no address that is %s', async (_name, revocations) => {
  const { issuer } = await createListIssuer()
  const options = { ...issuer.verifierOptions, revocations } as unknown as VerifierOptions
  expect(() => createVerifier(options)).toThrow(TypeError)
})

function isAccepted(look: () => void): boolean {
  try {
    look()
    return true
  } catch {
    return false
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5))
