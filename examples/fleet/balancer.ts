/** A balancer to try a fleet with, on one machine: takes turns among the servers that say they are ready. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

const { PORT = '4000', SERVERS = '4001 4002 4003 4004' } = process.env
const ports = SERVERS.split(/\s+/).map(Number)
const ready = new Set(ports)
let turn = 0

async function look(port: number): Promise<void> {
  const isReady = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1000) }).then(
    ({ ok }) => ok,
    () => false,
  )
  if (isReady) ready.add(port)
  else ready.delete(port)
}
setInterval(() => ports.forEach(look), 500)

/** All ports, the next one first. When nobody is ready (the store is away) all are asked: they answer what they can. */
function candidates(): readonly number[] {
  const some = ports.filter((port) => ready.has(port))
  const all = some.length > 0 ? some : ports
  const first = turn++ % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}

/** One request, one connection: whoever refuses it has seen nothing of it, so the next server may be asked. */
function forward(incoming: IncomingMessage, outgoing: ServerResponse, [port, ...others]: readonly number[]): void {
  if (port === undefined) {
    outgoing.writeHead(503, { 'Retry-After': '1' }).end()
    return
  }
  const { method, url: path } = incoming
  const headers = { ...incoming.headers, 'x-forwarded-for': incoming.socket.remoteAddress }
  let isConnected = false
  const onward = request({ host: '127.0.0.1', port, method, path, headers, agent: false })
  onward.once('socket', (socket) =>
    socket.once('connect', () => {
      isConnected = true
      incoming.pipe(onward)
    }),
  )
  onward.once('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    answer.pipe(outgoing)
  })
  onward.once('error', () => {
    if (isConnected) outgoing.destroy()
    else forward(incoming, outgoing, others)
  })
}

createServer((incoming, outgoing) => forward(incoming, outgoing, candidates())).listen(Number(PORT), '127.0.0.1', () =>
  console.log(`http://localhost:${PORT} before ${ports.join(', ')}`),
)
