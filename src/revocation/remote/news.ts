/** Wakes whoever waits for the log to grow: held requests and streams. Latency only. */
import { createListeners } from '../listeners.ts'
import type { Timers } from '../timers.ts'

export interface News {
  /** How often there was something. */
  readonly count: number
  tell(): void
  /** Resolves once `count` is beyond `seen`, after `ms`, or when everything ends. */
  after(seen: number, ms: number, timers: Timers): Promise<void>
  /** @param onEnd called when there will be nothing any more. Returns how to stop. */
  listen(onNews: () => void, onEnd: () => void): () => void
  /** Nobody waits from now on. */
  end(): void
}

export function createNews(): News {
  const news = createListeners<'news' | 'end'>()
  let count = 0
  let hasEnded = false
  return {
    get count() {
      return count
    },
    tell() {
      count++
      news.tell('news')
    },
    after(seen, ms, timers) {
      if (hasEnded || count > seen) return Promise.resolve()
      return new Promise((resolve) => {
        const done = (): void => {
          cancel()
          stop()
          resolve()
        }
        const cancel = timers.after(ms, done, false)
        const stop = news.add(done)
      })
    },
    listen(onNews, onEnd) {
      if (hasEnded) onEnd()
      return news.add((what) => (what === 'news' ? onNews() : onEnd()))
    },
    end() {
      hasEnded = true
      news.tell('end')
    },
  }
}
