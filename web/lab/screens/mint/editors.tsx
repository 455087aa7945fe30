/** Header and payload to edit, with buttons for what is set most often. */
import { useState } from 'preact/hooks'
import { Button, Range, Select, TextField } from '../../ui/controls.tsx'
import { Panel } from '../../ui/parts.tsx'
import { Undoable } from '../../ui/undoable.tsx'
import type { Edited } from '../../ui/use-history.ts'
import { nowSeconds } from '../inspect/use-now.ts'
import { faultIn, MAX_ROLES, newId, objectOf, rolesIn, withMembers, withRoles } from './editing.ts'

export interface EditorsProps {
  readonly header: Edited<string>
  readonly payload: Edited<string>
}

const LIVES = [
  ['60', '1 minute'],
  ['300', '5 minutes'],
  ['600', '10 minutes'],
  ['3600', '60 minutes'],
  ['2592000', '30 days'],
] as const

export function Editors({ header, payload }: EditorsProps) {
  const { value: text } = payload
  const [life, setLife] = useState<(typeof LIVES)[number][0]>('600')
  const isBroken = objectOf(text) === null
  const set = (members: Readonly<Record<string, unknown>>): void => payload.change((old) => withMembers(old, members))
  const issuedAt = (): number => {
    const iat = objectOf(text)?.iat
    return typeof iat === 'number' ? iat : nowSeconds()
  }
  const roles = rolesIn(text)
  return (
    <Panel title="Header and payload">
      <Undoable of="header" history={header}>
        <TextField
          label="Header"
          lines={5}
          value={header.value}
          error={faultIn(header.value)}
          onChange={header.type}
          isMain
        />
      </Undoable>
      <Undoable of="payload" history={payload}>
        <TextField label="Payload" lines={12} value={text} error={faultIn(text)} onChange={payload.type} />
      </Undoable>
      <div class="row">
        <Button disabled={isBroken} onPress={() => set({ iat: nowSeconds() })}>
          + iat now
        </Button>
        <Select label="Life" value={life} options={LIVES} onChange={setLife} />
        <Button disabled={isBroken} onPress={() => set({ exp: issuedAt() + Number(life) })}>
          + exp
        </Button>
        <Button disabled={isBroken} onPress={() => set({ jti: newId() })}>
          + jti
        </Button>
        <Button disabled={isBroken} onPress={() => set({ sid: newId() })}>
          + sid
        </Button>
      </div>
      <Range
        label="Roles"
        value={roles}
        min={0}
        max={MAX_ROLES}
        shown={roles === 1 ? '1 role' : `${roles} roles`}
        onChange={(count) => payload.type(withRoles(text, count))}
      />
    </Panel>
  )
}
