/** Ends a connection with the login that opened it: WebSockets, streams, whatever can be closed. No framework is known here. */
import type { AuthError } from '../errors.ts'
import type { LiveSessions } from '../login/live-sessions.ts'
import type { Login } from '../login/login.ts'

/** A WebSocket: of `ws`, of a browser-like platform, of Bun, or hono's `WSContext`. */
export interface SocketLike {
  close(code?: number, reason?: string): void
  /** Drops the connection without the closing handshake. */
  terminate?(): void
}

/** A response of Node, a raw socket, an HTTP/2 stream: cut off, so that nobody takes what has been sent for all of it. */
export interface StreamLike {
  destroy(): unknown
}

/** A stream of hono, or an `AbortController`. */
export interface AbortLike {
  abort(): unknown
  close?(): unknown
}

/** What can be ended. */
export type Connection = SocketLike | StreamLike | AbortLike | ((reason: AuthError) => void)

export interface AttachOptions {
  /** Close code of a WebSocket; default 4401. */
  readonly code?: number
  /** Milliseconds that a WebSocket is given to answer the close; then it is terminated. Default 1000. */
  readonly graceMs?: number
  /** Called when the login has ended, before the connection is closed: for a last message. */
  readonly onEnd?: (reason: AuthError) => void
}

/** Private use (RFC 6455 §7.4.2), after the status that a new handshake would get. */
const CLOSE_CODE = 4401

/** `WebSocket.CLOSED`. */
const CLOSED = 3

/** Timers of the platform; on Node they hold the process unless told otherwise. */
interface MaybeNodeTimer {
  unref?(): void
}

/**
 * Watches a login until the connection closes by itself. Where a connection tells nobody of its close, the returned
 * function must be called.
 *
 * @throws TypeError for what cannot be ended
 */
export function attach(
  live: Pick<LiveSessions, 'watch'>,
  connection: Connection,
  login: Login,
  { code = CLOSE_CODE, graceMs = 1000, onEnd }: AttachOptions = {},
): () => void {
  const close = closer(connection, code, graceMs)
  const detach = live.watch(login, (reason) => {
    try {
      onEnd?.(reason)
    } finally {
      close(reason)
    }
  })
  if (isClosed(connection)) detach()
  else onClosed(connection, detach)
  return detach
}

function closer(connection: Connection, code: number, graceMs: number): (reason: AuthError) => void {
  if (typeof connection === 'function') return connection
  if ('destroy' in connection && typeof connection.destroy === 'function') return () => void connection.destroy()
  if ('abort' in connection && typeof connection.abort === 'function') {
    return () => {
      connection.abort()
      void Promise.resolve(connection.close?.()).catch(alreadyClosed)
    }
  }
  if (!('close' in connection) || typeof connection.close !== 'function') {
    throw new TypeError('attach takes a WebSocket, a stream, an AbortController or a function')
  }
  if (!(Number.isInteger(code) && ((code >= 4000 && code <= 4999) || code === 1008))) {
    throw new TypeError('a close code is 1008 or from 4000 to 4999')
  }
  const socket = connection as SocketLike
  const source = behind(connection)
  return ({ code: why }) => {
    socket.close(code, why)
    const terminable = 'terminate' in source && typeof source.terminate === 'function' ? (source as SocketLike) : null
    if (!terminable) return
    const timer = setTimeout(() => terminable.terminate?.(), graceMs)
    ;(timer as MaybeNodeTimer).unref?.()
    onClosed(connection, () => clearTimeout(timer))
  }
}

/** Whoever attached it has closed it already. */
function alreadyClosed(): void {}

/** `WSContext` has the socket itself in `raw`. */
function behind(connection: Connection): object {
  return 'raw' in connection && isObject(connection.raw) ? connection.raw : connection
}

/** Node's emitters and the platform's event targets both tell of their close. */
function onClosed(connection: Connection, listener: () => void): void {
  const source = behind(connection)
  if ('once' in source && typeof source.once === 'function') source.once('close', listener)
  else if ('addEventListener' in source && typeof source.addEventListener === 'function') {
    source.addEventListener('close', listener, { once: true })
  }
}

/** It will not tell of its close again. */
function isClosed(connection: Connection): boolean {
  if ('closed' in connection && connection.closed === true) return true
  if ('destroyed' in connection && connection.destroyed === true) return true
  return 'readyState' in connection && connection.readyState === CLOSED
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
