/** The worker: the product's own core, away from the page's thread. */
import { createAnswering } from './answer.ts'
import type { ToPage, ToWorker } from './protocol.ts'

interface Port {
  postMessage(message: ToPage): void
  addEventListener(kind: 'message', listener: (event: { readonly data: ToWorker }) => void): void
}

const port = globalThis as unknown as Port
const answer = createAnswering((message) => port.postMessage(message))
port.addEventListener('message', ({ data }) => answer(data))
const { locks } = navigator
const lock = locks ? `lab-engine-${crypto.randomUUID()}` : null
if (lock === null) port.postMessage({ kind: 'ready', lock })
else
  void locks.request(lock, () => {
    port.postMessage({ kind: 'ready', lock })
    return new Promise(() => undefined)
  })
