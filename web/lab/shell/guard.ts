/** The page's own guard, behind the headers: for browsers that do not know `Connection-Allowlist`, and for the single file. */

interface NavigateEvent extends Event {
  readonly destination: { readonly url: string }
}

/** Constructors and functions through which a page can reach others without a header being asked. */
const DOORS = ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel', 'WebTransport'] as const

/** Cancels every navigation to elsewhere, and removes what could open a channel. Called before anything else. */
export function closeDoors(page: Window & typeof globalThis): void {
  const isHere = (url: string): boolean => {
    const to = new URL(url, page.location.href)
    return to.protocol === 'blob:' || (to.protocol === page.location.protocol && to.host === page.location.host)
  }
  const navigation: unknown = Reflect.get(page, 'navigation')
  if (navigation instanceof EventTarget) {
    navigation.addEventListener('navigate', (event) => {
      if (event.cancelable && !isHere((event as NavigateEvent).destination.url)) event.preventDefault()
    })
  }
  for (const door of DOORS) Reflect.deleteProperty(page, door)
  page.open = () => null
}
