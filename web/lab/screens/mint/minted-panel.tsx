/** The token that was signed: what it weighs under every algorithm, and how long signing and verifying take here. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { KeyTimes, MintKey } from '../../engine/token/mint.ts'
import { COOKIE_BYTES, HEADER_BYTES, share, sizesByAlgorithm } from '../../paste/budget.ts'
import type { Lab } from '../../shell/screen.ts'
import { Button } from '../../ui/controls.tsx'
import { Badge, Code, Panel, Table, Working } from '../../ui/parts.tsx'
import { dense, objectOf } from './editing.ts'

export interface MintedPanelProps {
  readonly lab: Lab
  readonly minted: MintKey | null
  readonly token: string | null
  readonly problem: string | null
}

export function MintedPanel({ lab, minted, token, problem }: MintedPanelProps) {
  const inspect = (): void => {
    if (token === null || !minted) return
    lab.hand.offer('token', token)
    lab.hand.offer('key', JSON.stringify(minted.publicJwk ?? minted.jwk, null, 2))
    lab.go('inspect')
  }
  return (
    <Panel title={token === null ? 'Token' : `Token ${token.length} B`}>
      {token === null ? (
        <p role="status">{problem ?? 'Generate a key, and the token is signed as you type.'}</p>
      ) : (
        <>
          <Code label="The token">{token.replace(/.{64}(?=.)/g, '$&\n')}</Code>
          <div class="row">
            <Button isMain onPress={() => void lab.copy(token, 'Token')}>
              Copy
            </Button>
            <Button onPress={inspect}>Inspect</Button>
          </div>
          <p class="hint">
            Mint signs and never verifies; Inspect gets the token and the {minted?.publicJwk ? 'public key' : 'secret'}{' '}
            to verify it with.
          </p>
        </>
      )}
      {minted && token !== null ? <Times key={minted.algorithm} lab={lab} minted={minted} token={token} /> : null}
    </Panel>
  )
}

function Times({ lab, minted, token }: { readonly lab: Lab; readonly minted: MintKey; readonly token: string }) {
  const [times, setTimes] = useState<KeyTimes | null>(null)
  const [done, setDone] = useState<number | null>(null)
  const abort = useRef<AbortController | null>(null)
  useEffect(() => () => abort.current?.abort(), [])
  const measure = async (): Promise<void> => {
    abort.current = new AbortController()
    setDone(0)
    const input = token.slice(0, token.lastIndexOf('.'))
    try {
      const options = { signal: abort.current.signal, onProgress: setDone }
      setTimes(await lab.engine.call('timeKey', { jwk: minted.jwk, input }, options))
    } catch (error) {
      if (!abort.current.signal.aborted) lab.say(error instanceof Error ? error.message : 'It could not be measured.')
    }
    setDone(null)
  }
  return (
    <>
      {times ? (
        <p role="status">
          {times.algorithm}: sign {micro(times.signUs)}, verify {micro(times.verifyUs)} (this browser, median of{' '}
          {times.rounds})
        </p>
      ) : null}
      {done === null ? (
        <Button onPress={() => void measure()}>Measure sign and verify</Button>
      ) : (
        <Working label="Measuring" done={done} onCancel={() => abort.current?.abort()} />
      )}
    </>
  )
}

const micro = (us: number): string => (us >= 100 ? `${Math.round(us)} µs` : `${us.toFixed(1)} µs`)

/** The same claims under every algorithm. Computed, not measured. */
export function SizesPanel({ header, payload }: { readonly header: string; readonly payload: string }) {
  const [head, isGood] = [objectOf(header), objectOf(payload) !== null]
  if (!head || !isGood) return null
  const sizes = sizesByAlgorithm(head, dense(payload))
  const over = sizes.filter(({ fitsCookie }) => !fitsCookie).map(({ algorithm }) => algorithm)
  return (
    <Panel title="Size by algorithm">
      <p>
        {over.length === 0
          ? 'With these claims a token of every algorithm fits into a cookie.'
          : `With these claims no cookie holds a token of ${over.join(', ')}.`}
      </p>
      <Table
        caption="The same header and claims under each algorithm, computed"
        head={[
          'algorithm',
          'token, B',
          'signature, B',
          `in a cookie (${COOKIE_BYTES} B)`,
          `of ${HEADER_BYTES / 1024} kB for headers`,
        ]}
        numeric={[1, 2, 4]}
        rows={sizes.map(({ algorithm, bytes, signatureBytes, fitsCookie }) => [
          algorithm,
          bytes,
          signatureBytes,
          <Badge key={algorithm} tone={fitsCookie ? 'good' : 'bad'}>
            {fitsCookie ? 'fits' : 'does not fit'}
          </Badge>,
          share(bytes, HEADER_BYTES),
        ])}
      />
      <p class="hint">RSA with 2048 bits. The product has all of them but ML-DSA.</p>
    </Panel>
  )
}
