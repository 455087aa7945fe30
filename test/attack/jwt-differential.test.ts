/**
 * Our verifier against `jose`, on 100 000 tokens that are almost right. Whatever one accepts and the other refuses stands in
 * `jwt-differences.ts` with its reason; a difference that is not there, or one that no longer shows, fails.
 */
import type { JsonWebKey } from 'node:crypto'
import { createLocalJWKSet, errors, type JWK, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../src/errors.ts'
import { DEFAULT_ALGORITHMS, type SignatureAlgorithm } from '../../src/token/algorithms.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { DIFFERENCES } from '../support/jwt-differences.ts'
import { type Mill, MUTATIONS, seeded } from '../support/jwt-mutations.ts'
import { AUDIENCE, goodClaims, ISSUER, makeKey, NOW, type TestKey } from '../support/tokens.ts'

const SEED = 20_261_123
const MUTANTS = 100_000
/** The cheap algorithms carry the bulk, for the mutations are the same for all; upper ends of each one's share. */
const SHARES: readonly (readonly [SignatureAlgorithm, number])[] = [
  ['HS256', 0.76],
  ['EdDSA', 0.88],
  ['ES256', 0.97],
  ['RS256', 0.98],
  ['PS256', 0.99],
  ['ES384', 1],
]
const ALGORITHMS = SHARES.map(([algorithm]) => algorithm)
const NO_MATCH = new errors.JWKSNoMatchingKey()

/** Two verifiers with the same policy: `null` is an acceptance, otherwise why not. */
interface Pair {
  ours(token: string): { readonly code: string | null; readonly claims: JWTPayload | null }
  theirs(token: string): Promise<{ readonly code: string | null; readonly claims: JWTPayload | null }>
}

function pairOver(keys: readonly TestKey[], algorithms: readonly SignatureAlgorithm[]): Pair {
  const verifier = createVerifier({
    keys: { keys: keys.map((key) => key.verifyJwk) },
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms,
    clock: () => NOW,
  })
  const published = createLocalJWKSet({
    keys: keys.filter(({ jwk }) => jwk.kty !== 'oct').map((key) => key.verifyJwk as JWK),
  })
  // A JWK set of jose's holds no secrets; this is its rule for public keys, applied to them.
  const getKey: JWTVerifyGetKey = (header, token) => {
    if (header.alg !== 'HS256') return published(header, token)
    const fitting = keys.filter(({ jwk }) => jwk.kty === 'oct' && (header.kid === undefined || jwk.kid === header.kid))
    if (fitting.length !== 1) throw NO_MATCH
    return Buffer.from(fitting[0]?.jwk.k as string, 'base64url')
  }
  const options = {
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: [...algorithms],
    typ: 'at+jwt',
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
    maxTokenAge: 3600,
    currentDate: new Date(NOW * 1000),
  }
  return {
    ours(token) {
      try {
        return { code: null, claims: verifier.verifyNow(token) ?? null }
      } catch (error) {
        if (!(error instanceof AuthError)) throw error
        return { code: error.code, claims: null }
      }
    },
    async theirs(token) {
      try {
        return { code: null, claims: (await jwtVerify(token, getKey, options)).payload }
      } catch (error) {
        return { code: (error as { code?: string }).code ?? String(error), claims: null }
      }
    },
  }
}

interface Tally {
  readonly classes: Map<string, { total: number; refusedByBoth: number; acceptedByBoth: number }>
  readonly variants: Set<string>
  readonly differences: Map<string, string>
  readonly disagreeing: string[]
}

async function run(): Promise<Tally> {
  const random = seeded(SEED)
  const keys = new Map<SignatureAlgorithm, TestKey>()
  const strangers = new Map<SignatureAlgorithm, TestKey>()
  const good = new Map<SignatureAlgorithm, string[]>()
  for (const algorithm of ALGORITHMS) {
    const key = await makeKey(algorithm)
    keys.set(algorithm, key)
    strangers.set(algorithm, await makeKey(algorithm))
    const texts = Array.from({ length: 8 }, (_, i) => key.token(goodClaims({ jti: `jti-${i}` })))
    good.set(algorithm, await Promise.all(texts))
  }
  const all = [...keys.values()]
  const publicOnly = all.filter(({ jwk }) => jwk.kty !== 'oct')
  const pairs = {
    mixed: pairOver(all, [...DEFAULT_ALGORITHMS, 'HS256']),
    closed: pairOver(publicOnly, DEFAULT_ALGORITHMS),
  }
  const publicKeys = publicOnly.map((key) => key.verifyJwk as JsonWebKey)
  const tally: Tally = { classes: new Map(), variants: new Set(), differences: new Map(), disagreeing: [] }
  const names = Object.keys(MUTATIONS)

  for (let i = 0; i < MUTANTS; i++) {
    const name = names[i % names.length] as string
    const share = random()
    const algorithm = SHARES.find(([, upTo]) => share < upTo)?.[0] ?? 'HS256'
    const others = ALGORITHMS.filter(
      (one) => one !== algorithm && (one === 'HS256' || one === 'ES256' || one === 'EdDSA'),
    )
    const mill: Mill = {
      random,
      key: keys.get(algorithm) as TestKey,
      other: keys.get(others[Math.floor(random() * others.length)] as SignatureAlgorithm) as TestKey,
      stranger: strangers.get(algorithm) as TestKey,
      good: (good.get(algorithm) as string[])[Math.floor(random() * 8)] as string,
      publicKeys,
    }
    const { token, variant } = await (MUTATIONS[name] as (mill: Mill) => Promise<{ token: string; variant: string }>)(
      mill,
    )
    const pair = algorithm === 'HS256' || random() < 0.5 ? pairs.mixed : pairs.closed
    const ours = pair.ours(token)
    const theirs = await pair.theirs(token)
    const count = tally.classes.get(name) ?? { total: 0, refusedByBoth: 0, acceptedByBoth: 0 }
    count.total++
    if (ours.code !== null && theirs.code !== null) count.refusedByBoth++
    if (ours.code === null && theirs.code === null) {
      count.acceptedByBoth++
      if (JSON.stringify(ours.claims) !== JSON.stringify(theirs.claims)) tally.disagreeing.push(`${name}/${variant}`)
    }
    tally.classes.set(name, count)
    tally.variants.add(`${name}/${variant}`)
    if ((ours.code === null) !== (theirs.code === null)) {
      tally.differences.set(`${name}/${variant}`, ours.code ?? 'accepted')
    }
  }
  return tally
}

describe('the verifier and jose', () => {
  const limit = Error.stackTraceLimit
  let tally: Tally
  beforeAll(async () => {
    // Nearly every token ends in two errors whose stacks nobody reads.
    Error.stackTraceLimit = 0
    tally = await run()
  }, 120_000)
  afterAll(() => {
    Error.stackTraceLimit = limit
  })

  it('were both asked about 100 000 tokens of at least 12 classes, every class of them', () => {
    expect([...tally.classes.keys()].sort()).toEqual(Object.keys(MUTATIONS).sort())
    expect(tally.classes.size).toBeGreaterThanOrEqual(12)
    expect([...tally.classes.values()].reduce((sum, { total }) => sum + total, 0)).toBe(MUTANTS)
    for (const [name, { total }] of tally.classes) expect(total, name).toBeGreaterThan(2000)
    expect(tally.variants.size).toBeGreaterThan(250)
  })

  it('accept what is unchanged and refuse most of the rest', () => {
    expect(tally.classes.get('unchanged')).toMatchObject({ refusedByBoth: 0 })
    expect(tally.classes.get('unchanged')?.acceptedByBoth).toBe(tally.classes.get('unchanged')?.total)
    for (const name of ['flip-signature', 'padding', 'spare-bits', 'none', 'segments']) {
      expect(tally.classes.get(name)?.acceptedByBoth, name).toBe(0)
    }
  })

  it('read the same claims from what both accept', () => {
    expect([...new Set(tally.disagreeing)]).toEqual([])
  })

  it('differ exactly where the table says so', () => {
    const rows = DIFFERENCES.flatMap(({ kind, variants, ours }) => variants.map((one) => [`${kind}/${one}`, ours]))
    expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length)
    expect(Object.fromEntries(tally.differences)).toEqual(Object.fromEntries(rows))
  })

  it('differ by our being stricter, but where two names mean one algorithm', () => {
    const looser = DIFFERENCES.filter(({ ours }) => ours === 'accepted')
    expect(looser).toMatchObject([{ kind: 'swap-algorithm', variants: ['Ed25519'] }])
  })

  it('have a reason for each difference', () => {
    for (const { kind, reason } of DIFFERENCES) expect(reason.length, kind).toBeGreaterThan(40)
  })
})
