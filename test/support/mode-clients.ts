/** Clients that keep asking while the application changes its mode: each follows what the answers tell it, as a real one would. */
import { Agent, request as send } from 'node:http'

export interface Tally {
  requests: number
  converted: number
  /** Conversions whose answer was thrown away. */
  lost: number
  /** What a client could not get over: it had to sign in again, or an answer was none. */
  readonly logOuts: string[]
  readonly errors: string[]
}

interface Held {
  readonly cookie: string | null
  readonly access: string | null
  readonly refresh: string | null
}

interface Answer {
  readonly status: number
  readonly setCookie: readonly string[]
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the client goes on to look at
  readonly json: Record<string, any>
}

export interface ModeClient {
  readonly kind: 'cookie' | 'token'
  /** One round: requests side by side, and a renewal among them. */
  round(): Promise<void>
}

const COOKIE = '__Host-Http-sid'

export function createModeClients(origin: string, ports: readonly number[], tally: Tally) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })

  const ask = (method: string, port: number, path: string, held: Held, body?: object): Promise<Answer> => {
    tally.requests++
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const content = body === undefined ? '' : JSON.stringify(body)
    const request = send(
      {
        agent,
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: {
          Host: new URL(origin).host,
          Origin: origin,
          'User-Agent': 'load/1.0',
          ...(held.access !== null ? { Authorization: `Bearer ${held.access}` } : {}),
          ...(held.access === null && held.cookie !== null ? { Cookie: `${COOKIE}=${held.cookie}` } : {}),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': content.length }),
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            setCookie: response.headers['set-cookie'] ?? [],
            json: text.startsWith('{') ? JSON.parse(text) : {},
          }),
        )
      },
    )
    request.on('error', reject)
    request.end(content)
    return promise
  }

  const create = (first: Held, subject: string, seed: number): ModeClient => {
    let held = first
    let n = seed
    const chance = (part: number): boolean => {
      n = (n * 1_103_515_245 + 12_345) & 0x7fffffff
      return n / 0x7fffffff < part
    }
    const port = (): number => ports[chance(0.5) ? 0 : ports.length - 1] ?? 0
    const NOTHING: Held = { cookie: null, access: null, refresh: null }
    let renewing: Promise<void> | null = null

    const failed = (what: string, { status, json }: Answer): void => {
      const line = `${what}: ${status} ${json.code} as ${held.access === null ? 'cookie' : 'token'}`
      if (status === 401) tally.logOuts.push(line)
      else tally.errors.push(line)
    }

    const convert = async (body: object, as: Held): Promise<void> => {
      const answer = await ask('POST', port(), '/auth/convert', as, body)
      // The other process has not heard of the change yet: at the next renewal, then.
      if (answer.status === 403 && answer.json.code === 'policy.denied') return
      if (answer.status !== 200) return failed('convert', answer)
      if (chance(0.1)) {
        tally.lost++
        return
      }
      tally.converted++
      const line = answer.setCookie.find((one) => one.startsWith(`${COOKIE}=`)) ?? ''
      const cookie = line.slice(COOKIE.length + 1, line.indexOf(';'))
      held =
        typeof answer.json.refresh_token === 'string'
          ? { cookie: null, access: answer.json.access_token, refresh: answer.json.refresh_token }
          : { cookie, access: null, refresh: null }
    }

    const renew = async (): Promise<void> => {
      if (held.refresh === null) {
        const answer = await ask('GET', port(), '/auth/session', held)
        if (answer.status !== 200) return failed('session', answer)
        if (answer.json.convert_to === 'token') await convert({}, held)
        return
      }
      const answer = await ask('POST', port(), '/auth/refresh', NOTHING, { refresh_token: held.refresh })
      if (answer.status !== 200) return failed('refresh', answer)
      held = { cookie: null, access: answer.json.access_token, refresh: answer.json.refresh_token }
      if (answer.json.convert_to !== undefined) await convert({ refresh_token: held.refresh }, NOTHING)
    }

    /** One at a time, as every client of refresh tokens must. */
    const renewOnce = (): Promise<void> => {
      renewing ??= renew().finally(() => {
        renewing = null
      })
      return renewing
    }

    const look = async (): Promise<void> => {
      let answer = await ask('GET', port(), '/me', held)
      if (answer.status === 401 && held.refresh !== null) {
        await renewOnce()
        answer = await ask('GET', port(), '/me', held)
      }
      if (answer.status !== 200) failed('me', answer)
      else if (answer.json.subject !== subject) tally.errors.push(`somebody else: ${answer.json.subject}`)
    }

    return {
      get kind() {
        return held.access === null ? 'cookie' : 'token'
      },
      async round() {
        try {
          await Promise.all([look(), ...(chance(0.25) ? [renewOnce()] : []), ...(chance(0.3) ? [look()] : [])])
        } catch (error) {
          tally.errors.push(String(error))
        }
      },
    }
  }

  return { create, close: () => agent.destroy() }
}
