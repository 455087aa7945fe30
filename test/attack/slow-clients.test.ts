/** Clients that hold what they are given: sockets that send forever, answers that nobody takes, headers that are slow to read. */
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from '../support/http-client.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const host = () => `Host: localhost:${server.port}`

/** A client that never closes its own side and goes on sending; when and how its socket was closed by the server. */
function stubborn(first: string, again: string, everyMs: number): Promise<number> {
  const started = performance.now()
  return new Promise((resolve) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    const timer = setInterval(() => socket.write(again), everyMs)
    // A reset is a close too.
    socket.on('error', () => undefined)
    socket.resume()
    socket.on('close', () => {
      clearInterval(timer)
      resolve((performance.now() - started) / 1000)
    })
    socket.write(first)
  })
}

it('lose their socket though they neither end their request nor close their side', async () => {
  const headers = Array.from({ length: 20 }, () => stubborn(`GET / HTTP/1.1\r\n${host()}\r\n`, 'X: y\r\n', 250))
  const refused = stubborn('garbage\r\n\r\n', 'more\r\n', 100)
  expect(await refused).toBeLessThan(3)
  for (const seconds of await Promise.all(headers)) expect(seconds).toBeLessThan(18)
}, 30_000)

it('that send thousands of requests at once get few of them answered, and nobody else waits', async () => {
  const count = server.log.length
  const greedy: Socket[] = Array.from({ length: 10 }, () => {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.pause()
    socket.write(`GET /metrics HTTP/1.1\r\n${host()}\r\n\r\n`.repeat(2000))
    return socket
  })
  await new Promise((resolve) => setTimeout(resolve, 200))
  const started = performance.now()
  expect((await createClient(server.url).get('/healthz')).status).toBe(200)
  expect(performance.now() - started).toBeLessThan(2000)
  // Without a limit all 20 000 of them would have been answered by now, or be on their way.
  expect(server.log.length - count).toBeLessThan(1000)
  for (const socket of greedy) socket.destroy()
})

it('may send some requests ahead', async () => {
  const answers = await new Promise<string>((resolve) => {
    const socket = connect(server.port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    socket.on('close', () => resolve(text))
    socket.write(
      `${`GET /healthz HTTP/1.1\r\n${host()}\r\n\r\n`.repeat(15)}GET /healthz HTTP/1.1\r\nConnection: close\r\n${host()}\r\n\r\n`,
    )
  })
  expect(answers.match(/HTTP\/1\.1 200 /g)).toHaveLength(16)
})

it.each([
  ['Content-Type', `a${' '.repeat(16_000)}b`],
  ['Content-Type', `application/json;${' '.repeat(16_000)}=`],
  ['Content-Type', `application/json${';charset'.repeat(1900)}`],
  ['Authorization', `Basic ${', '.repeat(8000)}x`],
  ['Authorization', `Basic ,${' '.repeat(16_000)}(`],
  ['Authorization', `Bearer ${' '.repeat(16_000)}( x`],
  ['Cookie', '__Host-Http-sid '.repeat(1000)],
  ['Cookie', `a=b; ${' '.repeat(16_000)}`],
  ['Accept', `text/html${' '.repeat(16_000)}x`],
  ['Origin', `http://${'a.'.repeat(8000)}`],
  ['X-Forwarded-For', '127.0.0.1,'.repeat(1600)],
  ['User-Agent', 'Version/1'.repeat(1700)],
])('no value of %s takes long to refuse', async (name, value) => {
  const client = createClient(server.url)
  const ask = () =>
    client.post('/auth/sign-in', {
      json: { email: 'ada@example.org', password: 'plum-otter-cargo' },
      headers: { [name]: value },
    })
  await ask()
  const times: number[] = []
  for (let i = 0; i < 3; i++) {
    const started = performance.now()
    expect((await ask()).status).toBeGreaterThanOrEqual(400)
    times.push(performance.now() - started)
  }
  // Work that grows with the square of the length takes 100 ms and more at this size.
  expect(Math.min(...times)).toBeLessThan(50)
})

it.each([
  ['an email of dots', `${'a.'.repeat(240)}@x.org`],
  ['an email that grows eighteenfold', `${'\ufdfa'.repeat(500)}@x.org`],
  ['an email of marks', `a${'\u0301'.repeat(500)}@x.org`],
  ['a domain of labels', `a@${'a.'.repeat(120)}x`],
])('%s takes no longer than another', async (_name, email) => {
  const started = performance.now()
  const answer = await createClient(server.url).post('/auth/sign-in', { json: { email, password: 'x' } })
  expect(answer.status).toBe(401)
  expect(performance.now() - started).toBeLessThan(500)
})
