/** The eight ways out of a page, each tried for real. The address can never exist (RFC 2606), so nothing is reached by it. */
import type { Guard } from '../shell/guard.ts'
import type { Heard, Listening, Witness } from './witnesses.ts'

const ELSEWHERE = 'https://egress-test.invalid/'

/** `stopped`: somebody bore witness. `unproven`: nobody did. `open`: it was seen to work. `untried`: it was not tried. */
export type State = 'stopped' | 'unproven' | 'open' | 'untried'

export interface Outcome {
  readonly channel: string
  readonly state: State
  readonly by: readonly Witness[]
  readonly said: string
  /** The Content Security Policy, where the browser reported by it. */
  readonly policy?: string
}
export interface Attempt {
  readonly page: Window & typeof globalThis
  readonly guard: Guard
  readonly witnesses: Listening
}
export interface Channel {
  readonly name: string
  run(attempt: Attempt): Promise<Outcome>
}

const WAIT_MS = 1_500
const SAID: Readonly<Record<Witness, (what: string) => string>> = {
  csp: (what) => `the browser reports: stopped by ${what}`,
  allowlist: (what) => `the browser reports: ${what} stopped by Connection-Allowlist`,
  guard: () => 'the page’s own guard cancelled it',
}

function judge(channel: string, heard: readonly Heard[]): Outcome {
  const by = [...new Set(heard.map((one) => one.by))]
  const said = by.map((witness) => SAID[witness](heard.find((one) => one.by === witness)?.what ?? '')).join('; ')
  const policy = heard.find((one) => one.policy !== null)?.policy
  if (by.length > 0) return { channel, state: 'stopped', by, said, ...(policy && { policy }) }
  return { channel, state: 'unproven', by, said: 'nothing arrived that says so: do not rely on it' }
}

/** Runs it, and asks the witnesses. */
function channel(
  name: string,
  act: (page: Window & typeof globalThis, to: string) => (() => void) | undefined,
): Channel {
  return {
    name,
    async run({ page, witnesses }) {
      const to = `${ELSEWHERE}${encodeURIComponent(name)}`
      const undo = act(page, to)
      const heard = await witnesses.heardOf(to, WAIT_MS)
      undo?.()
      return judge(name, heard)
    },
  }
}

/** Would leave the page where no guard can see it. */
function leaving(
  name: string,
  act: (page: Window & typeof globalThis, to: string) => (() => void) | undefined,
): Channel {
  const inner = channel(name, act)
  return {
    name,
    async run(attempt) {
      if (attempt.guard.seesNavigations) return inner.run(attempt)
      const said = 'not tried: this browser does not let a page see its navigations, so the test would leave the page'
      return { channel: name, state: 'untried', by: [], said }
    },
  }
}

export const CHANNELS: readonly Channel[] = [
  channel('fetch', (page, to) => {
    page.fetch(to, { mode: 'no-cors' }).catch(() => undefined)
    return undefined
  }),
  channel('image', (page, to) => {
    const image = page.document.createElement('img')
    image.src = to
    return undefined
  }),
  leaving('form', ({ document }, to) => {
    const form = document.createElement('form')
    Object.assign(form, { action: to, method: 'post' })
    document.body.append(form)
    form.submit()
    return () => form.remove()
  }),
  leaving('navigation', ({ location }, to) => {
    location.assign(to)
    return undefined
  }),
  {
    name: 'window.open',
    async run({ page, witnesses }) {
      const opened = page.open(ELSEWHERE)
      const heard = await witnesses.heardOf(ELSEWHERE, WAIT_MS)
      opened?.close()
      if (opened) return { channel: 'window.open', state: 'open', by: [], said: 'a window opened' }
      return judge('window.open', heard)
    },
  },
  leaving('link', ({ document }, to) => {
    const link = document.createElement('a')
    link.href = to
    document.body.append(link)
    link.click()
    return () => link.remove()
  }),
  leaving('meta refresh', ({ document }, to) => {
    const meta = document.createElement('meta')
    meta.httpEquiv = 'refresh'
    meta.content = `0;url=${to}`
    document.head.append(meta)
    return () => meta.remove()
  }),
  { name: 'WebRTC', run: webRtc },
]

/** The guard took its constructor away; what the browser does behind that is asked with the one that was taken. */
async function webRtc({ page, guard, witnesses }: Attempt): Promise<Outcome> {
  const name = 'WebRTC'
  const isGone = !Reflect.has(page, 'RTCPeerConnection')
  const Connection = guard.removed.get('RTCPeerConnection') ?? Reflect.get(page, 'RTCPeerConnection')
  if (typeof Connection !== 'function') {
    return { channel: name, state: 'stopped', by: [], said: 'this browser has no WebRTC' }
  }
  const said = isGone ? ['the page’s own guard removed it'] : []
  const by: Witness[] = isGone ? ['guard'] : []
  let candidates = 0
  const connection = new (Connection as typeof RTCPeerConnection)({ iceServers: [{ urls: 'stun:127.0.0.1:9' }] })
  try {
    connection.createDataChannel('lab')
    connection.onicecandidate = ({ candidate }) => void (candidate && candidates++)
    await connection.setLocalDescription(await connection.createOffer())
    const heard = await witnesses.heardOf('webrtc', WAIT_MS)
    const report = heard.find((one) => one.by === 'allowlist')
    if (report) {
      by.push('allowlist')
      said.push(SAID.allowlist('WebRTC'))
    } else said.push(`behind that, nobody stopped it (${candidates} addresses came up)`)
  } catch {
    said.push('the browser refuses it')
  } finally {
    connection.close()
  }
  return { channel: name, state: by.length > 0 ? 'stopped' : 'unproven', by, said: said.join('; ') }
}
