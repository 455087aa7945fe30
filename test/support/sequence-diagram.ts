/** A sequence diagram (Mermaid) of what passed the front: who asked whom, in order, without ids, codes and ports. */
import type { Passed } from './https-front.ts'

export interface Actors {
  /** By the address that they call at. */
  readonly callers: ReadonlyMap<string, string>
  /** By host name. */
  readonly sites: ReadonlyMap<string, string>
}

interface Line {
  readonly at: number
  readonly text: string
  /** null: the browser, which does one thing after the other. */
  readonly application: string | null
}

/** Pictures, styles, and what servers read of each other once and keep. */
const ASIDE = /\.(ico|css|js|png|svg|woff2)$|^\/\.well-known\//

/** @param notes texts that stand before the exchange with that place */
export function sequenceDiagram(
  passed: readonly Passed[],
  { callers, sites }: Actors,
  notes: ReadonlyMap<number, string>,
): string {
  const lines = passed
    .filter(({ path }) => !ASIDE.test(path))
    .flatMap((one): Line[] => {
      const from = callers.get(one.address) ?? 'somebody'
      const to = sites.get(one.host) ?? one.host
      const application = from === 'Browser' ? null : from === 'Provider' ? to : from
      return [
        { at: one.beganAs, text: `${from}->>${to}: ${one.method} ${plain(one.path)}${told(one.query)}`, application },
        { at: one.endedAs, text: `${to}-->>${from}: ${answer(one, sites)}`, application },
      ]
    })
    .toSorted((a, b) => a.at - b.at)
  const noted = [...notes].map(
    ([at, text]): Line => ({ at: at - 0.5, text: `Note over Browser: ${text}`, application: null }),
  )
  const all = inOrder([...lines, ...noted].toSorted((a, b) => a.at - b.at))
  const participants = ['Browser', ...sites.values()].map((name) => `    participant ${name}`)
  return ['sequenceDiagram', ...participants, ...all.map(({ text }) => `    ${text}`)].join('\n')
}

/** What servers do at the same time has no order between applications: theirs is by name. */
function inOrder(lines: readonly Line[]): readonly Line[] {
  const ordered: Line[] = []
  let run: Line[] = []
  for (const line of [...lines, null]) {
    if (line !== null && line.application !== null) {
      run.push(line)
      continue
    }
    ordered.push(...run.toSorted((a, b) => (a.application ?? '').localeCompare(b.application ?? '')))
    run = []
    if (line !== null) ordered.push(line)
  }
  return ordered
}

function answer({ host, status, location, setCookies }: Passed, sites: Actors['sites']): string {
  const to = location === null ? '' : ` to ${where(location, host, sites)}`
  const sessions = setCookies.filter((line) => /^__Host-Http-sid=/.test(line))
  const isEnded = sessions.some((line) => /max-age=0/i.test(line))
  return `${status}${to}${sessions.length === 0 ? '' : isEnded ? ', session cookie removed' : ', session cookie set'}`
}

function where(location: string, host: string, sites: Actors['sites']): string {
  const url = new URL(location, `https://${host}`)
  return url.hostname === host ? plain(url.pathname) : (sites.get(url.hostname) ?? url.hostname)
}

/** Names of the parameters that say what a step is about. */
function told(query: URLSearchParams): string {
  const names = ['code', 'state', 'iss', 'nonce', 'code_challenge', 'id_token_hint', 'fetched'].filter((name) =>
    query.has(name),
  )
  return names.length === 0 ? '' : ` (${names.join(', ')})`
}

function plain(path: string): string {
  return path.replaceAll(/\/[\w-]{20,}(?=\/|$)/g, '/ID')
}
