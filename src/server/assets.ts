/** The static files of the pages, read once; their addresses change with their content. */
import { readFileSync } from 'node:fs'
import { sha256Base64url } from '../crypto/digest.ts'
import type { Route } from '../http/router.ts'
import type { Assets } from './pages/layout.ts'

interface Asset {
  readonly url: string
  readonly type: string
  readonly text: string
}

/** @throws Error when the package is incomplete */
export function loadAssets(): { readonly assets: Assets; readonly routes: readonly Route[] } {
  const style = load('style.css', 'text/css; charset=utf-8')
  const reset = load('reset-code.js', 'text/javascript; charset=utf-8')
  return {
    assets: { styleUrl: style.url, resetScriptUrl: reset.url },
    routes: [style, reset].map((asset) => ({ method: 'GET', path: asset.url, handle: () => serve(asset) })),
  }
}

function load(name: string, type: string): Asset {
  const text = readFileSync(new URL(`./pages/${name}`, import.meta.url), 'utf8')
  const [stem = '', extension = ''] = name.split('.')
  return { url: `/assets/${stem}-${sha256Base64url(text).slice(0, 10)}.${extension}`, type, text }
}

function serve({ type, text }: Asset) {
  const headers = new Headers({
    'Content-Type': type,
    'Cache-Control': 'public, max-age=31536000, immutable',
    'X-Content-Type-Options': 'nosniff',
  })
  return { status: 200, headers, body: text }
}
