/** The follower routes without a socket: a `fetch` that asks the desk. */
import { createBlinding } from '../../src/revocation/remote/blinding.ts'
import { createFollowerDesk } from '../../src/revocation/remote/desk.ts'
import { readRequest, writeAnswer } from '../../src/revocation/remote/messages.ts'
import { createNews } from '../../src/revocation/remote/news.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'

export const FOLLOWER_KEY = 'follower-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'

export function createFollowerServer() {
  const engine = createMemoryStore().revocations
  const news = createNews()
  const desk = createFollowerDesk({ engine, news })
  const blinding = createBlinding(FOLLOWER_KEY)
  let isGone = false
  const stopWatching = engine.watch(() => news.tell())
  const respond: typeof fetch = async (input, init) => {
    if (isGone) throw new TypeError('unreachable')
    const path = new URL(String(input)).pathname
    if (new Headers(init?.headers).get('authorization') !== `Bearer ${FOLLOWER_KEY}`) {
      return new Response('', { status: 401 })
    }
    if (path === '/revocations/stream') return new Response('', { status: 404 })
    const body = JSON.parse(String(init?.body))
    if (path === '/revocations/leave') {
      await desk.leave(blinding, body.id)
      return Response.json({})
    }
    return Response.json(writeAnswer(await desk.renew(blinding, readRequest(body))))
  }
  return {
    engine,
    fetch: respond,
    set isGone(value: boolean) {
      isGone = value
    },
    /** Answers whatever is held. */
    close() {
      stopWatching()
      news.end()
    },
  }
}
