/** Mint: keys and claims into a token, its size by algorithm, its times in this browser. */
import { useEffect, useState } from 'preact/hooks'
import type { MintAlgorithm, MintKey } from '../engine/token/mint.ts'
import { readToken } from '../paste/token.ts'
import type { ScreenProps } from '../shell/screen.ts'
import { Note } from '../ui/parts.tsx'
import { useHistory } from '../ui/use-history.ts'
import { ALGORITHMS } from './inspect/policy.ts'
import { nowSeconds } from './inspect/use-now.ts'
import { dense, faultIn, firstPayload, textOf, withMembers } from './mint/editing.ts'
import { Editors } from './mint/editors.tsx'
import { KeyPanel } from './mint/key-panel.tsx'
import { MintedPanel, SizesPanel } from './mint/minted-panel.tsx'
import './inspect.css'

export default function Mint(props: ScreenProps) {
  // Forgetting everything begins anew: keys, too.
  return <Minting key={props.lab.hand.wiped.value} {...props} />
}

function Minting({ lab }: ScreenProps) {
  const [algorithm, setAlgorithm] = useState<MintAlgorithm>('ES256')
  const [extra, setExtra] = useState<readonly MintAlgorithm[]>([])
  const [minted, setMinted] = useState<MintKey | null>(null)
  const header = useHistory(() => textOf({ alg: 'ES256', typ: 'at+jwt' }))
  const payload = useHistory(() => firstPayload(nowSeconds()))
  const [isCopy, setCopy] = useState(false)
  const { token, problem } = useSigned(lab, minted, header.value, payload.value)

  const choose = (name: MintAlgorithm): void => {
    setAlgorithm(name)
    setMinted(null)
    header.change((text) => withMembers(text, { alg: name, kid: undefined }))
  }
  const takeKey = (key: MintKey): void => {
    setMinted(key)
    header.change((text) => withMembers(text, { alg: key.algorithm, kid: key.keyId ?? undefined }))
  }
  useEffect(() => {
    lab.engine.call('postQuantum', undefined).then(setExtra, () => undefined)
    const template = lab.hand.take('template')
    const copied = template === null ? null : readToken(template)
    if (!copied?.header || !copied.payload) return
    const same = ALGORITHMS.find((name) => name === copied.header?.alg) ?? 'ES256'
    setCopy(true)
    setAlgorithm(same)
    header.set(textOf({ ...copied.header, alg: same }))
    payload.set(textOf(copied.payload))
  }, [])

  return (
    <>
      <h1>Mint</h1>
      <p class="lead">Make a token and see what it weighs. Keys are made here, kept in memory, and forgotten.</p>
      {isCopy ? (
        <Note tone="warn">
          A copy of the token that you inspected. You do not have its issuer’s key: signed with yours, it is another
          token.
        </Note>
      ) : null}
      <div class="columns">
        <KeyPanel
          lab={lab}
          algorithm={algorithm}
          algorithms={[...ALGORITHMS, ...extra]}
          minted={minted}
          onAlgorithm={choose}
          onKey={takeKey}
        />
        <Editors header={header} payload={payload} />
      </div>
      <MintedPanel lab={lab} minted={minted} token={token} problem={problem} />
      <SizesPanel header={header.value} payload={payload.value} />
    </>
  )
}

interface Signed {
  readonly token: string | null
  readonly problem: string | null
}

/** Signs as the user types; an answer that comes late is dropped. */
function useSigned(lab: ScreenProps['lab'], minted: MintKey | null, header: string, payload: string): Signed {
  const [signed, setSigned] = useState<Signed>({ token: null, problem: null })
  useEffect(() => {
    if (!minted) {
      setSigned({ token: null, problem: null })
      return undefined
    }
    if (faultIn(header) !== null || faultIn(payload) !== null) {
      setSigned({ token: null, problem: 'Header or payload is no JSON object yet: nothing is signed.' })
      return undefined
    }
    const abort = new AbortController()
    const request = { jwk: minted.jwk, header: dense(header), payload: dense(payload) }
    lab.engine.call('sign', request, { signal: abort.signal }).then(
      (token) => setSigned({ token, problem: null }),
      (error: unknown) => {
        if (abort.signal.aborted) return
        setSigned({ token: null, problem: error instanceof Error ? error.message : 'It could not be signed.' })
      },
    )
    return () => abort.abort()
  }, [minted, header, payload])
  return signed
}
