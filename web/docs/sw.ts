/** The service worker: all documents of this build, kept when it is installed. The network is asked first, so that nobody reads old ones. */
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
const NAME = `docs-${BUILD}`

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
      names.filter((name) => name.startsWith('docs-') && name !== NAME).map((name) => caches.delete(name)),
    )
    await worker.clients.claim()
  }
  event.waitUntil(older())
})
worker.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET' || !request.url.startsWith(worker.registration.scope)) return
  const answer = async (): Promise<Response> => {
    try {
      return await fetch(request)
    } catch (error) {
      const cache = await caches.open(NAME)
      const found = await cache.match(request, { ignoreSearch: true })
      if (found) return found
      throw error
    }
  }
  event.respondWith(answer())
})
