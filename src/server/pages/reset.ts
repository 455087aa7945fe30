/** Choosing a new password with a one-time code. */
import { html } from '../../http/html.ts'
import { type Assets, document, type FormFault, field, formNote } from './layout.ts'
import { newPasswordField } from './sign-in.ts'

export interface ResetPage {
  readonly assets: Assets
  readonly fault?: FormFault
}

/** The code stands behind `#` in the link, where no log sees it; the script moves it into its field. Without script it is pasted. */
export function resetPage({ assets, fault = { field: '', message: '' } }: ResetPage): string {
  const failed = fault.message === '' ? null : fault
  return document({
    title: failed ? 'Error: Choose a new password' : 'Choose a new password',
    assets,
    scriptUrl: assets.resetScriptUrl,
    body: html`<div class="intro">
<h1>Choose a new password</h1>
<p class="lead">Afterwards every device is signed out, and you sign in with the new password.</p>
</div>
<div class="panels">
<section class="panel" aria-labelledby="reset-title">
<h2 id="reset-title">New password</h2>
<form method="post" action="/auth/reset">
${formNote(failed)}
${field({
  form: 'reset',
  name: 'code',
  label: 'Reset code',
  type: 'text',
  autocomplete: 'one-time-code',
  hint: 'From the link you were given. You can paste the whole link.',
  fault: failed,
})}
${newPasswordField('reset', failed)}
<button type="submit">Set new password</button>
</form>
</section>
</div>`,
  })
}
