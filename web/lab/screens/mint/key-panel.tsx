/** The key that signs: made here or brought along, in memory only. */
import { useState } from 'preact/hooks'
import type { SecretEncoding } from '../../engine/token/keys.ts'
import type { MintAlgorithm, MintKey } from '../../engine/token/mint.ts'
import type { Lab } from '../../shell/screen.ts'
import { Button, Choice, Select, TextField } from '../../ui/controls.tsx'
import { Code, Note, Panel } from '../../ui/parts.tsx'

export interface KeyPanelProps {
  readonly lab: Lab
  readonly algorithm: MintAlgorithm
  readonly algorithms: readonly MintAlgorithm[]
  readonly minted: MintKey | null
  readonly onAlgorithm: (algorithm: MintAlgorithm) => void
  readonly onKey: (key: MintKey) => void
}

type Form = 'public JWK' | 'public PEM' | 'private JWK' | 'private PEM'

export function KeyPanel({ lab, algorithm, algorithms, minted, onAlgorithm, onKey }: KeyPanelProps) {
  const [text, setText] = useState('')
  const [encoding, setEncoding] = useState<SecretEncoding>('utf-8')
  const [problem, setProblem] = useState<string | null>(null)
  const [form, setForm] = useState<Form>('public JWK')
  const attempt = async (work: Promise<MintKey>): Promise<void> => {
    try {
      onKey(await work)
      setProblem(null)
      setText('')
    } catch (error) {
      setProblem(error instanceof Error ? error.message : 'the key cannot be used')
    }
  }
  const forms = minted ? formsOf(minted) : []
  const shown = forms.find(([name]) => name === form) ?? forms[0]
  return (
    <Panel title="Key">
      <div class="row">
        <Select
          label="Algorithm"
          value={algorithm}
          options={algorithms.map((name) => [name, name] as const)}
          onChange={onAlgorithm}
        />
        <Button isMain onPress={() => void attempt(lab.engine.call('makeKey', algorithm))}>
          Generate
        </Button>
      </div>
      {algorithm.startsWith('ML-DSA') ? (
        <Note tone="warn">The product does not have {algorithm}: this browser’s own Web Crypto signs.</Note>
      ) : null}
      {minted && shown ? (
        <>
          <p>
            {minted.keyId ? (
              <>
                kid <code>{minted.keyId}</code>
              </>
            ) : (
              'no kid'
            )}
            {minted.thumbprint ? (
              <>
                , thumbprint <code>{minted.thumbprint}</code>
              </>
            ) : null}
          </p>
          <Choice
            label="Show it as"
            value={shown[0]}
            options={forms.map(([name]) => [name, name] as const)}
            onChange={setForm}
          />
          <Code label={shown[0]}>{shown[1]}</Code>
          {shown[0].startsWith('private') ? (
            <Note tone="warn">Whoever has it can sign. It is kept in memory, and forgotten with everything else.</Note>
          ) : null}
          <Button onPress={() => void lab.copy(shown[1], shown[0])}>Copy the {shown[0]}</Button>
        </>
      ) : (
        <p>No key yet: generate one, or bring one along.</p>
      )}
      <details>
        <summary>Bring a key along</summary>
        <div class="stack">
          <TextField
            label="Private JWK, PEM (PKCS#8) or secret"
            lines={3}
            value={text}
            error={problem}
            onChange={setText}
            onEnter={() => void attempt(lab.engine.call('takeKey', { text, encoding, algorithm }))}
          />
          {algorithm === 'HS256' ? (
            <Choice
              label="A secret is written as"
              value={encoding}
              options={[
                ['utf-8', 'text (UTF-8)'],
                ['base64url', 'base64url'],
                ['hex', 'hex'],
              ]}
              onChange={setEncoding}
            />
          ) : null}
          <Button onPress={() => void attempt(lab.engine.call('takeKey', { text, encoding, algorithm }))}>
            Use this key
          </Button>
        </div>
      </details>
    </Panel>
  )
}

function formsOf({ jwk, publicJwk, publicPem, privatePem }: MintKey): readonly (readonly [Form, string])[] {
  const json = (value: object) => JSON.stringify(value, null, 2)
  return [
    ...(publicJwk ? [['public JWK', json(publicJwk)] as const] : []),
    ...(publicPem ? [['public PEM', publicPem] as const] : []),
    ['private JWK', json(jwk)],
    ...(privatePem ? [['private PEM', privatePem] as const] : []),
  ]
}
