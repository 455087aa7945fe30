/** Several tokens in one paste: by issuer, subject and audience, the oldest first. */
import { groupTokens } from '../../paste/groups.ts'
import type { FoundToken, Paste } from '../../paste/read-paste.ts'
import { showInstant } from '../../paste/times.ts'
import { Button } from '../../ui/controls.tsx'
import { Panel } from '../../ui/parts.tsx'

export interface FoundListProps {
  readonly paste: Paste
  readonly chosen: FoundToken | null
  readonly now: number
  readonly onChoose: (found: FoundToken) => void
}

export function FoundList({ paste, chosen, now, onChoose }: FoundListProps) {
  return (
    <Panel title={`${paste.tokens.length} tokens`}>
      {groupTokens(paste.tokens).map(({ issuer, subject, audience, tokens }) => (
        <Panel
          key={`${issuer} ${subject} ${audience}`}
          isInner
          title={[issuer, subject, audience].filter(Boolean).join(' · ') || 'without issuer and subject'}
        >
          <ul class="plain-list found">
            {tokens.map((found) => (
              <li key={`${found.source} ${found.start}`}>
                <Button pressed={found === chosen} onPress={() => onChoose(found)}>
                  {found.source}: {found.token.kind}
                  {issued(found, now)}
                </Button>
              </li>
            ))}
          </ul>
        </Panel>
      ))}
    </Panel>
  )
}

function issued({ token }: FoundToken, now: number): string {
  const iat = token.payload?.iat
  return typeof iat === 'number' ? `, issued ${showInstant(iat, 'relative', now)}` : ''
}
