/** What can be done with the token next: copy it, compare it, carry it to another screen. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { asCurl, asJson, asRedacted, asSynthetic, asTable } from '../../paste/copies.ts'
import { diffTokens } from '../../paste/diff.ts'
import { readPaste } from '../../paste/read-paste.ts'
import type { Token } from '../../paste/token.ts'
import type { Lab } from '../../shell/screen.ts'
import { Button, Check, TextField } from '../../ui/controls.tsx'
import { Note, Panel, Table } from '../../ui/parts.tsx'
import { nowSeconds } from './use-now.ts'

export interface TakeAlongProps {
  readonly lab: Lab
  readonly token: Token
  readonly verdict: string
}

export function TakeAlong({ lab, token, verdict }: TakeAlongProps) {
  const copyRedacted = () => void lab.copy(asRedacted(token, verdict, nowSeconds()), 'Redacted report')
  const copySynthetic = async (): Promise<void> => {
    const shape = asSynthetic(token)
    if (!shape) return lab.say('Header or payload cannot be read: there is no shape to copy.')
    await lab.copy(await lab.engine.call('signDemo', shape), 'Look-alike')
  }
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey && event.shiftKey && event.key.toLowerCase() === 'c')) return
      event.preventDefault()
      copyRedacted()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  })
  return (
    <Panel title="Take it along">
      <div class="row">
        <Button onPress={copyRedacted}>Copy redacted report</Button>
        <Button onPress={() => void lab.copy(asJson(token), 'JSON')}>Copy JSON</Button>
        <Button onPress={() => void lab.copy(asTable(token), 'Table')}>Copy Markdown table</Button>
        <Button onPress={() => void lab.copy(asCurl(), 'curl line')}>Copy curl with a placeholder</Button>
        <Button onPress={() => void copySynthetic()}>Copy a look-alike</Button>
        <Button onPress={() => void lab.copy(token.text, 'Token')}>Copy raw</Button>
      </div>
      <p class="hint">
        The redacted report holds structure, sizes, times as offsets and the verdict: no value, no signature. The
        look-alike has the same shape, invented values, and the signature of a key that an RFC prints.
      </p>
      <div class="row">
        <Button
          disabled={token.header === null || token.payload === null}
          onPress={() => {
            lab.hand.offer('template', token.compact)
            lab.go('mint')
          }}
        >
          Re-sign a copy in Mint
        </Button>
        <Button
          onPress={() => {
            lab.hand.offer('cookie', `token=${token.compact}; Path=/; Secure; HttpOnly; SameSite=Lax`)
            lab.go('cookies')
          }}
        >
          Audit as cookie
        </Button>
        <Button
          onPress={() => {
            lab.hand.offer('target', token.compact)
            lab.go('attack')
          }}
        >
          Replay it in Attack
        </Button>
      </div>
    </Panel>
  )
}

export function ComparePanel({ token }: { readonly token: Token }) {
  const [text, setText] = useState('')
  const [isAll, setAll] = useState(false)
  const other = useMemo(() => readPaste(text).tokens[0]?.token ?? null, [text])
  const differences = other ? diffTokens(token, other) : []
  const shown = differences.filter(({ change }) => isAll || change !== 'same')
  return (
    <Panel title="Compare with another token">
      <TextField
        label="The other token"
        lines={2}
        value={text}
        onChange={setText}
        error={text.trim() !== '' && !other ? 'no token is found in it' : null}
      />
      {other ? (
        <>
          <Check label="show what is the same, too" checked={isAll} onChange={setAll} />
          {shown.length === 0 ? (
            <Note>Header and payload say the same.</Note>
          ) : (
            <Table
              caption={`${differences.filter(({ change }) => change !== 'same').length} of ${differences.length} members differ`}
              head={['member', 'change', 'this token', 'the other']}
              rows={shown.map(({ part, name, change, before, after }) => [
                `${part} ${name}`,
                change,
                before ?? '–',
                after ?? '–',
              ])}
            />
          )}
        </>
      ) : null}
    </Panel>
  )
}
