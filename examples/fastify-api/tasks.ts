/** A native client of the API: a command that stays signed in between its runs. */
import { createTokenClient } from 'sojourn/client'
import { storage } from './storage.ts'

const { API = 'http://localhost:3001', PASSWORD = '' } = process.env
const client = createTokenClient({ mode: 'token', issuer: API, storage })
client.subscribe((event) => {
  if (event.type === 'signedOut' && event.reason !== 'here') console.error(`signed out: ${event.reason}`)
})

const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
  const response = await client.fetch(API + path, init) // the token is refreshed before it runs out, and shared by all calls
  if (response.status === 401) fail('sign in first')
  if (!response.ok) fail(`the API answers ${response.status}`)
  return response
}
const fail = (message: string): never => {
  console.error(message)
  process.exit(1)
}

const [command, argument = ''] = process.argv.slice(2)
switch (command) {
  case 'sign-up':
  case 'sign-in': {
    const input = { email: argument, password: PASSWORD }
    const result = await (command === 'sign-up' ? client.signUp(input) : client.signIn(input))
    if (!result.ok) fail(result.problem.code)
    console.log(`signed in as ${argument}`)
    break
  }
  case 'add': {
    const body = JSON.stringify({ title: argument })
    await call('/tasks', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    break
  }
  case 'done':
    await call(`/tasks/${encodeURIComponent(argument)}/done`, { method: 'POST' })
    break
  case 'list':
    for (const { id, title, done } of (await (await call('/tasks')).json()) as {
      id: number
      title: string
      done: number
    }[]) {
      console.log(`${done ? 'x' : ' '} ${id} ${title}`)
    }
    break
  case 'lock':
    await call('/me/lock', { method: 'POST' })
    break
  case 'sign-out':
    await client.signOut()
    break
  default:
    fail('tasks.ts sign-up EMAIL | sign-in EMAIL | add TITLE | done ID | list | lock | sign-out')
}
client.close()
