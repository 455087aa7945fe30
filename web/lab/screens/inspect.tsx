/** Inspect: anything pasted, taken apart, linted and verified under the policy that the user fixes. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { type Pin, togglePin } from '../paste/pins.ts'
import { type FoundToken, type Paste, readPaste } from '../paste/read-paste.ts'
import { isSampleName, SAMPLES } from '../paste/sample-names.ts'
import type { ScreenProps } from '../shell/screen.ts'
import { useSettings } from '../shell/use-settings.ts'
import { Button, Select, TextField } from '../ui/controls.tsx'
import { FileButton } from '../ui/file-button.tsx'
import { Note, Panel, Verdict } from '../ui/parts.tsx'
import { Undoable } from '../ui/undoable.tsx'
import { useHistory } from '../ui/use-history.ts'
import { type Arrival, readFile, useArrivals } from './inspect/arrivals.ts'
import { ClaimsTable } from './inspect/claims-table.tsx'
import { Foldable, isPasted } from './inspect/foldable.tsx'
import { FoundList } from './inspect/found-list.tsx'
import { PinnedPanel } from './inspect/pinned-panel.tsx'
import { ALGORITHMS, NEW_POLICY, policyOfSample } from './inspect/policy.ts'
import { NO_SAMPLE, SHAPE } from './inspect/settings.ts'
import { SizeAndLint } from './inspect/size-and-lint.tsx'
import { ComparePanel, TakeAlong } from './inspect/take-along.tsx'
import { TokenPanel } from './inspect/token-panel.tsx'
import { nowSeconds, useNow } from './inspect/use-now.ts'
import { VerdictPanel } from './inspect/verdict-panel.tsx'
import './inspect.css'

/** More than that is not put into a field. */
const MAX_FIELD_CHARS = 100_000

export default function Inspect(props: ScreenProps) {
  // Forgetting everything begins anew: nothing of the old one is left.
  const { value } = props.lab.hand.wiped
  return <Inspection key={value} isAfresh={value > 0} {...props} />
}

function Inspection({ lab, isAfresh }: ScreenProps & { readonly isAfresh: boolean }) {
  const [{ sample }, setSettings] = useSettings(lab, SHAPE)
  const input = useHistory<Arrival>(() => arrivalOf(''))
  const [isOpen, setOpen] = useState(false)
  const [chosen, setChosen] = useState<FoundToken | null>(null)
  const policy = useHistory(() => NEW_POLICY)
  const [pins, setPins] = useState<readonly Pin[]>([])
  const [verdict, setVerdict] = useState('Not verified')
  const now = useNow()

  const loaded = useRef<Arrival | null>(null)
  const noSample = (): void => {
    setChosen(null)
    if (sample !== NO_SAMPLE) setSettings({ sample: NO_SAMPLE })
  }
  const arrive = (arrival: Arrival): void => {
    input.set(arrival)
    setOpen(false)
    noSample()
  }
  const type = (typed: string): void => {
    // Who types wants to see it; what is pasted is folded away on phones.
    setOpen(!isPasted(text, typed))
    input.type(arrivalOf(typed))
    noSample()
  }
  const load = async (name: string): Promise<void> => {
    if (!isSampleName(name)) return
    try {
      const made = await lab.engine.call('sample', { name, now: nowSeconds() })
      loaded.current = arrivalOf(made.text)
      input.set(loaded.current)
      setOpen(false)
      setChosen(null)
      policy.set(policyOfSample(made))
      setSettings({ sample: name })
    } catch (error) {
      setSettings({ sample: NO_SAMPLE })
      lab.say(error instanceof Error ? error.message : 'The sample could not be made.')
    }
  }
  useArrivals(arrive)
  // Undone, it is no longer the sample.
  useEffect(() => {
    if (loaded.current !== null && input.value !== loaded.current) noSample()
  }, [input.value])
  useEffect(() => {
    const offered = lab.hand.take('token')
    const key = lab.hand.take('key')
    if (offered !== null) arrive(arrivalOf(offered))
    else if (isAfresh) setSettings({ sample: NO_SAMPLE })
    else void load(sample)
    if (key !== null) policy.set(withKey(key))
  }, [])

  const { text, paste } = input.value
  const found = paste.tokens.find((one) => one === chosen) ?? paste.tokens[0] ?? null
  const token = found?.token ?? null
  const pin = (one: Pin): void => setPins((old) => togglePin(old, one))
  const isLong = text.length > MAX_FIELD_CHARS
  const said = useMemo(() => describePaste(paste), [paste])
  const isMaking = sample !== NO_SAMPLE && text === ''
  return (
    <>
      <h1>Inspect</h1>
      <div class="columns">
        <div class="stack">
          <Panel title="Input">
            {isLong ? (
              <Note>{`${Math.round(text.length / 1024)} kB were read; they are too long to show here.`}</Note>
            ) : (
              <Foldable text={text} isFolded={token !== null && !isOpen} onOpen={() => setOpen(true)}>
                <Undoable of="input" history={input}>
                  <TextField
                    label="As pasted, never altered"
                    hint="A token, Set-Cookie, a key, curl, HAR: paste anywhere, or drop a file."
                    lines={token ? 4 : 8}
                    value={text}
                    onChange={type}
                    isMain
                  />
                </Undoable>
              </Foldable>
            )}
            <div class="row">
              <FileButton label="Open a file" onFile={(file) => void readFile(file).then(arrive)} />
              <Button onPress={() => lab.hand.forget()}>Forget everything</Button>
              <Select
                label="Sample"
                value={sample}
                options={[[NO_SAMPLE, 'choose one …'], ...SAMPLES]}
                onChange={(name) => void load(name)}
              />
            </div>
            {(isMaking ? ['The sample is being made …'] : said).map((line) => (
              <Note key={line} tone={paste.kind === 'binary' || paste.kind === 'too-large' ? 'bad' : 'plain'}>
                {line}
              </Note>
            ))}
            <div class="row">
              {paste.keys.length > 0 ? (
                <Button onPress={() => policy.set(withKey(paste.keys[0] ?? ''))}>
                  Use it as the key to verify with
                </Button>
              ) : null}
              {paste.setCookies.length > 0 ? (
                <Button
                  onPress={() => {
                    lab.hand.offer('cookie', paste.setCookies.join('\n'))
                    lab.go('cookies')
                  }}
                >
                  Audit the cookies
                </Button>
              ) : null}
            </div>
          </Panel>
          {paste.tokens.length > 1 ? <FoundList paste={paste} chosen={found} now={now} onChoose={setChosen} /> : null}
          {token ? <TokenPanel key={token.text} token={token} /> : null}
          {token ? <SizeAndLint lab={lab} token={token} now={now} /> : null}
        </div>
        {token === null ? null : token.kind === 'paseto' || token.kind === 'jwe' ? (
          <Panel title="Verdict">
            <Verdict
              tone="plain"
              title={`Not verified: ${token.kind === 'jwe' ? 'it is encrypted, and the product reads no JWE' : 'the product knows no PASETO'}`}
            />
          </Panel>
        ) : (
          <VerdictPanel lab={lab} token={token} policy={policy} onVerdict={setVerdict} />
        )}
      </div>
      <PinnedPanel pins={pins} token={token} onPin={pin} />
      {token ? (
        <>
          {token.kind === 'paseto' ? null : (
            <div class="columns">
              <ClaimsTable part="header" object={token.header} now={now} pins={pins} onPin={pin} />
              {token.kind === 'jwe' ? null : (
                <ClaimsTable part="payload" object={token.payload} now={now} pins={pins} onPin={pin} />
              )}
            </div>
          )}
          <TakeAlong lab={lab} token={token} verdict={verdict} />
          <ComparePanel token={token} />
        </>
      ) : null}
    </>
  )
}

const arrivalOf = (text: string): Arrival => ({ text, paste: readPaste(text) })

/** A key comes from the user, so that it may say which algorithm it is for. */
function withKey(key: string): typeof NEW_POLICY {
  const alg = /"alg"\s*:\s*"([\w-]+)"/.exec(key)?.[1]
  const algorithm = ALGORITHMS.find((name) => name === alg) ?? NEW_POLICY.algorithm
  return { ...NEW_POLICY, algorithm: alg?.startsWith('ML-DSA-') ? (alg as 'ML-DSA-44') : algorithm, key }
}

const KINDS: Partial<Readonly<Record<Paste['kind'], string>>> = {
  'set-cookie': 'Set-Cookie lines.',
  cookie: 'A Cookie header.',
  authorization: 'An Authorization header.',
  curl: 'A curl command; it is read, not run.',
  json: 'JSON.',
  text: 'Text.',
}

function describePaste({ kind, tokens, notes, keys }: Paste): readonly string[] {
  if (kind === 'empty') return ['Nothing yet. Paste something, or choose a sample.']
  const known = KINDS[kind]
  const none = tokens.length === 0 && keys.length === 0 && kind !== 'binary' && kind !== 'too-large'
  return [...(known ? [known] : []), ...notes, ...(none ? ['No token is found in it.'] : [])]
}
