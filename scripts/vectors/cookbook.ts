/** The JOSE cookbook (RFC 7520), its RFC 7797 and RFC 8037 companions: signatures and keys. */
import { importSigningKey, importVerifyKey, type Jwk } from '../../src/token/jwk.ts'
import { parseJws } from '../../src/token/jws.ts'
import { ALL, foreign, verifyingHalf } from './compact.ts'
import type { Folder } from './files.ts'
import { HERE, type Judge } from './judge.ts'
import type { Case, Suite } from './suite.ts'

interface Signature {
  readonly protected?: string
  readonly signature: string
}

interface Example {
  readonly reproducible?: boolean
  readonly input: { readonly key: Jwk | readonly Jwk[]; readonly alg: string | readonly string[] }
  readonly signing: Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[]
  readonly output: {
    readonly compact?: string
    readonly json?: { readonly payload?: string; readonly signatures: readonly Signature[] }
    readonly json_flat?: object
  }
}

const JWS = [
  'jws/4_1.rsa_v15_signature',
  'jws/4_2.rsa-pss_signature',
  'jws/4_3.ecdsa_signature',
  'jws/4_4.hmac-sha2_integrity_protection',
  'jws/4_5.signature_with_detached_content',
  'jws/4_6.protecting_specific_header_fields',
  'jws/4_7.protecting_content_only',
  'jws/4_8.multiple_signatures',
  'rfc7797/4.2.hmac-sha2_b64_false',
  'rfc7797/hmac-sha2_b64_false',
  'curve25519/jws',
]

export function cookbookSuites(folder: Folder, judge: Judge = HERE): readonly Suite[] {
  return [...JWS.map((name) => signatureSuite(folder, judge, name)), keySuite(folder)]
}

function signatureSuite(folder: Folder, judge: Judge, name: string): Suite {
  const path = `jose-cookbook/${name}.json`
  const example = folder.read<Example>(path)
  const keys = [example.input.key].flat() as readonly Jwk[]
  const algorithms = [example.input.alg].flat() as readonly string[]
  const { compact, json, json_flat: flat } = example.output
  const cases: Case[] = []
  for (const [i, signature] of (json?.signatures ?? []).entries()) {
    const key = { ...keys[i], alg: algorithms[i] }
    const input = signedInput(example, i, signature)
    const reason = foreign(key)
    const verify = () => judge.bytes(verifyingHalf(key), ALL, input, signature.signature)
    cases.push({ id: `signature ${i + 1}`, wanted: 'accept', run: verify, ...(reason ? { skip: reason } : {}) })
    const isDeterministic = reason === null && !/^(PS|ES)/.test(String(algorithms[i]))
    if (isDeterministic)
      cases.push({
        id: `signing ${i + 1}`,
        wanted: 'accept',
        run: async () => (await importSigningKey(key).sign(input)) === signature.signature,
      })
  }
  if (compact !== undefined) cases.push(compactCase(compact, judge, { ...keys[0], alg: algorithms[0] }))
  // A token of ours is compact (RFC 7519 §3): every JSON form is refused, whatever its signatures say.
  for (const [id, form] of Object.entries({ json, json_flat: flat }))
    if (form) cases.push({ id, wanted: 'reject', run: () => isParsed(JSON.stringify(form)) })
  return { file: path, numberOfTests: cases.length, cases }
}

function compactCase(compact: string, judge: Judge, key: Jwk): Case {
  const common = { id: 'compact', run: () => judge.compact(compact, key) }
  // Detached and unencoded payloads (RFC 7797) are no tokens of ours.
  const [, payload = ''] = compact.split('.')
  if (payload === '' || /[^\w-]/.test(payload)) return { ...common, wanted: 'reject' }
  const reason = foreign(key)
  return { ...common, wanted: 'accept', ...(reason ? { skip: reason } : {}) }
}

function signedInput(example: Example, i: number, signature: Signature): string {
  const payload = example.output.json?.payload
  if (payload !== undefined) return `${signature.protected ?? ''}.${payload}`
  const signing = [example.signing].flat()[i]
  return String(signing?.['sig-input'])
}

/** Any token is refused that has no three segments of strict JSON. */
function isParsed(text: string): boolean {
  return parseJws(text).input !== ''
}

function keySuite(folder: Folder): Suite {
  const read = (name: string) => folder.read<Jwk>(`jose-cookbook/jwk/${name}.json`)
  const [ecPublic, ecPrivate] = [read('3_1.ec_public_key'), read('3_2.ec_private_key')]
  const [rsaPublic, rsaPrivate] = [read('3_3.rsa_public_key'), read('3_4.rsa_private_key')]
  const [mac, encryption] = [read('3_5.symmetric_key_mac_computation'), read('3_6.symmetric_key_encryption')]
  const verifies = (jwk: Jwk) => importVerifyKey(jwk, ALL).algorithm !== undefined
  const curve = 'P-521: a curve that we do not use'
  const cases: Case[] = [
    { id: '3.1', wanted: 'accept', skip: curve, run: () => verifies(ecPublic) },
    { id: '3.2', wanted: 'accept', skip: curve, run: () => importSigningKey(ecPrivate).keyId !== '' },
    { id: '3.3', wanted: 'accept', run: () => verifies(rsaPublic) },
    { id: '3.4 signs', wanted: 'accept', run: () => signsWhatVerifies(rsaPrivate, rsaPublic) },
    { id: '3.4 as a key that verifies', wanted: 'reject', run: () => verifies(rsaPrivate) },
    { id: '3.5', wanted: 'accept', run: () => signsWhatVerifies(mac, mac) },
    { id: '3.6 (for encryption)', wanted: 'reject', run: () => verifies(encryption) },
  ]
  return { file: 'jose-cookbook/jwk/*.json', numberOfTests: cases.length, cases }
}

async function signsWhatVerifies(signing: Jwk, verifying: Jwk): Promise<boolean> {
  const input = 'e30.e30'
  return importVerifyKey(verifying, ALL).verify(input, await importSigningKey(signing).sign(input))
}
