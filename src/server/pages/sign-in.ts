/** Signed out: sign in, or create an account. */
import { html, type Piece } from '../../http/html.ts'
import { type Assets, document, type FormFault, field, formNote, note } from './layout.ts'

export interface SignInPage {
  readonly assets: Assets
  /** Which form was sent, and what was wrong with it. */
  readonly failed?: { readonly form: 'sign-in' | 'sign-up'; readonly fault: FormFault; readonly email: string }
  /** The one-time password was right: ask for one of the owner's own. */
  readonly newPassword?: boolean
  readonly message?: string
  readonly returnTo?: string | null
  /** Somebody is signed in already: this adds an account. */
  readonly adding?: boolean
}

export function signInPage(page: SignInPage): string {
  const failed = (form: 'sign-in' | 'sign-up') => (page.failed?.form === form ? page.failed : null)
  const title = page.newPassword ? 'Choose a password' : page.adding ? 'Add an account' : 'Sign in'
  return document({
    title: page.failed ? `Error: ${title}` : title,
    assets: page.assets,
    header: page.adding && html`<nav aria-label="Account"><a href="/">Back to my devices</a></nav>`,
    body: html`<div class="intro">
<h1>${page.newPassword ? 'One more step' : page.adding ? 'Add an account' : 'Stay signed in'}</h1>
<p class="lead">${
      page.newPassword
        ? 'Your one-time password is right. Replace it with a password of your own.'
        : 'See every device that is signed in to your account, and sign out any of them at once.'
    }</p>
${page.message && note('status', page.message)}
</div>
<div class="panels">
${signInForm(page, failed('sign-in'))}
${!page.newPassword && signUpForm(page, failed('sign-up'))}
</div>`,
  })
}

type Failed = { readonly fault: FormFault; readonly email: string } | null

function signInForm(page: SignInPage, failed: Failed): Piece {
  const fault = failed?.fault ?? null
  const form = 'sign-in'
  return html`<section class="panel" aria-labelledby="sign-in-title">
<h2 id="sign-in-title">Sign in</h2>
<form method="post" action="/auth/sign-in">
${formNote(fault)}
${field({ form, name: 'email', label: 'Email', type: 'email', autocomplete: 'username', value: failed?.email ?? '', fault })}
${field({
  form,
  name: 'password',
  label: page.newPassword ? 'One-time password' : 'Password',
  type: 'password',
  autocomplete: 'current-password',
  fault,
})}
${page.newPassword && newPasswordField(form, fault)}
${returnTo(page)}
<button type="submit">Sign in</button>
</form>
</section>`
}

function signUpForm(page: SignInPage, failed: Failed): Piece {
  const fault = failed?.fault ?? null
  const form = 'sign-up'
  return html`<section class="panel" aria-labelledby="sign-up-title">
<h2 id="sign-up-title">Create an account</h2>
<form method="post" action="/auth/sign-up">
${formNote(fault)}
${field({ form, name: 'email', label: 'Email', type: 'email', autocomplete: 'username', value: failed?.email ?? '', fault })}
${field({
  form,
  name: 'password',
  label: 'Password',
  type: 'password',
  autocomplete: 'new-password',
  hint: 'At least 8 characters. Longer is better: a few words will do.',
  fault,
})}
${returnTo(page)}
<button type="submit" class="quiet">Create account</button>
</form>
</section>`
}

/** Also on the reset page. */
export function newPasswordField(form: string, fault: FormFault | null): Piece {
  return field({
    form,
    name: 'new_password',
    label: 'New password',
    type: 'password',
    autocomplete: 'new-password',
    hint: 'At least 8 characters. Longer is better: a few words will do.',
    fault,
  })
}

function returnTo({ returnTo: path }: SignInPage): Piece {
  return path && html`<input type="hidden" name="return_to" value="${path}">`
}
