/** What the token weighs, and what is unwise about it. */
import { useEffect, useState } from 'preact/hooks'
import { COOKIE_BYTES, HEADER_BYTES, share } from '../../paste/budget.ts'
import { type Lint, lintToken } from '../../paste/lint.ts'
import type { Token } from '../../paste/token.ts'
import type { Lab } from '../../shell/screen.ts'
import { Meter, Note, Panel } from '../../ui/parts.tsx'

export function SizeAndLint({ lab, token, now }: { readonly lab: Lab; readonly token: Token; readonly now: number }) {
  const guessed = useGuessedSecret(lab, token)
  const bytes = token.compact.length
  const found: readonly Lint[] = [
    ...(guessed === null
      ? []
      : [
          {
            code: 'weak-secret',
            tone: 'bad' as const,
            text: `signed with the secret “${guessed}”, which everybody tries first`,
          },
        ]),
    ...lintToken(token, now),
  ]
  return (
    <Panel title={`Size ${bytes} B, and ${found.length === 0 ? 'nothing to remark' : 'remarks'}`}>
      <Meter value={bytes} max={COOKIE_BYTES} label={`${share(bytes, COOKIE_BYTES)} of a cookie of 4096 B`} />
      <Meter value={bytes} max={HEADER_BYTES} label={`${share(bytes, HEADER_BYTES)} of 8 kB for all headers`} />
      <ul class="plain-list" aria-label="Remarks">
        {found.map(({ code, tone, text }) => (
          <li key={`${code} ${text}`}>
            <Note tone={tone}>{text}</Note>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function useGuessedSecret(lab: Lab, { header, compact }: Token): string | null {
  const [guessed, setGuessed] = useState<string | null>(null)
  useEffect(() => {
    setGuessed(null)
    if (header?.alg !== 'HS256') return undefined
    let isCurrent = true
    lab.engine.call('guessSecret', compact).then(
      (secret) => isCurrent && setGuessed(secret),
      () => undefined,
    )
    return () => {
      isCurrent = false
    }
  }, [compact])
  return guessed
}
