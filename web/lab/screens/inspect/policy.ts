/** The policy that the user fixes, as the form holds it. */

import type { KeyText, SecretEncoding } from '../../engine/token/keys.ts'
import type { MintAlgorithm } from '../../engine/token/mint.ts'
import type { Sample } from '../../engine/token/samples.ts'
import type { TokenPolicy } from '../../engine/token/verify.ts'
import type { Token } from '../../paste/token.ts'

export const CLOCKS = [
  ['now', 'now'],
  ['iat', 'when it was issued'],
  ['before', 'one second before exp'],
  ['exp', 'at exp'],
] as const
export type ClockChoice = (typeof CLOCKS)[number][0]

export interface PolicyForm {
  readonly algorithm: MintAlgorithm
  readonly typ: string
  readonly issuer: string
  readonly audience: string
  readonly skew: string
  readonly lifetime: string
  readonly clock: ClockChoice
  readonly key: string
  readonly encoding: SecretEncoding
}

export const ALGORITHMS = ['ES256', 'EdDSA', 'RS256', 'PS256', 'ES384', 'HS256'] as const

export const NEW_POLICY: PolicyForm = {
  algorithm: 'ES256',
  typ: 'at+jwt',
  issuer: '',
  audience: '',
  skew: '0',
  lifetime: '3600',
  clock: 'now',
  key: '',
  encoding: 'utf-8',
}

export function policyOfSample({ key, policy }: Sample): PolicyForm {
  return { ...NEW_POLICY, ...policy, key: key?.text ?? '', encoding: key?.encoding ?? 'utf-8' }
}

/** What the token says of itself, as the policy: then only its signature and its times are checked. */
export function policyOfToken(form: PolicyForm, { header, payload }: Token, known: readonly string[]): PolicyForm {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  const aud = Array.isArray(payload?.aud) ? payload.aud[0] : payload?.aud
  const alg = known.find((name) => name === header?.alg) as MintAlgorithm | undefined
  return {
    ...form,
    algorithm: alg ?? form.algorithm,
    typ: text(header?.typ),
    issuer: text(payload?.iss),
    audience: text(aud),
  }
}

/** A number of seconds as typed; null: it is none. */
export function seconds(text: string, least: number): number | null {
  return /^\d{1,9}$/.test(text.trim()) && Number(text) >= least ? Number(text) : null
}

export function requestOf(
  form: PolicyForm,
  token: Token,
  now: number,
): { readonly key: KeyText; readonly policy: TokenPolicy } {
  const { algorithm, typ, issuer, audience, key, encoding } = form
  return {
    key: { text: key, encoding },
    policy: {
      algorithm,
      typ: typ.trim(),
      issuer: issuer.trim(),
      audience: audience.trim(),
      skewSeconds: seconds(form.skew, 0) ?? 0,
      maxLifetimeSeconds: seconds(form.lifetime, 1) ?? 3600,
      now: clockOf(form.clock, token, now),
    },
  }
}

function clockOf(clock: ClockChoice, { payload }: Token, now: number): number {
  const [iat, exp] = [payload?.iat, payload?.exp]
  if (clock === 'iat' && typeof iat === 'number') return iat
  if (clock === 'before' && typeof exp === 'number') return exp - 1
  if (clock === 'exp' && typeof exp === 'number') return exp
  return now
}

/** The policy in one line, as it was checked. */
export function policyInWords({
  algorithm,
  typ,
  issuer,
  audience,
  skewSeconds,
  maxLifetimeSeconds,
  now,
}: TokenPolicy): string {
  const at = new Date(now * 1000)
  const clock = Number.isNaN(at.getTime()) ? String(now) : at.toISOString()
  return `alg ${algorithm}, typ ${typ || 'at+jwt'}, iss ${issuer || '(none)'}, aud ${audience || '(none)'}, skew ${skewSeconds} s, at most ${maxLifetimeSeconds} s, clock ${clock}`
}
