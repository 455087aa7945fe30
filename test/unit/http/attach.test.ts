/** What is closed, and how, when a login ends; and that a connection which closes by itself is forgotten. */
import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type AttachOptions, attach, type Connection } from '../../../src/http/attach.ts'
import { AuthError } from '../../../src/index.ts'
import type { Login } from '../../../src/login/login.ts'

const login = {} as Login

/** A login that the test ends. */
function watching() {
  const ended = new Set<(reason: AuthError) => void>()
  return {
    live: {
      watch(_login: Login, tell: (reason: AuthError) => void) {
        ended.add(tell)
        return () => void ended.delete(tell)
      },
    },
    end() {
      for (const tell of ended) tell(new AuthError('session.ended', 'the session has ended'))
    },
    get watchers() {
      return ended.size
    },
  }
}

/** A socket as `ws` has them, which answers a close or does not. */
class Socket extends EventEmitter {
  readonly said: unknown[] = []
  readyState = 1

  readonly answers: boolean

  constructor(answers = true) {
    super()
    this.answers = answers
  }

  close(code?: number, reason?: string) {
    this.said.push([code, reason])
    if (this.answers) setImmediate(() => this.emit('close'))
  }

  terminate() {
    this.said.push('terminated')
    this.emit('close')
  }
}

const attached = (connection: Connection, options?: AttachOptions) => {
  const watched = watching()
  return { watched, detach: attach(watched.live, connection, login, options) }
}

describe('a WebSocket', () => {
  it('is closed with 4401 and a code for a reason, and not terminated when it answers', async () => {
    const socket = new Socket()
    const { watched } = attached(socket, { graceMs: 20 })
    watched.end()
    await sleep(50)
    expect([socket.said, watched.watchers]).toEqual([[[4401, 'session.ended']], 0])
  })

  it('is terminated when it does not answer', async () => {
    const socket = new Socket(false)
    attached(socket, { graceMs: 20, code: 1008 }).watched.end()
    expect(socket.said).toEqual([[1008, 'session.ended']])
    await sleep(60)
    expect(socket.said).toEqual([[1008, 'session.ended'], 'terminated'])
  })

  it('without `terminate` is closed all the same (browser-like platforms, Bun, WSContext)', () => {
    const said: unknown[] = []
    const raw = new Socket()
    for (const socket of [
      Object.assign(new EventTarget(), { close: (...args: unknown[]) => void said.push(args) }),
      { close: (...args: unknown[]) => void said.push(args) },
      { raw, readyState: 1, close: (...args: unknown[]) => void said.push(args) },
    ]) {
      attached(socket as Connection).watched.end()
    }
    expect(said).toEqual(Array(3).fill([4401, 'session.ended']))
  })

  it('tells before it is closed, and is closed even if that fails', () => {
    const socket = new Socket()
    const order: string[] = []
    const first = attached(socket, { onEnd: ({ code }) => void order.push(`${code}, said ${socket.said.length}`) })
    first.watched.end()
    expect(order).toEqual(['session.ended, said 0'])
    const other = new Socket()
    const second = attached(other, {
      onEnd() {
        throw new Error('a bug')
      },
    })
    expect(() => second.watched.end()).toThrow('a bug')
    expect(other.said).toHaveLength(1)
  })
})

describe('other connections', () => {
  it('are destroyed, aborted or called', async () => {
    const controller = new AbortController()
    let destroyed = 0
    const reasons: string[] = []
    const order: string[] = []
    attached({ destroy: () => destroyed++ }).watched.end()
    attached(controller).watched.end()
    attached(({ code }) => void reasons.push(code)).watched.end()
    attached({
      abort: () => order.push('abort'),
      async close() {
        order.push('close')
        throw new Error('already closed')
      },
    }).watched.end()
    await sleep(5)
    expect([destroyed, controller.signal.aborted, reasons, order]).toEqual([
      1,
      true,
      ['session.ended'],
      ['abort', 'close'],
    ])
  })

  it('that cannot be closed are a TypeError, and so are codes that no endpoint may send', () => {
    for (const what of [{}, { close: 1 }, { abort: 1 }]) expect(() => attached(what as never)).toThrow(TypeError)
    for (const code of [1000, 1005, 3999, 5000, 4401.5, Number.NaN]) {
      expect(() => attached(new Socket(), { code })).toThrow(TypeError)
    }
  })
})

describe('a connection that closes by itself', () => {
  it('is forgotten', () => {
    const emitter = new Socket()
    const target = Object.assign(new EventTarget(), { close: () => undefined })
    const context = { raw: new Socket(), close: () => undefined }
    const [first, second, third] = [emitter, target, context].map((connection) => attached(connection).watched)
    emitter.emit('close')
    target.dispatchEvent(new Event('close'))
    context.raw.emit('close')
    expect([first?.watchers, second?.watchers, third?.watchers]).toEqual([0, 0, 0])
  })

  it('before it is attached is not watched at all', () => {
    for (const connection of [
      Object.assign(new Socket(), { readyState: 3 }),
      { destroy: () => undefined, destroyed: true },
      { destroy: () => undefined, closed: true },
    ]) {
      expect(attached(connection).watched.watchers).toBe(0)
    }
  })

  it('may be detached by hand', () => {
    const { watched, detach } = attached({ destroy: () => undefined })
    detach()
    detach()
    expect(watched.watchers).toBe(0)
  })
})
