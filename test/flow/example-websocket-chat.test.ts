/** examples/websocket-chat, started and used: a removed user is gone from every window. */
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createVisitor, startExample } from '../support/example.ts'

const PASSWORD = 'a long walk'

async function join(url: string, name: string) {
  const visitor = createVisitor(url)
  await visitor.submit('/sign-in', { name, password: PASSWORD })
  const open = (origin = url) => {
    const socket = new WebSocket(url.replace('http', 'ws'), { headers: { cookie: visitor.cookie(), origin } })
    onTestFinished(() => socket.terminate())
    const heard: string[] = []
    socket.on('message', (message) => heard.push((JSON.parse(String(message)) as { text: string }).text))
    return { socket, heard }
  }
  return { visitor, open }
}

/** The status that a handshake was refused with. */
async function refusal({ socket }: { readonly socket: WebSocket }): Promise<string> {
  const [error] = (await once(socket, 'error').catch((cause: unknown) => [cause])) as [Error]
  return error.message
}

it('drops every window of a removed user at once, and nobody else', async () => {
  const { url, stop } = await startExample('websocket-chat/server.ts', { PASSWORD })
  const [ana, ben, mia] = [await join(url, 'ana'), await join(url, 'ben'), await join(url, 'mia')]
  const [hers, his, his2] = [ana.open(), ben.open(), ben.open()]
  for (const { heard } of [hers, his, his2]) await expect.poll(() => heard.length).toBe(1)
  his.socket.send('spam')
  for (const { heard } of [hers, his, his2]) await expect.poll(() => heard.at(-1)).toBe('spam')

  expect((await ana.visitor.submit('/remove', { name: 'ben' })).status).toBe(403)
  const closes = [his, his2].map(({ socket }) => once(socket, 'close') as Promise<[number, Buffer]>)
  const asked = performance.now()
  expect((await mia.visitor.submit('/remove', { name: 'ben' })).status).toBe(303)
  for (const [code, reason] of await Promise.all(closes))
    expect([code, String(reason)]).toEqual([4401, 'session.ended'])
  // Both windows, the request of the moderator included.
  expect(performance.now() - asked).toBeLessThan(1000)

  expect(await refusal(ben.open())).toContain('401')
  hers.socket.send('still here')
  await expect.poll(() => hers.heard.at(-1)).toBe('still here')
  expect(await stop()).toBe(0)
})

it('lets nobody in without a login, from another site, or with a wrong password', async () => {
  const { url } = await startExample('websocket-chat/server.ts', { PASSWORD })
  const ana = await join(url, 'ana')
  expect(await refusal(ana.open('https://evil.example'))).toContain('403')
  const stranger = createVisitor(url)
  expect((await stranger.submit('/sign-in', { name: 'ana', password: 'wrong' })).headers.get('location')).toBe(
    '/?wrong',
  )
  expect(stranger.jar.size).toBe(0)
  expect((await stranger.submit('/remove', { name: 'ana' })).status).toBe(401)
  expect(await stranger.text('/')).toContain('Sign in')
  const nameless = await refusal({ socket: new WebSocket(url.replace('http', 'ws'), { headers: { origin: url } }) })
  expect(nameless).toContain('401')
})
