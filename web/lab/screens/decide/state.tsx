/** Where each piece of state sits, leg by leg. */
import type { Decision } from '../../decide/decide.ts'
import { type Held, PLACES, stateMap } from '../../decide/state-map.ts'
import { LEG_NAMES, PIECES, PLACE_NAMES } from '../../decide/words.ts'
import { Panel, Table } from '../../ui/parts.tsx'
import { round } from './amounts.ts'

const shown = ({ piece, bytes }: Held): string => `${PIECES[piece]}${bytes === null ? '' : `, ${round(bytes)} B`}`

export function StateMap({ decision }: { readonly decision: Decision }) {
  const held = stateMap(decision)
  return (
    <Panel title="Where the state lives">
      <Table
        caption="Each piece of state in its place; sizes are of one, measured where a result file has them"
        head={['Leg', ...PLACES.map((place) => PLACE_NAMES[place])]}
        rows={decision.legs.map(({ leg }) => [
          LEG_NAMES[leg],
          ...PLACES.map((place) => {
            const here = held.filter((one) => one.leg === leg && one.place === place)
            return here.length === 0 ? (
              <span key={place} class="soft">
                nothing
              </span>
            ) : (
              <ul key={place} class="held">
                {here.map((one) => (
                  <li key={one.piece}>{shown(one)}</li>
                ))}
              </ul>
            )
          }),
        ])}
      />
    </Panel>
  )
}
