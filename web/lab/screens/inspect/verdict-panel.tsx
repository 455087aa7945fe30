/** The verdict, the policy that it was reached under, and the key. The product's verifier decides. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { TokenPolicy, TokenVerdict } from '../../engine/token/verify.ts'
import type { Token } from '../../paste/token.ts'
import type { Lab } from '../../shell/screen.ts'
import { Button, Choice, Select, TextField } from '../../ui/controls.tsx'
import { Note, Panel, SIGNS, type Tone, Verdict } from '../../ui/parts.tsx'
import { Undoable } from '../../ui/undoable.tsx'
import type { Edited } from '../../ui/use-history.ts'
import { asTest } from './copy-as-test.ts'
import { ALGORITHMS, CLOCKS, type PolicyForm, policyInWords, policyOfToken, requestOf, seconds } from './policy.ts'
import { nowSeconds } from './use-now.ts'

export interface VerdictPanelProps {
  readonly lab: Lab
  readonly token: Token
  readonly policy: Edited<PolicyForm>
  /** The verdict in words, for what is copied. */
  readonly onVerdict: (words: string) => void
}
interface Reached {
  readonly verdict: TokenVerdict
  readonly policy: TokenPolicy
}

const TONES: Readonly<Record<TokenVerdict['words'], Tone>> = {
  'Verified under this policy': 'good',
  'Signature matches but policy fails': 'warn',
  'Signature does not match': 'bad',
  'Not verified': 'plain',
}

export function VerdictPanel({ lab, token, policy: edited, onVerdict }: VerdictPanelProps) {
  const form = edited.value
  const [reached, setReached] = useState<Reached | null>(null)
  const [isFromToken, setFromToken] = useState(false)
  const [extra, setExtra] = useState<readonly PolicyForm['algorithm'][]>([])
  const asked = useRef(0)
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => void lab.engine.call('postQuantum', undefined).then(setExtra, () => undefined), [])
  // Another token, policy or key: what was said no longer holds.
  useEffect(() => {
    asked.current++
    setReached(null)
    onVerdict('Not verified')
  }, [token.compact, form])

  const set = (some: Partial<PolicyForm>): void => edited.type({ ...form, ...some })
  const algorithms = [...ALGORITHMS, ...extra]
  const numbers = { skew: seconds(form.skew, 0) === null, lifetime: seconds(form.lifetime, 1) === null }
  const verify = async (): Promise<void> => {
    if (numbers.skew || numbers.lifetime) return
    const id = ++asked.current
    const { key, policy } = requestOf(form, token, nowSeconds())
    const verdict = await lab.engine.call('verify', { token: token.compact, key, policy }).catch(
      (error: unknown): TokenVerdict => ({
        words: 'Not verified',
        reasons: [error instanceof Error ? error.message : 'the engine did not answer'],
        notes: [],
      }),
    )
    if (id !== asked.current) return
    setReached({ verdict, policy })
    onVerdict(titleOf(verdict))
  }
  const copyTest = (): void => {
    const { policy } = reached ?? requestOf(form, token, nowSeconds())
    const test = asTest(policy, reached && form.key !== '' ? words : null)
    if (test === null) lab.say(`There is no test: the product does not have ${form.algorithm}.`)
    else void lab.copy(test, 'Test')
  }
  const { words, notes } = reached?.verdict ?? { words: 'Not verified', notes: [] }
  const before =
    token.kind === 'unsecured' ? 'alg is none, nobody signed it' : form.key === '' ? 'no key given' : 'not asked yet'
  const tone = token.kind === 'unsecured' ? 'bad' : TONES[words]
  const isSecret = !/^\s*(\{|-----BEGIN)/.test(form.key)
  return (
    <Panel
      title="Verdict"
      tools={
        <Button
          onPress={() => {
            edited.set(policyOfToken(form, token, algorithms))
            setFromToken(true)
          }}
        >
          Fill in from the token
        </Button>
      }
    >
      <div ref={place} tabIndex={-1}>
        <Verdict tone={tone} title={reached ? titleOf(reached.verdict) : `Not verified: ${before}`}>
          {reached ? <p class="mono">{policyInWords(reached.policy)}</p> : null}
        </Verdict>
      </div>
      <button
        type="button"
        class={`verdict-bar ${tone}`}
        onClick={() => {
          place.current?.scrollIntoView({ block: 'center' })
          place.current?.focus()
        }}
      >
        <span aria-hidden="true">{SIGNS[tone]}</span> {words}
      </button>
      {notes.map((note) => (
        <Note key={note}>{note}</Note>
      ))}
      {isFromToken ? (
        <Note tone="warn">
          The policy was filled in from the token itself: it can only show that the signature and the times are good. In
          your service these values are fixed by you.
        </Note>
      ) : null}
      <Undoable of="policy and key" history={edited}>
        <div class="policy">
          <Select
            label="alg"
            value={form.algorithm}
            options={algorithms.map((name) => [name, name] as const)}
            onChange={(algorithm) => set({ algorithm })}
          />
          <TextField label="typ" value={form.typ} onChange={(typ) => set({ typ })} onEnter={() => void verify()} />
          <TextField
            label="iss"
            value={form.issuer}
            onChange={(issuer) => set({ issuer })}
            onEnter={() => void verify()}
          />
          <TextField
            label="aud"
            value={form.audience}
            onChange={(audience) => set({ audience })}
            onEnter={() => void verify()}
          />
          <TextField
            label="skew, seconds"
            value={form.skew}
            error={numbers.skew ? 'a whole number of seconds' : null}
            onChange={(skew) => set({ skew })}
            onEnter={() => void verify()}
          />
          <TextField
            label="longest life, seconds"
            value={form.lifetime}
            error={numbers.lifetime ? 'a whole number of seconds, 1 or more' : null}
            onChange={(lifetime) => set({ lifetime })}
            onEnter={() => void verify()}
          />
          <Select label="clock" value={form.clock} options={CLOCKS} onChange={(clock) => set({ clock })} />
        </div>
        <TextField
          label="Key: JWK, JWK set, PEM or secret"
          hint="It stays in memory. Nothing is fetched, whatever the token says of jku, x5u or iss."
          lines={4}
          value={form.key}
          onChange={(key) => set({ key })}
          onEnter={() => void verify()}
        />
        {isSecret && form.algorithm === 'HS256' ? (
          <Choice
            label="The secret is written as"
            value={form.encoding}
            options={[
              ['utf-8', 'text (UTF-8)'],
              ['base64url', 'base64url'],
              ['hex', 'hex'],
            ]}
            onChange={(encoding) => set({ encoding })}
          />
        ) : null}
      </Undoable>
      <div class="row">
        <Button isMain onPress={() => void verify()}>
          Verify
        </Button>
        <Button disabled={numbers.skew || numbers.lifetime} onPress={copyTest}>
          Copy as test
        </Button>
      </div>
      <p class="hint">
        The test is for Vitest: this policy and this verdict, with places for a token and a key. Neither is copied.
      </p>
    </Panel>
  )
}

/** In the words of the verdict, and why. */
function titleOf({ words, reasons }: TokenVerdict): string {
  return reasons.length === 0 ? words : `${words}: ${reasons.join('; ')}`
}
