/** The page's side of the engine: a worker that dies is replaced, and whoever waited is told. */
import { describe, expect, it } from 'vitest'
import { createEngine, type OpenLine } from '../../../../web/lab/engine/client.ts'
import type { ToPage, ToWorker } from '../../../../web/lab/engine/protocol.ts'

function fakeLines() {
  const lines: {
    sent: ToWorker[]
    receive: (message: ToPage) => void
    broken: (reason: string) => void
    closed: boolean
  }[] = []
  const open: OpenLine = (receive, broken) => {
    const line = { sent: [] as ToWorker[], receive, broken, closed: false }
    lines.push(line)
    return {
      send: (message) => void line.sent.push(message),
      close: () => {
        line.closed = true
      },
    }
  }
  return { lines, engine: createEngine(open) }
}

describe('the engine', () => {
  it('opens its line at the first call, and only one', async () => {
    const { lines, engine } = fakeLines()
    expect(lines).toHaveLength(0)
    const [one, two] = [engine.call('pace', undefined), engine.call('pace', undefined)]
    const [line] = lines
    for (const message of line?.sent ?? []) line?.receive({ kind: 'result', id: message.id, result: message.id })
    expect([await one, await two, lines.length]).toEqual([1, 2, 1])
  })

  it('tells everybody who waits when it dies, and starts anew with the next call', async () => {
    const { lines, engine } = fakeLines()
    const waiting = [engine.call('pace', undefined), engine.call('pace', undefined)]
    lines[0]?.broken('the browser ended it')
    for (const one of await Promise.allSettled(waiting)) {
      expect(one).toMatchObject({ status: 'rejected', reason: { name: 'EngineError' } })
      expect(String((one as PromiseRejectedResult).reason)).toContain('the browser ended it')
    }
    expect(lines[0]?.closed).toBe(true)
    const again = engine.call('pace', undefined)
    lines[1]?.receive({ kind: 'result', id: lines[1].sent[0]?.id ?? 0, result: 7 })
    expect(await again).toBe(7)
  })

  it('hands on the code of a failure, and progress', async () => {
    const { lines, engine } = fakeLines()
    const seen: number[] = []
    const call = engine.call('pace', undefined, { onProgress: (done) => seen.push(done) })
    lines[0]?.receive({ kind: 'progress', id: 1, done: 0.5 })
    lines[0]?.receive({ kind: 'failed', id: 1, message: 'no', code: 'token.expired' })
    await expect(call).rejects.toMatchObject({ message: 'no', code: 'token.expired' })
    expect(seen).toEqual([0.5])
  })

  it('stops a call that nobody waits for', async () => {
    const { lines, engine } = fakeLines()
    const stop = new AbortController()
    const call = engine.call('pace', undefined, { signal: stop.signal })
    stop.abort()
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
    expect(lines[0]?.sent.at(-1)).toEqual({ kind: 'abort', id: 1 })
    await expect(engine.call('pace', undefined, { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' })
  })
})
