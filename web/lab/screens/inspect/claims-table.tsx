/** Header or payload, member by member: what it means, what it holds, what it costs. */
import { useState } from 'preact/hooks'
import type { JsonObject } from '../../../../src/json.ts'
import { isPinned, type Pin } from '../../paste/pins.ts'
import { explain, isInstant } from '../../paste/registered.ts'
import { nextView, showInstant, type TimeView } from '../../paste/times.ts'
import { Button } from '../../ui/controls.tsx'
import { Explain, Panel, Table } from '../../ui/parts.tsx'

export interface ClaimsTableProps {
  readonly part: 'header' | 'payload'
  readonly object: JsonObject | null
  readonly now: number
  readonly pins: readonly Pin[]
  readonly onPin: (pin: Pin) => void
}

const encoder = new TextEncoder()
const MAX_SHOWN = 400

export function ClaimsTable({ part, object, now, pins, onPin }: ClaimsTableProps) {
  const title = part === 'header' ? 'Header' : 'Payload'
  const entries = Object.entries(object ?? {})
  return (
    <Panel title={title}>
      {entries.length === 0 ? (
        <p>{object === null ? 'It cannot be read.' : 'It is empty.'}</p>
      ) : (
        <div class="claims">
          <Table
            caption={`${title}: name, value and size, and whether it stays in sight`}
            captionHidden
            head={['name', 'value', 'bytes', 'keep']}
            numeric={[2]}
            rows={entries.map(([name, value]) => [
              <Name key={name} part={part} name={name} />,
              isInstant(name, value) ? (
                <Instant key={name} name={name} at={value} now={now} />
              ) : (
                <Value key={name} value={value} />
              ),
              encoder.encode(JSON.stringify({ [name]: value })).length - 2,
              <PinButton key={name} pin={{ part, name, value: JSON.stringify(value) }} pins={pins} onPin={onPin} />,
            ])}
          />
        </div>
      )}
    </Panel>
  )
}

interface PinButtonProps extends Pick<ClaimsTableProps, 'pins' | 'onPin'> {
  readonly pin: Pin
}

function PinButton({ pin, pins, onPin }: PinButtonProps) {
  return (
    <Button pressed={isPinned(pins, pin)} name={`Pin ${pin.part} ${pin.name}`} onPress={() => onPin(pin)}>
      Pin
    </Button>
  )
}

function Name({ part, name }: { readonly part: 'header' | 'payload'; readonly name: string }) {
  const meaning = explain(part, name)
  return meaning === null ? <code>{name}</code> : <Explain term={<code>{name}</code>}>{meaning}</Explain>
}

function Value({ value }: { readonly value: unknown }) {
  const [isWhole, setWhole] = useState(false)
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value, null, 1) : JSON.stringify(value)
  if (text.length <= MAX_SHOWN || isWhole) return <code>{text}</code>
  return (
    <>
      <code>{text.slice(0, MAX_SHOWN)}…</code>{' '}
      <button type="button" onClick={() => setWhole(true)}>
        show all {text.length} characters
      </button>
    </>
  )
}

/** Pressed, it is shown in the next way: relative, local, UTC, raw. */
function Instant({ name, at, now }: { readonly name: string; readonly at: number; readonly now: number }) {
  const [view, setView] = useState<TimeView>('relative')
  const shown = showInstant(at, view, now)
  return (
    <button
      type="button"
      class="instant"
      aria-label={`${name}: ${shown}, shown ${view}; show it ${nextView(view)}`}
      onClick={() => setView(nextView(view))}
    >
      {shown}
    </button>
  )
}
