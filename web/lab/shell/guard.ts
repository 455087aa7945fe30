/** The page's own guard, behind the headers: for browsers that do not know `Connection-Allowlist`, and for the single file. */

interface NavigateEvent extends Event {
  readonly destination: { readonly url: string }
}

export interface Guard {
  /** Whether this browser lets a page see its navigations, and cancel them. */
  readonly seesNavigations: boolean
  /** Tells the address of everything that it stops. @returns how to end that */
  watch(told: (url: string) => void): () => void
  /** What it took away from the page. Proof asks the browser what would hold without the guard. */
  readonly removed: ReadonlyMap<string, unknown>
}

/** Constructors through which a page can reach others without a header being asked. */
const DOORS = ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel', 'WebTransport'] as const

/** Cancels every navigation to elsewhere, and removes what could open a channel. Called before anything else. */
export function closeDoors(page: Window & typeof globalThis): Guard {
  const watching = new Set<(url: string) => void>()
  const removed = new Map<string, unknown>()
  const isHere = (url: string): boolean => {
    if (!URL.canParse(url, page.location.href)) return false
    const to = new URL(url, page.location.href)
    if (to.protocol === 'blob:') return to.pathname.startsWith(`${page.location.origin}/`)
    if (to.protocol === 'file:') return page.location.protocol === 'file:' && to.pathname === page.location.pathname
    return to.protocol === page.location.protocol && to.host === page.location.host
  }
  const stop = (url: string, event: Event): void => {
    if (!event.cancelable || isHere(url)) return
    event.preventDefault()
    for (const told of watching) told(url)
  }
  const navigation: unknown = Reflect.get(page, 'navigation')
  const seesNavigations = navigation instanceof EventTarget
  if (seesNavigations) {
    navigation.addEventListener('navigate', (event) => stop((event as NavigateEvent).destination.url, event))
  }
  // A link into a new window is no navigation of this one.
  const click = (event: Event): void => {
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null
    if (link instanceof HTMLAnchorElement) stop(link.href, event)
  }
  for (const kind of ['click', 'auxclick']) page.addEventListener(kind, click, { capture: true })
  for (const door of DOORS) {
    const found: unknown = Reflect.get(page, door)
    if (found !== undefined && Reflect.deleteProperty(page, door)) removed.set(door, found)
  }
  page.open = (url) => {
    for (const told of watching) told(String(url ?? ''))
    return null
  }
  return {
    seesNavigations,
    watch(told) {
      watching.add(told)
      return () => void watching.delete(told)
    },
    removed,
  }
}
