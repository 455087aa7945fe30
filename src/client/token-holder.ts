/** A login by tokens: held in memory, in the storage as far as it must outlive the program, and in the other tabs. */
import type { Environment } from './environment.ts'
import type { Events } from './events.ts'
import { member } from './result.ts'
import { createLoginHolder, type HolderListener, type LoginHolder, type SharedLogin } from './shared-login.ts'
import type { TokenStorage } from './token-storage.ts'
import { elapsed, type Tokens, tokens } from './tokens.ts'

export interface TokenHolder extends LoginHolder {
  /** Whether the storage and the other tabs have been asked. */
  loaded(): boolean
  /** Once: what the storage holds or other tabs know. */
  load(): Promise<void>
  /** Looks whether somebody else has a newer version; takes no longer than a tab needs to answer. */
  catchUp(): Promise<void>
  /** The next version of that login; nothing when a newer one is there already. */
  renew(of: SharedLogin, tokens: Tokens): Promise<void>
}

/** How long other tabs have to say that they know better. */
const ANSWER_MS = 100

export function createTokenHolder(
  environment: Environment,
  events: Events,
  name: string,
  listener: HolderListener,
  storage: TokenStorage | undefined,
): TokenHolder {
  let loading: Promise<void> | null = null
  let loaded = false
  let writes = Promise.resolve()
  let onNewer = (): void => undefined

  const stored = async <T>(work: () => Promise<T> | T): Promise<T | null> => {
    try {
      return await work()
    } catch (cause) {
      events.emit({ type: 'storageFailed', cause })
      return null
    }
  }
  const readStored = async (): Promise<void> => {
    const kept = holder.read(parsed(await stored(() => storage?.read() ?? null)))
    if (kept) holder.adopt(kept, loaded)
  }
  /** Only who made a version writes it, so that no tab brings back an older one. */
  const keep = (): Promise<void> => {
    loaded = true
    writes = writes.then(async () => {
      // Another program may have kept a newer login meanwhile.
      await readStored()
      await stored(() => storage?.write(keptText(holder.current())))
    })
    return writes
  }
  const catchUp = async (): Promise<void> => {
    const before = holder.current()
    await readStored()
    const now = holder.current()
    // Only a tab hands over an access token too.
    if (!holder.hasTabs || (now !== before && now?.tokens?.accessToken !== null)) return
    await new Promise<void>((resolve) => {
      const cancel = environment.after(ANSWER_MS, resolve)
      onNewer = () => {
        cancel()
        resolve()
      }
      holder.ask()
    })
  }
  const load = (): Promise<void> => {
    if (loaded) return Promise.resolve()
    loading ??= catchUp().then(() => {
      loaded = true
    })
    return loading
  }

  const holder = createLoginHolder(environment, events, name, listener, {
    /** Ages travel instead of instants: each tab has a monotonic clock of its own. */
    pack: (of) => ({ ...of, ageMs: elapsed(environment, of) }),
    unpack: (value) => unpack(environment, value),
    load,
    loading: () => loading !== null && !loaded,
    onNewer: () => onNewer(),
    keep,
  })
  const renew = (of: SharedLogin, next: Tokens): Promise<void> => holder.publish({ ...of, n: of.n + 1, tokens: next })

  return { ...holder, loaded: () => loaded, load, catchUp, renew }
}

function unpack(environment: Environment, value: unknown): Tokens | null {
  const [refreshToken, accessToken, lifeMs, ageMs] = ['refreshToken', 'accessToken', 'lifeMs', 'ageMs'].map((key) =>
    member(value, key),
  )
  if (typeof refreshToken !== 'string') return null
  if (typeof accessToken !== 'string' || typeof lifeMs !== 'number' || typeof ageMs !== 'number') {
    return tokens(environment, { refreshToken, accessToken: null, lifeMs: 0 })
  }
  return tokens(environment, { refreshToken, accessToken, lifeMs }, ageMs)
}

function keptText(login: SharedLogin | null): string | null {
  if (!login?.tokens) return null
  return JSON.stringify({ ...login, tokens: { refreshToken: login.tokens.refreshToken } })
}

/** null for what is not ours, or was cut off. */
function parsed(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}
