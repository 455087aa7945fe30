/** Proof: that nothing leaves, shown and not said. */
import { useState } from 'preact/hooks'
import type { ScreenProps } from '../shell/screen.ts'
import { Button } from '../ui/controls.tsx'
import { Panel } from '../ui/parts.tsx'

export default function Proof({ lab }: ScreenProps) {
  const [pace, setPace] = useState<number | null>(null)
  return (
    <>
      <h1>Proof that nothing leaves</h1>
      <Panel title="The engine">
        <p>
          {pace === null
            ? 'Not asked yet.'
            : `A SHA-256 of the product takes ${pace.toFixed(1)} µs in this browser (median of 200).`}
        </p>
        <Button isMain onPress={() => void lab.engine.call('pace', undefined).then(setPace)}>
          Measure
        </Button>
      </Panel>
    </>
  )
}
