/** A TCP proxy between one process and the store: it can be cut, held back in either direction, and led elsewhere. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface StoreProxy {
  readonly port: number
  /** Every connection ends and none is made, until `mend`. */
  cut(): void
  /** What the store answers arrives so many milliseconds late, until `mend`. */
  delayReplies(ms: number): void
  /** What is sent to the store arrives so many milliseconds late, until `mend`. */
  delayRequests(ms: number): void
  mend(): void
  /** New connections go to this port; those that there are end. */
  lead(port: number): void
  close(): Promise<void>
}

export async function startProxy(firstTarget: number): Promise<StoreProxy> {
  let target = firstTarget
  let isCut = false
  let repliesMs = 0
  let requestsMs = 0
  const sockets = new Set<Socket>()

  const server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect(target, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    carry(near, far, () => requestsMs)
    carry(far, near, () => repliesMs)
  })

  function drop(): void {
    for (const socket of sockets) socket.destroy()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true
      drop()
    },
    delayReplies(ms) {
      repliesMs = ms
    },
    delayRequests(ms) {
      requestsMs = ms
    },
    mend() {
      isCut = false
      repliesMs = 0
      requestsMs = 0
    },
    lead(port) {
      target = port
      drop()
    },
    close() {
      drop()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** In the order in which it came, whatever the delay was at each moment. */
function carry(from: Socket, to: Socket, delayMs: () => number): void {
  let dueMs = 0
  from.on('data', (chunk) => {
    const ms = delayMs()
    if (ms === 0 && dueMs <= performance.now()) {
      to.write(chunk)
      return
    }
    dueMs = Math.max(dueMs, performance.now() + ms)
    setTimeout(() => to.write(chunk), dueMs - performance.now())
  })
}
