/** What was pinned, beside what this token says at the same place. */
import { besides, type Pin } from '../../paste/pins.ts'
import type { Token } from '../../paste/token.ts'
import { Button } from '../../ui/controls.tsx'
import { Badge, Panel, Table } from '../../ui/parts.tsx'

export interface PinnedPanelProps {
  readonly pins: readonly Pin[]
  readonly token: Token | null
  readonly onPin: (pin: Pin) => void
}

export function PinnedPanel({ pins, token, onPin }: PinnedPanelProps) {
  if (pins.length === 0) return null
  return (
    <Panel title="Pinned">
      <div class="claims">
        <Table
          caption="Pinned values, and this token beside them"
          captionHidden
          head={['member', 'pinned', 'this token', 'keep']}
          rows={besides(pins, token).map(({ now, isSame, ...pin }) => [
            <code key="name">{`${pin.part} ${pin.name}`}</code>,
            <code key="pinned">{shortened(pin.value)}</code>,
            isSame ? (
              'the same'
            ) : (
              <span key="now">
                <Badge tone="plain">other</Badge> {now === null ? 'not there' : <code>{shortened(now)}</code>}
              </span>
            ),
            <Button
              key="keep"
              name={`Unpin ${pin.part} ${pin.name} ${shortened(pin.value)}`}
              onPress={() => onPin(pin)}
            >
              Unpin
            </Button>,
          ])}
        />
      </div>
    </Panel>
  )
}

const MAX_SHOWN = 200
const shortened = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text)
