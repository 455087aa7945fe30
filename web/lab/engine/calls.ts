/**
 * What the engine can be asked. One line for each; the work is in a module of its own that is loaded when it is first needed.
 * Arguments and results are plain data: they cross from the page to the worker and back.
 */

import type { Jwk } from '../../../src/token/jwk.ts'
import type { ServerKind } from '../attacks/exercise.ts'
import type { SampleName } from '../paste/sample-names.ts'
import type { RunRequest } from '../sim/run.ts'
import type { SsoSettings } from '../sso/settings.ts'
import type { KeyText } from './token/keys.ts'
import type { MintAlgorithm, MintRequest } from './token/mint.ts'
import type { BytesRequest, SignatureRequest } from './token/signature.ts'
import type { VerifyRequest } from './token/verify.ts'

export interface CallContext {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** How much is done, 0 to 1. */
  progress(done: number): void
}

export const CALLS = {
  /** How long this device takes for a SHA-256 of the product's own, in microseconds (the median of 200). */
  pace: async () => (await import('./pace.ts')).pace(),
  /** Inspect: the product's verifier, its answer in words. */
  verify: async (request: VerifyRequest) => (await import('./token/verify.ts')).verifyToken(request),
  /** Whether a signature is good, of a token and of any bytes. */
  signature: async (request: SignatureRequest) => (await import('./token/signature.ts')).checkSignature(request),
  signatureOfBytes: async (request: BytesRequest) => (await import('./token/signature.ts')).checkBytes(request),
  guessSecret: async (token: string) => (await import('./token/guess.ts')).guessSecret(token),
  sample: async (what: { name: SampleName; now: number }) => (await import('./token/samples.ts')).makeSample(what),
  signDemo: async (what: { header: object; payload: object }) => (await import('./token/samples.ts')).signDemo(what),
  /** Mint: keys, tokens, and how long they take here. */
  postQuantum: async () => (await import('./token/post-quantum.ts')).postQuantumHere(),
  makeKey: async (algorithm: MintAlgorithm) => (await import('./token/mint.ts')).makeKey(algorithm),
  takeKey: async (given: KeyText & { algorithm: MintAlgorithm }) => (await import('./token/mint.ts')).takeKey(given),
  sign: async (request: MintRequest) => (await import('./token/mint.ts')).signToken(request),
  timeKey: async (what: { jwk: Jwk; input: string }, context: CallContext) =>
    (await import('./token/mint.ts')).timeKey(what, context),
  /** The texts of the Attack screen's exercises. */
  lessons: async () => (await import('../attacks/exercises.ts')).lessons(),
  /** One exercise, against the weak server or the product. */
  attack: async ({ id, server }: { readonly id: string; readonly server: ServerKind }, context: CallContext) =>
    (await import('../attacks/exercises.ts')).attack(id, server, context),
  /** Which exercises are about a token like this one. */
  lookAtTarget: async (token: string) => (await import('../attacks/target.ts')).lookAtTarget(token),
  /** Tries the word list on an HS256 token. */
  searchTarget: async (token: string, context: CallContext) =>
    (await import('../attacks/target.ts')).searchTarget(token, context),
  /** One arrangement of the SSO screen. */
  sso: async (settings: SsoSettings) => (await import('../sso/run.ts')).runSso(settings),
  /** Runs one scenario in several ways, on a virtual clock. */
  compare: async (request: RunRequest, context: CallContext) =>
    (await import('../sim/run.ts')).runCompare(request, context),
} as const

export type Calls = typeof CALLS
export type CallName = keyof Calls
export type CallArgument<Name extends CallName> = Parameters<Calls[Name]>[0]
export type CallResult<Name extends CallName> = Awaited<ReturnType<Calls[Name]>>
