/** Server-sent events: the one kind of answer that does not end by itself. */
import { type HttpResponse, privateHeaders } from '../http/message.ts'

/** An answer that goes on; `body` is null then. */
export interface StreamedResponse extends HttpResponse {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
}

export interface EventSink {
  /** Lines as they are sent, without the empty one at the end. */
  send(text: string): void
  end(): void
}

/** Sockets that are silent for a minute are closed, ours as well as those of proxies. */
const SAY_SOMETHING_MS = 15_000
/** Whoever does not read is cut off, before what waits for it fills the memory. */
const MOST_WAITING = 256

const encoder = new TextEncoder()

/** @param open called with the stream once somebody reads; answers what to do when it has ended, whoever ended it */
export function eventStream(open: (sink: EventSink) => () => void): StreamedResponse {
  const headers = privateHeaders('text/event-stream')
  // nginx would collect what is to be sent at once.
  headers.set('X-Accel-Buffering', 'no')
  let ended = (): void => undefined
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      let isOpen = true
      const write = (text: string): void => {
        if (!isOpen) return
        controller.enqueue(encoder.encode(text))
        if ((controller.desiredSize ?? 0) < -MOST_WAITING) sink.end()
      }
      const sink: EventSink = {
        send: (text) => write(`${text}\n\n`),
        end() {
          if (!isOpen) return
          ended()
          controller.close()
        },
      }
      const timer = setInterval(() => write(':\n\n'), SAY_SOMETHING_MS).unref()
      let closed = (): void => undefined
      ended = () => {
        if (!isOpen) return
        isOpen = false
        clearInterval(timer)
        closed()
      }
      closed = open(sink)
      if (!isOpen) closed()
    },
    cancel: () => ended(),
  })
  return { status: 200, headers, body: null, stream }
}

export function isStreamed(response: HttpResponse): response is StreamedResponse {
  return 'stream' in response
}
