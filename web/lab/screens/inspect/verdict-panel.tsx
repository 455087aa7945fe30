/** The verdict, the policy that it was reached under, and the key. The product's verifier decides. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { TokenPolicy, TokenVerdict } from '../../engine/token/verify.ts'
import type { Token } from '../../paste/token.ts'
import type { Lab } from '../../shell/screen.ts'
import { Button, Choice, Select, TextField } from '../../ui/controls.tsx'
import { Note, Panel, type Tone, Verdict } from '../../ui/parts.tsx'
import { ALGORITHMS, CLOCKS, type PolicyForm, policyInWords, policyOfToken, requestOf, seconds } from './policy.ts'
import { nowSeconds } from './use-now.ts'

export interface VerdictPanelProps {
  readonly lab: Lab
  readonly token: Token
  readonly form: PolicyForm
  readonly onForm: (form: PolicyForm) => void
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

export function VerdictPanel({ lab, token, form, onForm, onVerdict }: VerdictPanelProps) {
  const [reached, setReached] = useState<Reached | null>(null)
  const [isFromToken, setFromToken] = useState(false)
  const [extra, setExtra] = useState<readonly PolicyForm['algorithm'][]>([])
  const asked = useRef(0)
  useEffect(() => void lab.engine.call('postQuantum', undefined).then(setExtra, () => undefined), [])
  // Another token, policy or key: what was said no longer holds.
  useEffect(() => {
    asked.current++
    setReached(null)
    onVerdict('Not verified')
  }, [token.compact, form])

  const set = (some: Partial<PolicyForm>): void => onForm({ ...form, ...some })
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
  const { words, notes } = reached?.verdict ?? { words: 'Not verified', notes: [] }
  const before =
    token.kind === 'unsecured' ? 'alg is none, nobody signed it' : form.key === '' ? 'no key given' : 'not asked yet'
  const isSecret = !/^\s*(\{|-----BEGIN)/.test(form.key)
  return (
    <Panel
      title="Verdict"
      tools={
        <Button
          onPress={() => {
            onForm(policyOfToken(form, token, algorithms))
            setFromToken(true)
          }}
        >
          Fill in from the token
        </Button>
      }
    >
      <Verdict
        tone={token.kind === 'unsecured' ? 'bad' : TONES[words]}
        title={reached ? titleOf(reached.verdict) : `Not verified: ${before}`}
      >
        {reached ? <p class="mono">{policyInWords(reached.policy)}</p> : null}
      </Verdict>
      {notes.map((note) => (
        <Note key={note}>{note}</Note>
      ))}
      {isFromToken ? (
        <Note tone="warn">
          The policy was filled in from the token itself: it can only show that the signature and the times are good. In
          your service these values are fixed by you.
        </Note>
      ) : null}
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
      <Button isMain onPress={() => void verify()}>
        Verify
      </Button>
    </Panel>
  )
}

/** In the words of the verdict, and why. */
function titleOf({ words, reasons }: TokenVerdict): string {
  return reasons.length === 0 ? words : `${words}: ${reasons.join('; ')}`
}
