/** How long does it take to check an access token: for the first time, and again? Beside floors and other libraries. */
import { createHmac, hash, verify as verifySignature } from 'node:crypto'
import { jwtVerify } from 'jose'
import { systemClock } from '../src/clock.ts'
import { randomId } from '../src/crypto/random.ts'
import type { RevocationView } from '../src/revocation/check.ts'
import { createRevocationView, type FollowedView } from '../src/revocation/view.ts'
import { ALGORITHMS, type SignatureAlgorithm } from '../src/token/algorithms.ts'
import { rawToDer } from '../src/token/ecdsa-der.ts'
import { createVerifier, type Verifier } from '../src/verifier/index.ts'
import type { Case, Subject } from './measure.ts'
import { installPeers, loadFastJwt, loadJsonWebToken } from './peers.ts'
import { AUDIENCE, ISSUER, type Issued, issue } from './tokens.ts'

export interface VerifySuiteOptions {
  readonly algorithms: readonly SignatureAlgorithm[]
  /** Distinct tokens of the wide case. */
  readonly wide: number
  /** Live revocations in the large view. */
  readonly revocations: number
  readonly progress: (text: string) => void
}

const COLD_TOKENS = 5000
export const SMALL = 1000
/** Longer than a run: signing a hundred thousand tokens by RSA takes more than a minute. */
const LEASE_MS = 3_600_000

/** The cases of one algorithm after the other; tokens are made when a case is asked for, and can be dropped after it. */
export async function* verifyCases(options: VerifySuiteOptions): AsyncGenerator<Case> {
  const { progress } = options
  installPeers(progress)
  progress(`applying ${options.revocations} revocations`)
  const views = { small: createView(SMALL), large: createView(options.revocations), revocations: options.revocations }
  for (const algorithm of options.algorithms) {
    const issued = await issue(algorithm, Math.max(options.wide, COLD_TOKENS), (done) =>
      progress(`${algorithm}: signing tokens, ${done} of ${options.wide}`),
    )
    await checkSubjects(issued, views.small)
    yield coldCase(issued)
    yield warmCase(`${algorithm} warm, one hot token`, issued, 1, views)
    yield warmCase(`${algorithm} warm, ${options.wide.toLocaleString('en')} tokens`, issued, options.wide, views)
  }
}

interface Views {
  readonly small: FollowedView
  readonly large: FollowedView
  readonly revocations: number
}

function coldCase(issued: Issued): Case {
  const { algorithm } = issued
  return {
    name: `${algorithm} cold`,
    subjects: [
      algorithm === 'HS256' ? hmacFloor(issued) : signatureFloor(issued),
      fastJwt(issued, 'fast-jwt', false),
      ...(isKnownToJsonWebToken(algorithm) ? [jsonWebToken(issued)] : []),
      jose(issued),
      sojournCold(issued),
    ],
    inputs: () => issued.tokens.cycle(0, COLD_TOKENS),
    warmUp: 2000,
  }
}

function warmCase(name: string, issued: Issued, count: number, views: Views): Case {
  const large = `Sojourn, ${views.revocations.toLocaleString('en')} revoked`
  return {
    name,
    subjects: [
      mapFloor(count),
      fastJwt(issued, 'fast-jwt, cache', Math.max(count, 1000)),
      sojournWarm(issued, 'Sojourn, no revocations', undefined),
      sojournWarm(issued, `Sojourn, ${SMALL.toLocaleString('en')} revoked`, views.small),
      sojournWarm(issued, large, views.large),
      sojournWarm(issued, `${large}, log moving`, views.large, true),
    ],
    inputs: () => issued.tokens.cycle(0, count),
    warmUp: Math.max(2000, count),
  }
}

/** The floor of a warm check: a digest of a fresh string, and a look into a map. */
export function mapFloor(count: number): Subject {
  const map = new Map<string, object>()
  return {
    name: 'floor: map.get(sha256)',
    kind: 'floor',
    prepare: ({ tokens }) => {
      // Filled once, and not touched again outside the measured time: that would pull it into the processor's caches.
      if (map.size === count) return
      for (const token of tokens) {
        const key = hash('sha256', token, 'base64url')
        if (!map.has(key)) map.set(key, {})
      }
    },
    run: ({ tokens }) => {
      for (const token of tokens) if (!map.get(hash('sha256', token, 'base64url'))) throw new Error('missing')
    },
  }
}

/** The floor of a cold check: the fastest form of `crypto.verify`, handed bytes that were prepared beforehand. */
function signatureFloor({ algorithm, keyObject, tokens }: Issued): Subject {
  const { digest, nodeOptions, kty } = ALGORITHMS[algorithm]
  const key = nodeOptions ? { key: keyObject, ...nodeOptions } : keyObject
  const prepared = Array.from({ length: COLD_TOKENS }, (_, i) => {
    const token = tokens.fresh(i)
    const dot = token.lastIndexOf('.')
    const raw = Buffer.from(token.slice(dot + 1), 'base64url')
    return { input: Buffer.from(token.slice(0, dot)), signature: kty === 'EC' ? rawToDer(raw) : raw }
  })
  return {
    name: 'floor: crypto.verify',
    kind: 'floor',
    run: ({ indexes }) => {
      for (const index of indexes) {
        const item = prepared[index] as (typeof prepared)[number]
        if (!verifySignature(digest, item.input, key, item.signature)) throw new Error('refused')
      }
    },
  }
}

function hmacFloor({ keyObject }: Issued): Subject {
  return {
    name: 'floor: HMAC + JSON.parse',
    kind: 'floor',
    run: ({ tokens }) => {
      for (const token of tokens) {
        const [first, second] = [token.indexOf('.'), token.lastIndexOf('.')]
        const tag = createHmac('sha256', keyObject).update(token.slice(0, second)).digest('base64url')
        if (tag !== token.slice(second + 1)) throw new Error('refused')
        JSON.parse(Buffer.from(token.slice(first + 1, second), 'base64url').toString())
      }
    },
  }
}

function fastJwt({ algorithm, keyObject }: Issued, name: string, cache: number | false): Subject {
  const key = keyObject.type === 'secret' ? keyObject.export() : keyObject.export({ type: 'spki', format: 'pem' })
  const check = loadFastJwt().createVerifier({
    key,
    cache,
    algorithms: [algorithm],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    requiredClaims: ['sub', 'jti', 'exp'],
  })
  return { name, kind: 'peer', run: ({ tokens }) => tokens.forEach((token) => void check(token)) }
}

function isKnownToJsonWebToken(algorithm: SignatureAlgorithm): boolean {
  return algorithm !== 'EdDSA' && algorithm !== 'Ed25519'
}

function jsonWebToken({ algorithm, keyObject }: Issued): Subject {
  const { verify } = loadJsonWebToken()
  const options = { algorithms: [algorithm], issuer: ISSUER, audience: AUDIENCE }
  return {
    name: 'jsonwebtoken',
    kind: 'peer',
    run: ({ tokens }) => tokens.forEach((token) => void verify(token, keyObject, options)),
  }
}

function jose({ algorithm, keyObject }: Issued): Subject {
  const options = {
    algorithms: [algorithm],
    issuer: ISSUER,
    audience: AUDIENCE,
    typ: 'at+jwt',
    requiredClaims: ['sub', 'jti', 'exp'],
  }
  return {
    name: 'jose',
    kind: 'peer',
    run: async ({ tokens }) => {
      for (const token of tokens) await jwtVerify(token, keyObject, options)
    },
  }
}

function newVerifier({ algorithm, jwk }: Issued, revocations?: RevocationView): Verifier {
  return createVerifier({
    keys: { keys: [jwk] },
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: [algorithm],
    ...(revocations ? { revocations } : {}),
  })
}

/** Every token is new to its verifier: when they come round again, there is another one. Filling the cache is in the price. */
function sojournCold(issued: Issued): Subject {
  let verifier = newVerifier(issued)
  return {
    name: 'Sojourn',
    kind: 'ours',
    prepare: ({ indexes }) => {
      if (indexes[0] === 0) verifier = newVerifier(issued)
    },
    run: ({ tokens }) => verifyAll(verifier, tokens),
  }
}

function sojournWarm(issued: Issued, name: string, revocations: FollowedView | undefined, isMoving = false): Subject {
  const verifier = newVerifier(issued, revocations)
  return {
    name,
    kind: 'ours',
    prepare: () => {
      if (!revocations) return
      renew(revocations)
      // An event before every batch of 500: remembered verdicts are out of date, and each token is looked up again.
      if (isMoving) revoke(revocations, 1)
    },
    run: ({ tokens }) => verifyAll(verifier, tokens),
  }
}

function verifyAll(verifier: Verifier, tokens: readonly string[]): void {
  for (const token of tokens) if (!verifier.verifyNow(token)) throw new Error('the verifier asks for I/O')
}

export function createView(revocations: number): FollowedView {
  const view = createRevocationView({ clock: systemClock, judge: async () => 'alive' })
  renew(view)
  revoke(view, revocations)
  return view
}

export function renew(view: FollowedView): void {
  view.lease.extend(systemClock.monoMs(), systemClock.wallMs(), LEASE_MS)
}

let offset = 0

export function revoke(view: FollowedView, count: number): void {
  const until = systemClock.now() + 86_400
  for (let i = 0; i < count; i++)
    view.apply({ offset: ++offset, event: { kind: 'session', sessionId: randomId(), subject: null, until } })
}

/** A subject that lets a forged token pass is not measured. */
async function checkSubjects(issued: Issued, view: FollowedView): Promise<void> {
  const good = issued.tokens.fresh(0)
  const [header = '', payload = '', signature = ''] = good.split('.')
  const forged = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
  const subjects = [
    fastJwt(issued, 'fast-jwt', false),
    fastJwt(issued, 'fast-jwt, cache', 10),
    jose(issued),
    sojournCold(issued),
    sojournWarm(issued, 'Sojourn', view),
  ]
  if (isKnownToJsonWebToken(issued.algorithm)) subjects.push(jsonWebToken(issued))
  for (const { name, run } of subjects) {
    await run({ tokens: [good], indexes: [0] })
    const passed = await attempt(async () => run({ tokens: [forged], indexes: [0] }))
    if (passed) throw new Error(`${name} accepts a forged ${issued.algorithm} token`)
  }
}

async function attempt(work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch {
    // Refused, in its own words.
    return false
  }
}
