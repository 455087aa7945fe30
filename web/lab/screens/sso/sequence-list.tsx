/** The run in words: every message, and of every cookie whether it travelled and why. */
import type { SsoRun } from '../../sso/run.ts'
import { type CookieNote, PARTIES } from '../../sso/trace.ts'
import { Badge } from '../../ui/parts.tsx'
import { actsOf } from './acts.ts'

const WORDS: Readonly<Record<CookieNote['what'], string>> = {
  carried: 'sent',
  withheld: 'not sent',
  kept: 'kept by the browser',
  removed: 'removed from the browser',
  refused: 'refused by the browser',
}

export function SequenceList({ run }: { readonly run: SsoRun }) {
  return (
    <div class="stack">
      {actsOf(run).map(({ title, atSeconds, arrows }, i) => (
        <div key={i} class="act">
          <h3>
            {title}
            {atSeconds > 0 ? <span class="hint"> · {atSeconds} s</span> : null}
          </h3>
          {arrows.length > 0 ? (
            <ol start={arrows[0]?.number}>
              {arrows.map(({ number, kind, from, to, text, code, cookies }) => (
                <li key={number}>
                  <b>
                    {PARTIES[from]} {kind === 'ask' ? '→' : '⇢'} {PARTIES[to]}
                  </b>{' '}
                  {code === null ? <span class="mono">{text}</span> : <Badge tone="warn">{text.split(':')[0]}</Badge>}
                  {cookies.length > 0 ? <Cookies cookies={cookies} /> : null}
                </li>
              ))}
            </ol>
          ) : null}
        </div>
      ))}
    </div>
  )
}

function Cookies({ cookies }: { readonly cookies: readonly CookieNote[] }) {
  return (
    <ul>
      {cookies.map(({ name, host, what, why }, i) => (
        <li key={i} class="hint">
          <span class="mono">{name}</span> of {host}: {WORDS[what]}
          {why === null ? '' : ` (${why})`}
        </li>
      ))}
    </ul>
  )
}
