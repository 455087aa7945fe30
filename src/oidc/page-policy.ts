/** The content security policy of the library's own pages: the forms that send themselves, to a client or to the next step. */
import { createHash } from 'node:crypto'
import type { HttpResponse } from '../http/message.ts'

const SCRIPT = /<script>([\s\S]*?)<\/script>/
const ACTION = /<form method="post" action="([^"]*)"/

/** Adds the policy to a page that has a script of the library; others go as they are, under the policy of all pages. */
export function pagePolicy(response: HttpResponse): HttpResponse {
  if (!response.headers.get('content-type')?.startsWith('text/html') || response.body === null) return response
  const text = typeof response.body === 'string' ? response.body : new TextDecoder().decode(response.body)
  const script = SCRIPT.exec(text)?.[1]
  const action = ACTION.exec(text)?.[1]
  if (script === undefined || action === undefined) return response
  const hash = createHash('sha256').update(script).digest('base64')
  response.headers.set(
    'Content-Security-Policy',
    `default-src 'none'; script-src 'sha256-${hash}'; form-action ${formTarget(action.replaceAll('&amp;', '&'))}; base-uri 'none'; frame-ancestors 'none'`,
  )
  return response
}

/** A source expression (CSP 3 §2.3.1) for where a form, or a redirect after it, leads. */
export function formTarget(url: string): string {
  if (!URL.canParse(url)) return "'self'"
  const { origin, protocol } = new URL(url)
  // A custom scheme has no origin.
  return origin === 'null' ? protocol : origin
}

/** The policy of a page whose form leads on to `target`: browsers hold every redirect after a form to it. */
export function formPolicy(target: string | null): string {
  return `default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; form-action 'self'${
    target === null || target === "'self'" ? '' : ` ${target}`
  }; base-uri 'none'; frame-ancestors 'none'`
}
