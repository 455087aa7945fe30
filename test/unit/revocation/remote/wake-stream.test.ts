import { describe, expect, it } from 'vitest'
import { listenForNews } from '../../../../src/revocation/remote/wake-stream.ts'
import { createManualTime, settled } from '../../../support/manual-timers.ts'

const KEY = 'follower-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'

/** A server of streams that the test writes to. */
function setUp() {
  const time = createManualTime()
  const asked: { readonly url: string; readonly init: RequestInit | undefined }[] = []
  const failures: unknown[] = []
  let open: ReadableStreamDefaultController<Uint8Array> | null = null
  let status = 200
  let wakes = 0
  const respond: typeof fetch = async (input, init) => {
    asked.push({ url: String(input), init })
    if (status === 0) throw new TypeError('unreachable')
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        open = controller
        init?.signal?.addEventListener('abort', () => {
          try {
            controller.error(new Error('aborted'))
          } catch {
            // It had ended already.
          }
        })
      },
    })
    return new Response(body, { status, headers: { 'content-type': 'text/event-stream' } })
  }
  const stop = listenForNews(
    {
      server: { url: 'https://login.example/', token: KEY, fetch: respond },
      timers: time.timers,
      random: () => 0.5,
      onFailure: (cause) => failures.push(cause),
    },
    () => wakes++,
  )
  return {
    time,
    asked,
    failures,
    stop,
    say: async (text: string) => {
      open?.enqueue(new TextEncoder().encode(text))
      for (let i = 0; i < 3; i++) await settled()
    },
    end: async () => {
      open?.close()
      for (let i = 0; i < 3; i++) await settled()
    },
    set status(next: number) {
      status = next
    },
    get wakes() {
      return wakes
    },
  }
}

describe('the stream of news', () => {
  it('wakes for each event, however it is cut up, and for nothing else', async () => {
    const it = setUp()
    await settled()
    expect(it.asked[0]?.url).toBe('https://login.example/revocations/stream')
    const headers = new Headers(it.asked[0]?.init?.headers)
    expect(headers.get('authorization')).toBe(`Bearer ${KEY}`)
    expect(it.asked[0]?.init).toMatchObject({ redirect: 'error', credentials: 'omit' })
    await it.say(':\n\n')
    expect(it.wakes).toBe(0)
    await it.say('id: 1\ndata: {"head":1}\n\n')
    expect(it.wakes).toBe(1)
    await it.say('id: 2\nda')
    expect(it.wakes).toBe(1)
    await it.say('ta: {"head":2}\n\nid: 3\ndata: {}\n\n')
    expect(it.wakes).toBe(3)
    it.stop()
  })

  it('comes again where it left off, and wakes for what came in between', async () => {
    const it = setUp()
    await settled()
    await it.say('id: 7\ndata: {}\n\n')
    await it.end()
    expect(it.wakes).toBe(2)
    expect(it.asked).toHaveLength(1)
    await it.time.pass(250)
    expect(it.asked).toHaveLength(2)
    expect(new Headers(it.asked[1]?.init?.headers).get('last-event-id')).toBe('7')
    expect(it.failures).toEqual([])
    it.stop()
  })

  it('does not trust silence', async () => {
    const it = setUp()
    await it.time.pass(39_000)
    await it.say(':\n\n')
    await it.time.pass(39_000)
    expect(it.asked).toHaveLength(1)
    await it.time.pass(2000)
    expect(it.asked).toHaveLength(2)
    it.stop()
  })

  it.each([0, 401, 404, 500])('backs off where it cannot be had (%i), and says so once', async (status) => {
    const it = setUp()
    await settled()
    it.status = status
    await it.end()
    const { wakes } = it
    await it.time.pass(120_000)
    expect(it.asked.length).toBeGreaterThan(10)
    expect(it.asked.length).toBeLessThan(30)
    expect(it.failures).toHaveLength(1)
    expect(it.wakes - wakes).toBeLessThanOrEqual(1)
    it.status = 200
    await it.time.pass(10_000)
    await it.say('id: 1\ndata: {}\n\n')
    expect(it.wakes).toBeGreaterThan(wakes)
    it.stop()
  })

  it('is cut off when a line has no end', async () => {
    const it = setUp()
    await settled()
    await it.say('x'.repeat(2000))
    await it.time.pass(250)
    expect(it.asked).toHaveLength(2)
    it.stop()
  })

  it('stops for good', async () => {
    const it = setUp()
    await settled()
    it.stop()
    await it.time.pass(60_000)
    expect(it.asked).toHaveLength(1)
    expect(it.time.pending).toBe(0)
    expect(it.failures).toEqual([])
  })
})
