/** What the page can find out about itself, by trying and looking: each value is as of now. */

export interface Trials {
  /** null: this browser does not know Trusted Types. */
  readonly trustedTypes: boolean | null
  readonly evalRefused: boolean
}
export interface Requests {
  readonly here: number
  readonly hereSinceLoad: number
  /** Origins other than the page's. */
  readonly elsewhere: readonly string[]
}
export interface Kept {
  readonly local: readonly string[]
  readonly session: number
  readonly databases: number
  /** Only those that a script may see. */
  readonly cookies: number
}
export interface Offline {
  readonly isPossible: boolean
  readonly isInControl: boolean
  readonly files: number
}

export function tryOut(page: Window & typeof globalThis): Trials {
  const refuses = (act: () => unknown): boolean => {
    try {
      act()
      return false
    } catch {
      return true
    }
  }
  const element = page.document.createElement('template')
  return {
    trustedTypes: 'trustedTypes' in page ? refuses(() => Reflect.set(element, 'innerHTML', '<b>x</b>')) : null,
    evalRefused: refuses(() => Reflect.construct(page.Function, ['return 1'])),
  }
}

/** As the browser's own timeline lists them. */
export function countRequests({ performance, location }: Window & typeof globalThis): Requests {
  const [load] = performance.getEntriesByType('navigation')
  const loadedAt = (load as PerformanceNavigationTiming | undefined)?.loadEventEnd ?? 0
  const all = performance.getEntriesByType('resource')
  const originOf = (name: string) => (URL.canParse(name) ? new URL(name).origin : name)
  const own = location.protocol === 'file:' ? 'null' : location.origin
  const isOurs = ({ name }: PerformanceEntry) => name.startsWith('data:') || originOf(name) === own
  const ours = all.filter(isOurs)
  return {
    here: ours.length,
    hereSinceLoad: ours.filter(({ startTime }) => startTime > loadedAt).length,
    elsewhere: [...new Set(all.filter((entry) => !isOurs(entry)).map(({ name }) => originOf(name)))],
  }
}

export async function lookAtStorage(page: Window & typeof globalThis): Promise<Kept> {
  const quietly = <Value>(look: () => Value, otherwise: Value): Value => {
    try {
      return look()
    } catch {
      return otherwise
    }
  }
  const databases = await quietly(() => page.indexedDB.databases(), Promise.resolve([])).catch(() => [])
  return {
    local: quietly(() => Object.keys(page.localStorage), []),
    session: quietly(() => page.sessionStorage.length, 0),
    databases: databases.length,
    cookies: quietly(() => page.document.cookie.split(';').filter((one) => one.trim() !== '').length, 0),
  }
}

export async function lookAtOffline(page: Window & typeof globalThis): Promise<Offline> {
  const workers = 'serviceWorker' in page.navigator ? page.navigator.serviceWorker : null
  const name = `lab-${buildOf(page.document).build}`
  let files = 0
  try {
    if (await page.caches.has(name)) files = (await (await page.caches.open(name)).keys()).length
  } catch {
    // Nothing can be kept here.
  }
  return { isPossible: workers !== null, isInControl: Boolean(workers?.controller), files }
}

/** Written into the page by the build. */
export function buildOf(document: Document): { readonly build: string; readonly oneFile: string; readonly kB: string } {
  const read = (name: string) => document.querySelector(`meta[name="${name}"]`)?.getAttribute('content') ?? ''
  return { build: read('lab-build'), oneFile: read('lab-one-file'), kB: read('lab-one-file-kb') }
}
