/** The service worker: all files of this build, kept when it is installed; nothing else is ever asked for. */
declare const BUILD: string
declare const FILES: readonly string[]

interface Worker {
  readonly registration: { readonly scope: string }
  addEventListener(kind: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void
  addEventListener(kind: 'fetch', listener: (event: FetchEvent) => void): void
  skipWaiting(): Promise<void>
  readonly clients: { claim(): Promise<void> }
}
interface ExtendableEvent {
  waitUntil(work: Promise<unknown>): void
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}

const worker = globalThis as unknown as Worker
const NAME = `lab-${BUILD}`

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' }))))
      .then(() => worker.skipWaiting()),
  )
})
worker.addEventListener('activate', (event) => {
  const older = async (): Promise<void> => {
    const names = await caches.keys()
    await Promise.all(
      names.filter((name) => name.startsWith('lab-') && name !== NAME).map((name) => caches.delete(name)),
    )
    await worker.clients.claim()
  }
  event.waitUntil(older())
})
worker.addEventListener('fetch', (event) => {
  const { request } = event
  const { scope } = worker.registration
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return
  // The Live page talks to the server, and the single file is fetched whole: neither is ours to answer.
  if (/^(live\b|sojourn-lab\.html)/.test(request.url.slice(scope.length))) return
  const kept = async (): Promise<Response> => {
    const cache = await caches.open(NAME)
    const found = await cache.match(request.mode === 'navigate' ? './' : request, { ignoreSearch: true })
    return found ?? fetch(request)
  }
  event.respondWith(kept())
})
