/** Bodies of the Fetch API that are looked after: told when they are over, or cut off. */

/** The same response; `done` is called when its body has been sent, has failed or is no longer wanted. */
export function afterBody(response: Response, done: () => void): Response {
  const { body } = response
  if (body === null) {
    done()
    return response
  }
  return new Response(follow(body, done, null, false), response)
}

/**
 * The same response, its body broken off when the signal fires, so that nobody takes what has been sent for all of it. A stream
 * of events has no whole: it is ended.
 */
export function cutOffBy(response: Response, signal: AbortSignal, done: () => void): Response {
  const { body } = response
  if (body === null) {
    done()
    return response
  }
  const isEvents = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  return new Response(follow(body, done, signal, isEvents), response)
}

function follow(
  body: ReadableStream<Uint8Array>,
  done: () => void,
  signal: AbortSignal | null,
  isEnded: boolean,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let isOver = false
  const over = (): void => {
    if (isOver) return
    isOver = true
    signal?.removeEventListener('abort', cutOff)
    done()
  }
  let stop: (reason: unknown) => void = () => undefined
  const cutOff = (): void => {
    const reason: unknown = signal?.reason
    stop(reason)
    over()
    // What the application still would have sent is of no use; that it may fail to stop is its own affair.
    reader.cancel(reason).catch(() => undefined)
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stop = (reason) => (isEnded ? controller.close() : controller.error(reason))
        if (signal?.aborted) cutOff()
        else signal?.addEventListener('abort', cutOff, { once: true })
      },
      async pull(controller) {
        try {
          const { done: ended, value } = await reader.read()
          if (isOver) return
          if (ended) {
            controller.close()
            over()
          } else controller.enqueue(value)
        } catch (error) {
          controller.error(error)
          over()
        }
      },
      cancel(reason) {
        over()
        return reader.cancel(reason)
      },
    },
    // Nothing is read ahead: the application sees the pace of its client.
    { highWaterMark: 0 },
  )
}
