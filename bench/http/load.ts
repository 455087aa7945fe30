/** A small raw client: keeps sockets open, one request at a time on each, and looks at no more of an answer than it must. */
import { connect, type Socket } from 'node:net'

export interface Answered {
  readonly status: number
  /** Of the whole answer. */
  readonly bytes: number
  readonly head: string
  readonly body: string
}

/** Requests by index, each as it goes over the wire. */
export type RequestAt = (index: number) => Uint8Array

export interface LoadOptions {
  readonly port: number
  readonly requestAt: RequestAt
  readonly connections: number
  /** Index of the first request; the next one is taken by whichever connection is free. */
  readonly from: number
  /** No request is begun after so many, */
  readonly count?: number
  /** or after so long. */
  readonly durationMs?: number
  /** Looks at an answer; without it only its status is looked at. */
  readonly onAnswer?: (answer: Answered, index: number) => void
}

export interface Load {
  readonly requests: number
  readonly wallMs: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LENGTH = /\r\ncontent-length: *(\d+)\r\n/i

/** @throws when an answer is not of the 200s, or a connection ends */
export async function load(options: LoadOptions): Promise<Load> {
  const { port, connections, from, count = Number.POSITIVE_INFINITY, durationMs = Number.POSITIVE_INFINITY } = options
  const sockets = await Promise.all(Array.from({ length: Math.min(connections, count) }, () => open(port)))
  const began = performance.now()
  let next = from
  const take = (): number => (next - from < count && performance.now() - began < durationMs ? next++ : -1)
  try {
    await Promise.all(sockets.map((socket) => drive(socket, take, options)))
  } finally {
    for (const socket of sockets) socket.destroy()
  }
  return { requests: next - from, wallMs: performance.now() - began }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.off('error', reject)
      resolve(socket)
    })
    socket.setNoDelay(true)
    socket.once('error', reject)
  })
}

function drive(socket: Socket, take: () => number, { requestAt, onAnswer }: LoadOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let index = -1
    let held: Buffer | null = null
    let expected = 0
    const send = (): void => {
      index = take()
      if (index < 0) {
        socket.removeAllListeners()
        resolve()
      } else socket.write(requestAt(index))
    }
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server has closed a connection')))
    socket.on('data', (chunk) => {
      held = held ? Buffer.concat([held, chunk]) : chunk
      if (expected === 0) expected = lengthOf(held)
      if (expected === 0 || held.length < expected) return
      const answer = held
      held = null
      expected = 0
      try {
        inspect(answer, index, onAnswer)
      } catch (error) {
        reject(error)
        return
      }
      send()
    })
    send()
  })
}

/** Bytes of the whole answer; 0: its head is not complete. */
function lengthOf(bytes: Buffer): number {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) return 0
  const head = bytes.toString('latin1', 0, end + 2)
  const length = LENGTH.exec(head)
  if (!length) throw new Error(`an answer without a length: ${head}`)
  return end + 4 + Number(length[1])
}

function inspect(answer: Buffer, index: number, onAnswer: LoadOptions['onAnswer']): void {
  const isGood = answer[9] === 0x32
  if (isGood && !onAnswer) return
  const end = answer.indexOf(HEAD_END)
  const status = Number(answer.toString('latin1', 9, 12))
  const head = answer.toString('latin1', 0, end)
  const body = answer.subarray(end + 4).toString()
  if (!isGood) throw new Error(`request ${index} was answered with ${head}\n${body}`)
  onAnswer?.({ status, bytes: answer.length, head, body }, index)
}
