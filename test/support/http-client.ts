/** A client over real sockets that keeps cookies, as a browser or a program would. */

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; `{}` when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test goes on to assert
  readonly json: Record<string, any>
}

export interface Ask {
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export interface Client {
  readonly address: string
  readonly cookies: Map<string, string>
  ask(method: string, path: string, ask?: Ask): Promise<Answer>
  get(path: string, ask?: Ask): Promise<Answer>
  post(path: string, ask?: Ask): Promise<Answer>
}

let clients = 0

/**
 * Each client comes from an address of its own, as far as a server believes that trusts the proxy 127.0.0.1.
 * @param defaults headers of every request
 */
export function createClient(origin: string, defaults: Readonly<Record<string, string>> = {}): Client {
  const cookies = new Map<string, string>()
  const address = `10.0.${++clients >> 8}.${clients & 255}`
  const ask = async (method: string, path: string, { json, form, body, headers = {} }: Ask = {}): Promise<Answer> => {
    const sent = new Headers({ Origin: origin, 'User-Agent': 'curl/8.14.1', 'X-Forwarded-For': address, ...defaults })
    if (cookies.size > 0) sent.set('Cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    if (json !== undefined) sent.set('Content-Type', 'application/json')
    if (form) {
      sent.set('Content-Type', 'application/x-www-form-urlencoded')
      sent.set('Accept', 'text/html')
    }
    for (const [name, value] of Object.entries(headers)) sent.set(name, value)
    const content = json !== undefined ? JSON.stringify(json) : form ? new URLSearchParams(form).toString() : body
    const response = await fetch(origin + path, {
      method,
      headers: sent,
      redirect: 'manual',
      ...(content === undefined ? {} : { body: content as BodyInit }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/;\s*Max-Age=0\b/.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: text.startsWith('{') ? JSON.parse(text) : {},
    }
  }
  return {
    address,
    cookies,
    ask,
    get: (path, options) => ask('GET', path, options),
    post: (path, options) => ask('POST', path, options),
  }
}
