/** The sockets of a server: which have a request under way, so that a stop waits for those and for no other. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface Connections {
  /** Closes sockets without a request now, every other one as soon as its answer has been sent. */
  drain(): void
}

/**
 * Requests that one socket may have under way. Browsers send the next one after the answer; whoever sends hundreds at once
 * (pipelining) would have them all answered in memory before the first answer is taken.
 */
const MOST_AT_ONCE = 32

export function trackConnections(server: Server): Connections {
  const underWay = new Map<Socket, number>()
  let draining = false
  server.on('connection', (socket) => {
    underWay.set(socket, 0)
    socket.once('close', () => underWay.delete(socket))
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const count = (underWay.get(socket) ?? 0) + 1
    underWay.set(socket, count)
    if (count > MOST_AT_ONCE) socket.destroy()
    response.once('close', () => {
      const left = (underWay.get(socket) ?? 1) - 1
      underWay.set(socket, left)
      if (draining && left === 0) socket.end()
    })
  })
  return {
    drain() {
      draining = true
      // Node counts a socket that has not sent anything yet among the busy ones.
      for (const [socket, count] of underWay) if (count === 0) socket.destroy()
    },
  }
}
