/** What can be switched: the arrangement, the state cookie, how long a logout is under way. */
import { FLOWS, type Flow, type SsoSettings, type StateCookie } from '../../sso/settings.ts'
import { Choice, Range } from '../../ui/controls.tsx'
import { Panel } from '../../ui/parts.tsx'
import { MAX_DELAY_SECONDS } from './settings.ts'

const NAMES: Readonly<Record<Flow, string>> = {
  redirect: 'Redirect, unrelated sites',
  form_post: 'form_post, unrelated sites',
  sibling: 'Sibling subdomain',
  bff: 'Back end for front end',
  mobile: 'Phone app with PKCE',
  bridge: 'Token bridge',
}
const ABOUT: Readonly<Record<Flow, string>> = {
  redirect: 'Each application sends the browser to the provider, and gets it back with a code in the address.',
  form_post: 'The provider answers with a form that sends itself to the application: a POST from another site.',
  sibling: 'app-two is two.one.test, a subdomain of app-one: another host, but the same site.',
  bff: 'The page has a cookie only. Its server makes short tokens for the API, and keeps them to itself.',
  mobile: 'A phone app signs in by the system browser, and has tokens instead of a cookie.',
  bridge: "A script changes app-one's cookie into a token of five minutes, for one API on another site.",
}
const COOKIES: readonly (readonly [StateCookie, string])[] = [
  ['lax', 'SameSite=Lax'],
  ['none', 'SameSite=None'],
  ['aside', 'Lax, and the form is put aside (as the product does)'],
]

export interface SwitchesProps {
  readonly settings: SsoSettings
  readonly onChange: (change: Partial<SsoSettings>) => void
}

export function Switches({ settings, onChange }: SwitchesProps) {
  const { flow, stateCookie, delayOneSeconds, delayTwoSeconds } = settings
  const hasBackChannel = flow === 'redirect' || flow === 'form_post' || flow === 'sibling'
  return (
    <Panel title="Arrangement">
      <Choice
        label="How the parts are joined"
        value={flow}
        options={FLOWS.map((name) => [name, NAMES[name]] as const)}
        onChange={(value) => onChange({ flow: value })}
      />
      <p class="hint">{ABOUT[flow]}</p>
      {flow === 'form_post' ? (
        <Choice
          label="The cookie that says who began the sign-in"
          value={stateCookie}
          options={COOKIES}
          onChange={(value) => onChange({ stateCookie: value })}
        />
      ) : null}
      {hasBackChannel ? (
        <div class="columns">
          <Range
            label="Back-channel logout reaches app-one after"
            value={delayOneSeconds}
            min={0}
            max={MAX_DELAY_SECONDS}
            shown={`${delayOneSeconds} s`}
            onChange={(value) => onChange({ delayOneSeconds: value })}
          />
          <Range
            label="and app-two after"
            value={delayTwoSeconds}
            min={0}
            max={MAX_DELAY_SECONDS}
            shown={`${delayTwoSeconds} s`}
            onChange={(value) => onChange({ delayTwoSeconds: value })}
          />
        </div>
      ) : null}
    </Panel>
  )
}
