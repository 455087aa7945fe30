/** Clients over real sockets for the adapter contract: HTTP/1.1, HTTP/2, and whatever they upgrade to. */
import { once } from 'node:events'
import { type IncomingMessage, request as request1 } from 'node:http'
import { type ClientHttp2Stream, connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import { WebSocket } from 'ws'
import { HOST } from './adapter-app.ts'

export interface Asked {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
}

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly setCookies: readonly string[]
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test goes on to assert
  readonly json: any
}

/** An answer that is still coming. */
export interface Opened {
  readonly status: number
  /** Resolves with what came next; '' at the end or when it was cut off. */
  next(): Promise<string>
  /** Resolves when the server has ended it, in whatever way. */
  readonly over: Promise<void>
  abort(): void
}

/** A live connection after an upgrade: a WebSocket, or an extended CONNECT. */
export interface Upgraded {
  /** 101 or 200: it stands. Everything else is a refusal. */
  readonly status: number
  readonly text: string
  /** The close code; null where there is none. */
  readonly over: Promise<number | null>
  close(): void
}

export interface AppClient {
  ask(method: string, path: string, asked?: Asked): Promise<Answered>
  open(path: string, headers?: Asked['headers']): Promise<Opened>
  upgrade(path: string, headers: Readonly<Record<string, string>>): Promise<Upgraded>
  /** Sends part of a body and goes away. */
  breakOff(path: string, headers?: Asked['headers']): Promise<void>
  close(): void
}

export function http1Client(port: number): AppClient {
  const send = (method: string, path: string, headers: Asked['headers'] = {}) =>
    request1({ port, host: '127.0.0.1', method, path, agent: false, headers: { host: HOST, ...headers } as never })
  const answerOf = async (sent: ReturnType<typeof send>): Promise<IncomingMessage> => {
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    return answer
  }
  return {
    async ask(method, path, { headers = {}, body } = {}) {
      const sent = send(method, path, {
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      })
      const answered = answerOf(sent)
      // A server that refuses early may close while we still write; its answer counts.
      sent.on('error', () => undefined)
      sent.end(body)
      const answer = await answered
      return answeredBy(answer.statusCode ?? 0, answer.headers, await text(answer))
    },
    async open(path, headers) {
      const sent = send('GET', path, headers)
      sent.end()
      const answer = await answerOf(sent)
      answer.setEncoding('utf8')
      return opened(answer.statusCode ?? 0, answer, () => answer.destroy())
    },
    upgrade(path, headers) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { host: HOST, ...headers } })
      const over = new Promise<number | null>((resolve) => socket.on('close', (code) => resolve(code)))
      return new Promise((resolve) => {
        socket.on('error', () => undefined)
        socket.on('open', () => resolve({ status: 101, text: '', over, close: () => socket.terminate() }))
        socket.on('unexpected-response', (_request, answer: IncomingMessage) => {
          void text(answer).then((said) =>
            resolve({ status: answer.statusCode ?? 0, text: said, over, close: () => socket.terminate() }),
          )
        })
      })
    },
    async breakOff(path, headers = {}) {
      const sent = send('POST', path, { 'content-length': '1000', ...headers })
      sent.on('error', () => undefined)
      sent.write('{"refresh_')
      await new Promise((resolve) => setTimeout(resolve, 20))
      sent.destroy()
    },
    close() {},
  }
}

export function http2Client(port: number): AppClient {
  const session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => undefined)
  const send = (method: string, path: string, headers: Asked['headers'] = {}) =>
    session.request({ ':method': method, ':path': path, ':authority': HOST, ...headers } as never, { endStream: false })
  const statusOf = async (stream: ClientHttp2Stream) => {
    const [headers] = (await once(stream, 'response')) as [Record<string, string | string[] | undefined>]
    return { status: Number(headers[':status']), headers }
  }
  return {
    async ask(method, path, { headers, body } = {}) {
      const stream = send(method, path, headers)
      stream.end(body)
      const answer = await statusOf(stream)
      return answeredBy(answer.status, answer.headers, await text(stream))
    },
    async open(path, headers) {
      const stream = send('GET', path, headers)
      stream.end()
      const { status } = await statusOf(stream)
      stream.setEncoding('utf8')
      return opened(status, stream, () => stream.destroy())
    },
    async upgrade(path, headers) {
      // The server says in its settings whether it takes an extended CONNECT.
      if (!session.remoteSettings?.enableConnectProtocol) await once(session, 'remoteSettings')
      const stream = session.request(
        {
          ':method': 'CONNECT',
          ':protocol': 'websocket',
          ':path': path,
          ':scheme': 'http',
          ':authority': HOST,
          ...headers,
        },
        { endStream: false },
      )
      const over = new Promise<null>((resolve) => stream.on('close', () => resolve(null)))
      stream.on('error', () => undefined)
      const { status } = await statusOf(stream)
      return { status, text: status === 200 ? '' : await text(stream), over, close: () => stream.destroy() }
    },
    async breakOff(path, headers) {
      const stream = send('POST', path, headers)
      stream.on('error', () => undefined)
      stream.write('{"refresh_')
      await new Promise((resolve) => setTimeout(resolve, 20))
      stream.destroy()
    },
    close: () => session.destroy(),
  }
}

function answeredBy(status: number, headers: Answered['headers'], said: string): Answered {
  const lines = headers['set-cookie'] ?? []
  return {
    status,
    headers,
    setCookies: Array.isArray(lines) ? lines : [lines],
    text: said,
    json: /json/.test(String(headers['content-type'])) && said !== '' ? JSON.parse(said) : undefined,
  }
}

interface Incoming extends NodeJS.EventEmitter, AsyncIterable<string> {}

function opened(status: number, stream: Incoming, abort: () => void): Opened {
  const waiting: string[] = []
  let wake = (): void => undefined
  let ended = false
  stream.on('data', (part: string) => {
    waiting.push(part)
    wake()
  })
  stream.on('error', () => undefined)
  const over = new Promise<void>((resolve) => {
    stream.on('close', () => {
      ended = true
      wake()
      resolve()
    })
  })
  return {
    status,
    over,
    abort,
    async next() {
      while (waiting.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return waiting.splice(0).join('')
    },
  }
}
