/** The keys of the provider: those that sign access tokens, and whatever relying parties may choose besides (RS256 by default). */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { ExternalSigningKey } from 'oidc-provider'
import type { Clock } from '../clock.ts'
import type { SecretRing } from '../crypto/secret-ring.ts'
import { AuthError } from '../errors.ts'
import type { RecordsOf } from '../records.ts'
import type { SignatureAlgorithm } from '../token/algorithms.ts'
import { createIssuerKeys, type IssuerKeys } from '../token/issuer-keys.ts'
import type { SigningKey } from '../token/jwk.ts'

/** What relying parties may choose for their ID tokens. */
const CHOICES = ['RS256', 'ES256'] as const

export interface ProviderKeys {
  /** What signs now, what is published, and a text that changes whenever any of it does. */
  current(): Promise<CurrentKeys>
  /** Of both kinds, as one JWK set. */
  publicKeys(): Promise<{ readonly keys: readonly object[] }>
  /** Does what is due: makes the next key, forgets the old one. */
  refresh(): Promise<void>
  close(): void
}

export interface CurrentKeys {
  readonly fingerprint: string
  /** Signing keys by algorithm. */
  readonly signing: ReadonlyMap<SignatureAlgorithm, SigningKey>
  /** The key of access tokens. */
  readonly accessTokens: { readonly alg: Exclude<SignatureAlgorithm, 'HS256'>; readonly kid: string }
  /** As `oidc-provider` takes them, those that sign first. */
  readonly jwks: { readonly keys: ExternalSigningKey[] }
}

/** The keys that relying parties may choose, one source per algorithm; for whoever rotates them, too. */
export function choiceKeys({
  records,
  secrets,
  clock,
}: {
  readonly records: RecordsOf
  readonly secrets: SecretRing
  readonly clock: Clock
}): readonly IssuerKeys[] {
  return CHOICES.map((algorithm) =>
    createIssuerKeys({ records: records(`oidc-signing-keys-${algorithm.toLowerCase()}`), secrets, clock, algorithm }),
  )
}

/**
 * @param keys those of the issuer
 * @param isRetired whether the emergency floor has retired a key
 */
export function createProviderKeys(options: {
  readonly keys: IssuerKeys
  readonly records: RecordsOf
  readonly secrets: SecretRing
  readonly clock: Clock
  readonly isRetired: (keyId: string) => boolean
}): ProviderKeys {
  const { keys, records, secrets, clock, isRetired } = options
  const more = choiceKeys({ records, secrets, clock })
  /** None is made of an algorithm that the issuer signs with itself. */
  const besides = ({ algorithm }: SigningKey): readonly IssuerKeys[] => more.filter((_, i) => CHOICES[i] !== algorithm)

  const unretired = async (source: IssuerKeys): Promise<SigningKey> => {
    const key = await source.signing()
    if (!isRetired(key.keyId)) return key
    // Another process has made a new one already, or is about to.
    await source.refresh()
    return source.signing()
  }
  const publicKeys = async () => {
    const sources = [keys, ...besides(await keys.signing())]
    return { keys: (await Promise.all(sources.map((source) => source.publicKeys()))).flatMap((set) => set.keys) }
  }
  return {
    publicKeys,
    async current() {
      const own = await unretired(keys)
      const [others, published] = await Promise.all([Promise.all(besides(own).map(unretired)), publicKeys()])
      const { algorithm } = own
      // A symmetric key signs for this fleet only, and no relying party could check it.
      const signers = algorithm === 'HS256' ? others : [own, ...others]
      const rs256 = others.find((key) => key.algorithm === 'RS256') ?? own
      const byId = new Map(signers.map((key) => [key.keyId, key]))
      const jwks = published.keys.map(toPublished)
      jwks.sort((a, b) => Number(byId.has(b.kid)) - Number(byId.has(a.kid)))
      return {
        fingerprint: JSON.stringify([signers.map((key) => key.keyId), jwks.map(({ kid }) => kid)]),
        signing: new Map(signers.map((key) => [key.algorithm, key])),
        accessTokens: algorithm === 'HS256' ? { alg: 'RS256', kid: rs256.keyId } : { alg: algorithm, kid: own.keyId },
        jwks: { keys: jwks.map((jwk) => new OurKey(jwk, byId.get(jwk.kid) ?? null)) },
      }
    },
    async refresh() {
      await Promise.all(besides(await keys.signing()).map((source) => source.refresh()))
    },
    close() {
      for (const source of more) source.close()
    },
  }
}

interface PublishedJwk {
  readonly kid: string
  readonly alg: string
}

function toPublished(jwk: object): PublishedJwk {
  if ('kid' in jwk && typeof jwk.kid === 'string' && 'alg' in jwk && typeof jwk.alg === 'string') {
    return { ...jwk, kid: jwk.kid, alg: jwk.alg }
  }
  throw new AuthError('keys.unavailable', 'a published key has no id')
}

/** A key whose private half stays with its owner; null: it only verifies any more, or not yet. */
class OurKey extends ExternalSigningKey {
  readonly #jwk: PublishedJwk
  readonly #public: KeyObject
  readonly #signer: SigningKey | null

  constructor(jwk: PublishedJwk, signer: SigningKey | null) {
    super()
    this.#jwk = jwk
    this.#public = createPublicKey({ key: { ...jwk }, format: 'jwk' })
    this.#signer = signer
  }

  override get kid(): string {
    return this.#jwk.kid
  }

  override get alg(): string {
    return this.#jwk.alg
  }

  override keyObject(): KeyObject {
    return this.#public
  }

  override async sign(data: Uint8Array): Promise<Buffer> {
    if (!this.#signer) throw new AuthError('keys.unavailable', 'this key does not sign now')
    return Buffer.from(await this.#signer.sign(Buffer.from(data).toString('latin1')), 'base64url')
  }
}
