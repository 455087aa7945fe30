/** Where the engine runs: in a worker; in the single file, where none can be started from disk, on the page's thread. */
import type { OpenLine } from './client.ts'

declare const IN_ONE_FILE: boolean
declare const WORKER_FILE: string

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

const OURS: readonly string[] = IN_ONE_FILE ? [] : [WORKER_FILE, './sw.js']
const types = Reflect.get(globalThis, 'trustedTypes') as TrustedTypes | undefined
const policy = types?.createPolicy('lab', {
  createScriptURL(url) {
    if (!OURS.includes(url)) throw new TypeError('not one of our scripts')
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
  const worker = new Worker(scriptUrl(WORKER_FILE), { type: 'module' })
  worker.addEventListener('message', ({ data }) => receive(data))
  worker.addEventListener('error', (event) => {
    event.preventDefault()
    broken(event.message || 'it could not be loaded')
  })
  return { send: (message) => worker.postMessage(message), close: () => worker.terminate() }
}
