/** Wycheproof's raw signatures and MACs, through our verify keys. */

import { createPublicKey } from 'node:crypto'
import type { SignatureAlgorithm } from '../../src/token/algorithms.ts'
import { type Folder, type WycheproofFile, type WycheproofTest, wantedBy } from './files.ts'
import { HERE, type Judge } from './judge.ts'
import type { Case, Suite } from './suite.ts'

interface SignatureGroup {
  readonly publicKeyPem: string
  readonly tests: readonly (WycheproofTest & { readonly msg: string; readonly sig: string })[]
}

interface MacGroup {
  readonly keySize: number
  readonly tagSize: number
  readonly tests: readonly (WycheproofTest & { readonly key: string; readonly msg: string; readonly tag: string })[]
}

const FILES: readonly (readonly [name: string, algorithm: SignatureAlgorithm])[] = [
  ['ecdsa_secp256r1_sha256_p1363_test', 'ES256'],
  ['ecdsa_secp384r1_sha384_p1363_test', 'ES384'],
  ['ed25519_test', 'Ed25519'],
  ['rsa_signature_2048_sha256_test', 'RS256'],
  ['rsa_pss_2048_sha256_mgf1_32_test', 'PS256'],
]

export function signatureSuites(folder: Folder, judge: Judge = HERE): readonly Suite[] {
  return [...FILES.map(([name, algorithm]) => signatures(folder, judge, name, algorithm)), macs(folder, judge)]
}

function signatures(folder: Folder, judge: Judge, name: string, algorithm: SignatureAlgorithm): Suite {
  const path = `wycheproof/${name}.json`
  const file = folder.read<WycheproofFile<SignatureGroup>>(path)
  const wanted = wantedBy(folder, name)
  const cases = file.testGroups.flatMap(({ publicKeyPem, tests }): readonly Case[] => {
    // The JWK is made from the PEM: some groups have none, and then the name of an algorithm that is not ours.
    const jwk = { ...createPublicKey(publicKeyPem).export({ format: 'jwk' }), alg: algorithm }
    return tests.map((test): Case => {
      const label = wanted(test)
      const verify = () => judge.bytes(jwk, [algorithm], bytes(test.msg), bytes(test.sig))
      const common = { id: String(test.tcId), wanted: label, run: verify }
      // A key that we refuse as a whole says nothing about the signature.
      if (label !== 'accept' || jwk.e !== 'Aw') return common
      return {
        ...common,
        skip: 'a key with the public exponent 3: FIPS 186-5 §5.4 asks for more than 2^16, we refuse it',
      }
    })
  })
  return { file: path, numberOfTests: file.numberOfTests, cases }
}

function macs(folder: Folder, judge: Judge): Suite {
  const path = 'wycheproof/hmac_sha256_test.json'
  const file = folder.read<WycheproofFile<MacGroup>>(path)
  const wanted = wantedBy(folder, 'hmac_sha256_test')
  const cases = file.testGroups.flatMap(({ keySize, tagSize, tests }) =>
    tests.map((test): Case => {
      const label = wanted(test)
      const verify = () => {
        const jwk = { kty: 'oct', alg: 'HS256', k: bytes(test.key).toString('base64url') }
        return judge.bytes(jwk, ['HS256'], bytes(test.msg), bytes(test.tag))
      }
      const common = { id: String(test.tcId), wanted: label, run: verify }
      if (label === 'reject') return common
      if (tagSize < 256)
        return { ...common, skip: `a tag cut to ${tagSize} bits: HS256 has 256 (RFC 7518 §3.2), we refuse it` }
      if (keySize < 256)
        return { ...common, skip: `a key of ${keySize} bits: HS256 needs 256 (RFC 7518 §3.2), we refuse it` }
      return common
    }),
  )
  return { file: path, numberOfTests: file.numberOfTests, cases }
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}
