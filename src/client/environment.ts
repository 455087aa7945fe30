/** What the client asks of the machine that it runs on. */
import type { Clock } from '../clock.ts'

/** The other tabs of the same origin, as far as they use the same name. */
export interface TabChannel {
  /** @param message what the structured clone algorithm takes */
  post(message: unknown): void
  close(): void
}

/** Replace parts of it for a host without them, or for tests. */
export interface Environment extends Pick<Clock, 'monoMs' | 'wallMs'> {
  readonly fetch: (input: string | Request, init?: RequestInit) => Promise<Response>
  /** Calls once, later. Returns how to prevent it. */
  after(milliseconds: number, run: () => void): () => void
  /** From 0 to 1. */
  random(): number
  /** Runs the work while nobody else of the same origin runs work of the same name; without locks: nobody else in this program. */
  exclusive<T>(name: string, work: () => Promise<T>): Promise<T>
  /** null: there are no other tabs. */
  openChannel(name: string, onMessage: (message: unknown) => void): TabChannel | null
}

/** All but the turns, which only tokens need. */
export type Machine = Omit<Environment, 'exclusive'>

/** Only windows and workers of a browser have other tabs: two clients of one native process are two logins. */
export const inBrowser = 'document' in globalThis || 'importScripts' in globalThis

export const thisMachine: Machine = {
  fetch: (input, init) => fetch(input, init),
  monoMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
  random: Math.random,
  openChannel(name, onMessage) {
    if (!inBrowser || typeof BroadcastChannel === 'undefined') return null
    const channel = new BroadcastChannel(name)
    channel.onmessage = (event: MessageEvent<unknown>) => onMessage(event.data)
    return { post: (message) => channel.postMessage(message), close: () => channel.close() }
  },
}
