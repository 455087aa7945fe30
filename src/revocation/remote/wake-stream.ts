/** Server-sent events: wakes a follower sooner than its next renewal would. Nothing but latency depends on it. */
import { AuthError } from '../../errors.ts'
import type { Timers } from '../timers.ts'
import { checkServer, requestOf, type ServerAddress } from './server-address.ts'

export interface WakeStreamOptions {
  readonly server: ServerAddress
  readonly timers: Timers
  /** From 0 to below 1. */
  readonly random: () => number
  /** Told when the stream cannot be had any more; not of each attempt. */
  readonly onFailure: (cause: unknown) => void
}

const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 10_000
/** A stream that is silent for so long has been cut off without a word: the server says something every 15 s. */
const SILENCE_MS = 40_000
/** A line of ours has some 30 characters. */
const MAX_LINE_CHARS = 1024

/** Listens until it is told to stop; whatever ends the stream, it is opened again. Returns how to stop. */
export function listenForNews(options: WakeStreamOptions, wake: () => void): () => void {
  const { server, timers, random, onFailure } = options
  const address = checkServer(server)('stream')
  const send = server.fetch ?? fetch
  const stopping = new AbortController()
  let lastId = ''
  let failures = 0

  function onLine(line: string): void {
    if (line.startsWith('id:')) lastId = line.slice(3).trim()
    if (line.startsWith('data:')) wake()
  }

  /** Resolves when the stream has ended. @throws whatever kept it from being opened, or broke it */
  async function listen(): Promise<void> {
    const silence = new AbortController()
    const hush = (): (() => void) => timers.after(SILENCE_MS, () => silence.abort(), false)
    let cancel = hush()
    try {
      const last = lastId === '' ? {} : { 'last-event-id': lastId }
      const response = await send(address, {
        ...requestOf(server.token, { accept: 'text/event-stream', ...last }),
        signal: AbortSignal.any([stopping.signal, silence.signal]),
      })
      const reader = response.body?.getReader()
      if (response.status !== 200 || !reader) {
        await reader?.cancel()
        throw new AuthError('store.unavailable', `the stream of the revocation server answered ${response.status}`)
      }
      failures = 0
      const decoder = new TextDecoder()
      for (let rest = ''; rest.length <= MAX_LINE_CHARS; ) {
        const { done, value } = await reader.read()
        if (done) return
        cancel()
        cancel = hush()
        const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) onLine(line)
      }
      await reader.cancel()
    } finally {
      cancel()
    }
  }

  async function keepListening(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await listen()
      } catch (cause) {
        if (stopping.signal.aborted) return
        if (failures++ === 0) onFailure(cause)
      }
      // What came in between is told by nobody.
      if (failures <= 1) wake()
      await pause(Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)) * (0.5 + random() / 2))
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel()
        stopping.signal.removeEventListener('abort', done)
        resolve()
      }
      const cancel = timers.after(ms, done, false)
      stopping.signal.addEventListener('abort', done)
    })
  }

  void keepListening()
  return () => stopping.abort()
}
