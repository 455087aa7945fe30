/** Signed in: my devices, the password, and the accounts of this browser. */

import { html, type Piece } from '../../http/html.ts'
import { expiresAt, type Session } from '../../session/session.ts'
import { deviceName } from './device-name.ts'
import { type Assets, document, type FormFault, field, formNote, note } from './layout.ts'
import { when } from './when.ts'

export interface DevicesPage {
  readonly assets: Assets
  readonly now: number
  readonly email: string
  /** This device's own session. */
  readonly current: Session
  /** The others, newest first. */
  readonly others: readonly Session[]
  /** Where older ones are listed, or null. */
  readonly moreUrl: string | null
  /** Other accounts of this browser. */
  readonly accounts: readonly { readonly sessionId: string; readonly email: string }[]
  readonly passwordFault?: FormFault
  readonly message?: string
}

export function devicesPage(page: DevicesPage): string {
  const { others, now, email } = page
  return document({
    title: page.passwordFault ? 'Error: My devices' : 'My devices',
    assets: page.assets,
    header: html`<div class="who"><span class="email">${email}</span>
<form method="post" action="/auth/sign-out"><button type="submit" class="plain">${
      page.accounts.length > 0 ? 'Sign out of all accounts' : 'Sign out'
    }</button></form></div>`,
    body: html`<div class="intro">
<h1>My devices</h1>
<p class="lead">Everywhere you are signed in. Sign out what you do not recognise, then change your password.</p>
${page.message && note('status', page.message)}
</div>
<section aria-labelledby="devices-title">
<h2 id="devices-title" class="visually-hidden">Devices</h2>
<ul class="devices">
${device(page.current, now, true)}
${others.map((session) => device(session, now, false))}
</ul>
<div class="below">
${page.moreUrl && html`<a href="${page.moreUrl}">Older devices</a>`}
${
  others.length > 0 &&
  html`<form method="post" action="/auth/sessions/end"><input type="hidden" name="scope" value="others">
<button type="submit" class="danger">Sign out all other devices</button></form>`
}
</div>
</section>
<div class="panels">
${passwordSection(page)}
${accountsSection(page)}
</div>`,
  })
}

const MODES: Readonly<Record<Session['mode'], string>> = {
  cookie: 'Cookie',
  token: 'Token',
  hybrid: 'Cookie and tokens',
}

function device(session: Session, now: number, current: boolean): Piece {
  const name = deviceName(session.device.userAgent)
  const place = session.device.address
  return html`<li class="device${current && ' current'}">
<div class="about">
<h3>${name}${current && html` <span class="badge">This device</span>`}</h3>
<dl>
<div><dt>Signed in</dt><dd>${when(session.createdAt, now)}</dd></div>
<div><dt>Last seen</dt><dd>${current ? 'now' : when(session.lastSeenAt, now)}</dd></div>
<div><dt>Ends</dt><dd>${when(expiresAt(session), now)}</dd></div>
<div><dt>Kept as</dt><dd>${MODES[session.mode]}</dd></div>
${place !== null && html`<div class="wide"><dt>From</dt><dd>${place}</dd></div>`}
</dl>
</div>
${
  // Ended as any other session, this one would leave the browser's other accounts without their cookie.
  current
    ? html`<form method="post" action="/auth/sign-out"><input type="hidden" name="scope" value="account">`
    : html`<form method="post" action="/auth/sessions/${session.id}/end">`
}
<button type="submit" class="plain">Sign out<span class="visually-hidden"> ${name}${current && ' (this device)'}</span></button>
</form>
</li>`
}

function passwordSection({
  email,
  passwordFault = null,
}: Pick<DevicesPage, 'email'> & { passwordFault?: FormFault | null }): Piece {
  const form = 'password'
  return html`<section class="panel" aria-labelledby="password-title">
<h2 id="password-title">Change password</h2>
<form method="post" action="/auth/password">
<input type="text" name="username" autocomplete="username" value="${email}" readonly hidden>
${formNote(passwordFault)}
${field({
  form,
  name: 'current_password',
  label: 'Current password',
  type: 'password',
  autocomplete: 'current-password',
  fault: passwordFault,
})}
${field({
  form,
  name: 'new_password',
  label: 'New password',
  type: 'password',
  autocomplete: 'new-password',
  hint: 'At least 8 characters. All other devices are signed out.',
  fault: passwordFault,
})}
<button type="submit">Change password</button>
</form>
</section>`
}

function accountsSection({ accounts, email }: DevicesPage): Piece {
  return html`<section class="panel" aria-labelledby="accounts-title">
<h2 id="accounts-title">Accounts in this browser</h2>
<ul class="accounts">
<li><span class="email">${email}</span> <span class="badge">Active</span></li>
${accounts.map(
  (account) => html`<li><span class="email">${account.email}</span>
<form method="post" action="/auth/accounts/switch"><input type="hidden" name="session_id" value="${account.sessionId}">
<button type="submit" class="plain">Switch<span class="visually-hidden"> to ${account.email}</span></button></form></li>`,
)}
</ul>
<p><a href="/sign-in">Add another account</a></p>
</section>`
}
