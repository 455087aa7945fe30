/** The documents in the browser: the search, and keeping them for when there is no network. */
import { type Entry, search } from './search.ts'

const form = document.querySelector<HTMLFormElement>('form.search')
const input = document.querySelector<HTMLInputElement>('#search')
const found = document.querySelector<HTMLElement>('.found')
const status = document.querySelector<HTMLElement>('#found')
const results = found?.querySelector('ol')

if (form && input && found && status && results) {
  let entries: Promise<readonly Entry[]> | null = null
  const load = (): Promise<readonly Entry[]> => {
    entries ??= fetch('/docs/search.json').then((answer) => answer.json() as Promise<readonly Entry[]>)
    return entries
  }
  const show = async (): Promise<void> => {
    const asked = input.value
    const known = await load().catch(() => null)
    if (known === null) entries = null
    // Somebody has typed on meanwhile.
    if (asked !== input.value) return
    const hits = known === null ? [] : search(known, asked)
    found.hidden = asked.trim() === ''
    status.textContent = known === null ? 'The search cannot be loaded.' : sayHowMany(hits.length)
    results.replaceChildren(...hits.map(({ url, title, heading, excerpt }) => hit(url, title, heading, excerpt)))
  }
  form.hidden = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    results.querySelector('a')?.click()
  })
  input.addEventListener('focus', () => void load().catch(() => undefined), { once: true })
  input.addEventListener('input', () => void show())
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !found.hidden) {
      input.value = ''
      found.hidden = true
      input.focus()
    }
    const isTyping = event.target instanceof HTMLElement && event.target.closest('input, textarea, select')
    if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault()
      input.focus()
    }
  })
  // A hit on this very page goes to its heading: the list would cover it.
  results.addEventListener('click', () => {
    input.value = ''
    found.hidden = true
  })
}

function sayHowMany(count: number): string {
  if (count === 0) return 'Nothing found.'
  return count === 1 ? 'One place' : `${count} places`
}

function hit(url: string, title: string, heading: string, excerpt: string): HTMLLIElement {
  const [item, link, text] = [document.createElement('li'), document.createElement('a'), document.createElement('p')]
  link.href = url
  link.textContent = heading === '' ? title : `${title}: ${heading}`
  text.textContent = excerpt
  item.append(link, text)
  return item
}

/** The one script address that is ever set. */
function workerUrl(): string {
  const path = '/docs/sw.js'
  const { trustedTypes } = globalThis as unknown as { trustedTypes?: TrustedTypes }
  const policy = trustedTypes?.createPolicy('docs', { createScriptURL: () => path })
  return policy ? policy.createScriptURL(path) : path
}
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

// Without service workers (plain http over a network, private windows) they are read online.
if ('serviceWorker' in navigator) {
  navigator.serviceWorker.register(workerUrl(), { type: 'module', updateViaCache: 'none' }).catch(() => undefined)
}
