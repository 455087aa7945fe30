/** The provider's pages: consent, logout, and what went wrong. Plain forms that work without script. */
import { type Html, html } from '../http/html.ts'

/** Puts a page's content into the frame that all pages of the application have. */
export type PageFrame = (page: { readonly title: string; readonly body: Html }) => string

const SCOPES: Readonly<Record<string, string>> = {
  openid: 'Know that it is you, by an id',
  email: 'See your email address',
  profile: 'See your name and profile',
  offline_access: 'Stay connected while you are away, until you sign out',
}

export interface ConsentPage {
  readonly action: string
  readonly client: string
  /** Where the browser is sent afterwards. */
  readonly host: string
  readonly account: string
  readonly scopes: readonly string[]
  readonly resources: readonly { readonly audience: string; readonly scopes: readonly string[] }[]
}

export function consentPage(frame: PageFrame, page: ConsentPage): string {
  return frame({
    title: `Continue to ${page.client}?`,
    body: html`<div class="intro">
<h1>Continue to ${page.client}?</h1>
<p class="lead">You are signed in as ${page.account}. Afterwards you are taken to ${page.host}.</p>
</div>
<section class="panel" aria-labelledby="consent-title">
<h2 id="consent-title">${page.client} will be able to</h2>
<ul>
${page.scopes.map((scope) => html`<li>${SCOPES[scope] ?? scope}</li>`)}
${page.resources.map(({ audience, scopes }) => html`<li>Use ${audience} in your name${scopes.length > 0 && html` (${scopes.join(', ')})`}</li>`)}
</ul>
<form method="post" action="${page.action}">
<button type="submit" name="answer" value="allow">Continue</button>
<button type="submit" name="answer" value="deny" class="quiet">Cancel</button>
</form>
</section>`,
  })
}

export interface LogoutPage {
  readonly action: string
  readonly xsrf: string
  readonly client: string | null
}

export function logoutPage(frame: PageFrame, { action, xsrf, client }: LogoutPage): string {
  return frame({
    title: 'Sign out?',
    body: html`<div class="intro">
<h1>Sign out?</h1>
<p class="lead">${client === null ? 'An application' : client} has asked to sign you out. That ends your session here and at every application that you signed in to with it.</p>
</div>
<section class="panel" aria-label="Sign out">
<form method="post" action="${action}">
<input type="hidden" name="xsrf" value="${xsrf}">
<button type="submit" name="logout" value="yes">Sign out everywhere</button>
<button type="submit" class="quiet">Stay signed in</button>
</form>
</section>`,
  })
}

export function signedOutPage(frame: PageFrame): string {
  return frame({
    title: 'Done',
    body: html`<div class="intro">
<h1>Done</h1>
<p class="lead">You can close this page, or go to the <a href="/">start page</a>.</p>
</div>`,
  })
}

/** @param code of OAuth; both texts come from the library and hold nothing of the request */
export function errorPage(frame: PageFrame, code: string, description: string | undefined): string {
  return frame({
    title: 'This sign-in cannot go on',
    body: html`<div class="intro">
<h1>This sign-in cannot go on</h1>
<p class="lead">The application that sent you here asked for something that is not possible. Go back to it and try again.</p>
<p>${description}</p>
<p>Code: ${code}</p>
<p><a href="/">Start page</a></p>
</div>`,
  })
}

/** For an application that gives no frame of its own. */
export const plainFrame: PageFrame = ({ title, body }) =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`.text
