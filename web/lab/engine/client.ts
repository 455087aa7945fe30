/** The page's side of the engine. A worker that dies is replaced, and whoever waited for it is told. */
import type { CallArgument, CallName, CallResult } from './calls.ts'
import type { ToPage, ToWorker } from './protocol.ts'

export interface CallOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number) => void
}
export interface Engine {
  /**
   * @throws EngineError what went wrong there, with the code of an `AuthError`
   * @throws DOMException AbortError, once `signal` is aborted
   */
  call<Name extends CallName>(
    name: Name,
    argument: CallArgument<Name>,
    options?: CallOptions,
  ): Promise<CallResult<Name>>
}
/** Where messages go, and come from. */
export interface Line {
  send(message: ToWorker): void
  close(): void
}
export type OpenLine = (receive: (message: ToPage) => void, broken: (reason: string) => void) => Line

export class EngineError extends Error {
  readonly code: string | null

  constructor(message: string, code: string | null) {
    super(message)
    this.name = 'EngineError'
    this.code = code
  }
}

interface Waiting {
  resolve(value: unknown): void
  reject(reason: unknown): void
  readonly onProgress: ((done: number) => void) | undefined
}

/** @param open is called at the first call, and again after the line broke */
export function createEngine(open: OpenLine): Engine {
  const waiting = new Map<number, Waiting>()
  let line: Line | null = null
  let lastId = 0

  const receive = (message: ToPage): void => {
    if (message.kind === 'ready') return
    const one = waiting.get(message.id)
    if (message.kind === 'progress') {
      one?.onProgress?.(message.done)
      return
    }
    waiting.delete(message.id)
    if (message.kind === 'result') one?.resolve(message.result)
    else one?.reject(new EngineError(message.message, message.code))
  }
  const broken = (reason: string): void => {
    line?.close()
    line = null
    const all = [...waiting.values()]
    waiting.clear()
    for (const { reject } of all)
      reject(new EngineError(`the engine stopped (${reason}) and starts anew: try again`, null))
  }
  return {
    call<Name extends CallName>(name: Name, argument: CallArgument<Name>, { signal, onProgress }: CallOptions = {}) {
      return new Promise<CallResult<Name>>((resolve, reject) => {
        signal?.throwIfAborted()
        line ??= open(receive, broken)
        const id = ++lastId
        waiting.set(id, { resolve: (value) => resolve(value as CallResult<Name>), reject, onProgress })
        line.send({ kind: 'call', id, name, argument })
        signal?.addEventListener(
          'abort',
          () => {
            if (!waiting.delete(id)) return
            line?.send({ kind: 'abort', id })
            reject(signal.reason)
          },
          { once: true },
        )
      })
    },
  }
}
