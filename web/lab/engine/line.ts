/** Where the engine runs: in a worker; in the single file, where none can be started from disk, on the page's thread. */
import type { OpenLine } from './client.ts'
import type { ToPage } from './protocol.ts'

declare const IN_ONE_FILE: boolean

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

const OURS = /^\.\/(engine-[A-Z0-9]{8}|sw)\.js$/
const types = Reflect.get(globalThis, 'trustedTypes') as TrustedTypes | undefined
const policy = types?.createPolicy('lab', {
  createScriptURL(url) {
    if (IN_ONE_FILE || !OURS.test(url)) throw new TypeError('not one of our scripts')
    return url
  },
})

/** An address that Trusted Types accept, for a script of ours. */
export const scriptUrl = (url: string): string => policy?.createScriptURL(url) ?? url

export const openLine: OpenLine = (receive, broken) => {
  if (IN_ONE_FILE) {
    const loading = import('./answer.ts').then(({ createAnswering }) => createAnswering(receive))
    return { send: (message) => void loading.then((answer) => answer(message)), close: () => undefined }
  }
  // The build writes its name into the page.
  const file = document.querySelector('meta[name="lab-engine"]')?.getAttribute('content') ?? ''
  const worker = new Worker(scriptUrl(file), { type: 'module' })
  let isClosed = false
  const end = (reason: string): void => {
    if (!isClosed) broken(reason)
  }
  worker.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
    receive(data)
    // A worker that is ended says nothing. But then its lock is free.
    if (data.kind === 'ready' && data.lock !== null)
      void navigator.locks.request(data.lock, () => end('the browser ended it'))
  })
  worker.addEventListener('error', (event) => {
    event.preventDefault()
    end(event.message || 'it could not be loaded')
  })
  return {
    send: (message) => worker.postMessage(message),
    close() {
      isClosed = true
      worker.terminate()
    },
  }
}
