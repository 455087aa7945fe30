/**
 * As much of a browser as a sign-in over several sites needs: cookies by host with their SameSite, redirects, forms that send
 * themselves. Sites are told apart by host name, without the port.
 */

export interface Page {
  readonly url: string
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

interface Cookie {
  readonly value: string
  readonly sameSite: string
}

export interface Walker {
  /** Cookies by host name, then by name. */
  readonly jar: Map<string, Map<string, Cookie>>
  /** Every URL of the last walk. */
  readonly steps: string[]
  /** A navigation with all its redirects and forms; `until` stops before a URL. */
  go(
    url: string,
    options?: { readonly until?: (url: string) => boolean; readonly form?: Record<string, string> },
  ): Promise<Page>
}

export function createWalker(): Walker {
  const jar: Walker['jar'] = new Map()
  const steps: string[] = []

  const ask = async (url: URL, from: URL | null, form: URLSearchParams | null): Promise<Response> => {
    const isCrossSite = from !== null && from.hostname !== url.hostname
    const sent = [...(jar.get(url.hostname) ?? [])].filter(
      ([, { sameSite }]) => !isCrossSite || sameSite === 'none' || (sameSite === 'lax' && form === null),
    )
    const headers = new Headers({
      accept: 'text/html',
      'sec-fetch-site': from === null ? 'none' : isCrossSite ? 'cross-site' : 'same-origin',
    })
    if (sent.length > 0) headers.set('cookie', sent.map(([name, { value }]) => `${name}=${value}`).join('; '))
    if (form !== null) headers.set('origin', (from ?? url).origin)
    const response = await fetch(url, {
      method: form === null ? 'GET' : 'POST',
      headers,
      redirect: 'manual',
      ...(form === null ? {} : { body: form }),
    })
    const held = jar.get(url.hostname) ?? new Map<string, Cookie>()
    jar.set(url.hostname, held)
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const isGone = /;\s*max-age=0\b/i.test(line) || /;\s*expires=Thu, 01 Jan 1970/i.test(line)
      if (isGone) held.delete(name)
      else held.set(name, { value, sameSite: /samesite=(\w+)/i.exec(line)?.[1]?.toLowerCase() ?? 'lax' })
    }
    return response
  }

  return {
    jar,
    steps,
    async go(start, { until = () => false, form: firstForm } = {}) {
      steps.length = 0
      let url = new URL(start)
      let from: URL | null = firstForm ? url : null
      let form = firstForm ? new URLSearchParams(firstForm) : null
      for (let i = 0; i < 30; i++) {
        if (until(url.href)) return { url: url.href, status: 0, headers: new Headers(), text: form?.toString() ?? '' }
        steps.push(url.href)
        const response = await ask(url, from, form)
        const text = await response.text()
        const location = response.headers.get('location')
        const post = /<form method="post" action="([^"]+)">(.*?)<\/form>/s.exec(text)
        if (location !== null) {
          // Who began a chain of redirects stays its beginner.
          from ??= url
          if (from.hostname === url.hostname) from = url
          url = new URL(location, url)
          form = null
        } else if (post) {
          const inputs = [...(post[2] ?? '').matchAll(/name="([^"]+)" value="([^"]*)"/g)]
          form = new URLSearchParams(inputs.map(([, name = '', value = '']) => [name, plain(value)]))
          from = url
          url = new URL(plain(post[1] ?? ''), url)
        } else return { url: url.href, status: response.status, headers: response.headers, text }
      }
      throw new Error('redirected too often')
    },
  }
}

function plain(html: string): string {
  return html
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
