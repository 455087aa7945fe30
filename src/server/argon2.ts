/** argon2id (RFC 9106) through node:crypto, off the event loop, with a bounded number at a time. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { PasswordHasher } from '../accounts/passwords.ts'
import { AuthError } from '../errors.ts'

export interface Argon2Options {
  /** KiB; default 19456 (OWASP: 19 MiB with two passes). */
  readonly memoryKib?: number
  readonly passes?: number
  readonly parallelism?: number
  /** How many run at once; default: the cores, 3 at most, for libuv's four threads serve files and DNS too. */
  readonly concurrency?: number
  /** How many may wait; the next one is refused. */
  readonly queueLength?: number
}

interface Parameters {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
}

const TAG_BYTES = 32
const SALT_BYTES = 16
const OVERLOAD_RETRY_SECONDS = 2

/**
 * @throws AuthError `account.busy` from every method when `queueLength` callers wait already
 */
export function createArgon2Hasher(options: Argon2Options = {}): PasswordHasher {
  const today: Parameters = {
    memory: options.memoryKib ?? 19_456,
    passes: options.passes ?? 2,
    parallelism: options.parallelism ?? 1,
  }
  const inTurn = createTurns(options.concurrency ?? Math.min(3, availableParallelism()), options.queueLength ?? 64)
  const nobodysSalt = randomBytes(SALT_BYTES)
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES)
      return toPhc(today, salt, await inTurn(() => derive(password, salt, today, TAG_BYTES)))
    },
    async verify(hash, password) {
      const stored = fromPhc(hash)
      if (!stored) return false
      const tag = await inTurn(() => derive(password, stored.salt, stored.parameters, stored.tag.length))
      return timingSafeEqual(tag, stored.tag)
    },
    async verifyNothing(password) {
      const tag = await inTurn(() => derive(password, nobodysSalt, today, TAG_BYTES))
      timingSafeEqual(tag, tag)
    },
    needsRehash(hash) {
      const parameters = fromPhc(hash)?.parameters
      return (
        parameters?.memory !== today.memory ||
        parameters.passes !== today.passes ||
        parameters.parallelism !== today.parallelism
      )
    },
  }
}

function derive(password: string, salt: Uint8Array, parameters: Parameters, tagLength: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message: password, nonce: salt, tagLength, ...parameters }, (error, tag) =>
      error ? reject(error) : resolve(tag),
    )
  })
}

/** PHC string: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`, base64 without padding. */
function toPhc({ memory, passes, parallelism }: Parameters, salt: Buffer, tag: Buffer): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`
}

function fromPhc(text: string): { parameters: Parameters; salt: Buffer; tag: Buffer } | null {
  const found =
    /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/.exec(text)
  if (!found) return null
  const [, memory, passes, parallelism, salt = '', tag = ''] = found
  return {
    parameters: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

/** Runs at most `concurrency` jobs at once, in order of arrival. */
function createTurns(concurrency: number, queueLength: number): <T>(job: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (job) => {
    if (running >= concurrency) {
      if (waiting.length >= queueLength)
        throw new AuthError('account.busy', 'Too many people are signing in at this moment. Try again shortly.', {
          retryAfterSeconds: OVERLOAD_RETRY_SECONDS,
        })
      // The turn is handed over: `running` does not fall in between.
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await job()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
