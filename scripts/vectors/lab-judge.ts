/** The Lab's engine as the judge: its worker in a page of Chromium. Inspect's verdict is asked beside each answer. */
import type { Page } from 'playwright-core'
import { decodeBase64url } from '../../src/crypto/base64url.ts'
import { AuthError, type AuthErrorCode } from '../../src/errors.ts'
import { DEFAULT_ALGORITHMS, HMAC_MIN_BYTES } from '../../src/token/algorithms.ts'
import { algorithmOf, type Jwk } from '../../src/token/jwk.ts'
import { ALL, verifyingHalf } from './compact.ts'
import type { Judge } from './judge.ts'

export interface LabJudge extends Judge {
  /** Questions so far. */
  asked(): number
  /** Those in which Inspect's verdict was compared, too. */
  verdicts(): number
}

interface Answer {
  readonly kind: 'result' | 'failed'
  readonly result?: unknown
  readonly message?: string
  readonly code?: string | null
}
/** What of an argument is bytes, as numbers on the way. */
type Packed = { readonly bytes: readonly number[] } | { readonly plain: unknown }

const pack = (value: unknown): Packed => (value instanceof Uint8Array ? { bytes: [...value] } : { plain: value })

export async function createLabJudge(page: Page, worker: string): Promise<LabJudge> {
  await page.evaluate(startWorker, `/${worker}`)
  let [asked, verdicts] = [0, 0]

  /** @throws AuthError as the engine's; Error for whatever else went wrong there */
  const ask = async (name: string, argument: Readonly<Record<string, unknown>>): Promise<unknown> => {
    asked++
    const packed = Object.entries(argument).map(([key, value]) => [key, pack(value)] as const)
    const answer = await page.evaluate(askWorker, { name, packed })
    if (answer.kind === 'result') return answer.result
    if (answer.code) throw new AuthError(answer.code as AuthErrorCode, answer.message ?? '')
    throw new Error(answer.message)
  }

  /** A secret that is too short is refused; one that is only easy to guess serves here, as it does on Node. */
  const serves = ({ k }: Jwk): boolean => {
    const secret = typeof k === 'string' ? decodeBase64url(k) : null
    return secret !== null && secret.length >= HMAC_MIN_BYTES
  }
  const signature = async (token: string, keys: readonly Jwk[], isSet: boolean, algorithms: readonly string[]) => {
    const request = { token, keys, isSet, algorithms }
    const { matches, weak } = (await ask('signature', request)) as { matches: boolean; weak: string | null }
    if (matches && weak !== null && !serves(keys[0] ?? {})) throw new AuthError('key.weak', weak)
    return matches
  }
  /** What Inspect says, as yes or no; whether claims are good is another question. */
  const inspected = async (token: string, jwk: Jwk): Promise<boolean> => {
    const policy = {
      algorithm: algorithmOf(verifyingHalf(jwk), ALL) ?? 'ES256',
      typ: '',
      issuer: '',
      audience: '',
      skewSeconds: 0,
      maxLifetimeSeconds: 3600,
      now: Math.floor(Date.now() / 1000),
    }
    verdicts++
    const key = { text: JSON.stringify(jwk), encoding: 'utf-8' }
    const { words, reasons } = (await ask('verify', { token, key, policy })) as { words: string; reasons: string[] }
    const isShort = reasons.some((reason) => reason.includes(`fewer than ${HMAC_MIN_BYTES} bytes`))
    return (words === 'Verified under this policy' || words === 'Signature matches but policy fails') && !isShort
  }

  return {
    asked: () => asked,
    verdicts: () => verdicts,
    async compact(token, jwk) {
      const verdict = await inspected(token, jwk)
      const answer = await signature(token, [verifyingHalf(jwk)], false, ALL).catch((error: unknown) => error)
      if (verdict !== (answer === true)) throw new Error(`Inspect says ${verdict}, its engine ${String(answer)}`)
      if (typeof answer !== 'boolean') throw answer
      return answer
    },
    fromSet(token, keys) {
      const allowed = keys.every(({ kty }) => kty === 'oct') ? ['HS256'] : DEFAULT_ALGORITHMS
      return signature(token, keys.map(verifyingHalf), true, allowed)
    },
    async bytes(jwk, algorithms, input, given) {
      return (await ask('signatureOfBytes', { jwk, algorithms, input, signature: given })) === true
    },
  }
}

interface Engine {
  worker: Worker
  lastId: number
}

/** Runs in the page. */
function startWorker(url: string): void {
  Object.assign(globalThis, { engine: { worker: new Worker(url, { type: 'module' }), lastId: 0 } })
}

/** Runs in the page. */
function askWorker({ name, packed }: { name: string; packed: (readonly [string, Packed])[] }): Promise<Answer> {
  const { engine } = globalThis as unknown as { engine: Engine }
  const id = ++engine.lastId
  const argument = Object.fromEntries(
    packed.map(([key, value]) => [key, 'bytes' in value ? Uint8Array.from(value.bytes) : value.plain]),
  )
  return new Promise((resolve, reject) => {
    const listen = ({ data }: MessageEvent): void => {
      if (data.id !== id || data.kind === 'progress') return
      engine.worker.removeEventListener('message', listen)
      resolve(data)
    }
    engine.worker.addEventListener('message', listen)
    engine.worker.addEventListener('error', ({ message }) => reject(new Error(message)), { once: true })
    engine.worker.postMessage({ kind: 'call', id, name, argument })
  })
}
