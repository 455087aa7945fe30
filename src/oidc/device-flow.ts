/**
 * The device authorization grant (RFC 8628): a device without a browser shows a code, a person types it here. Whoever is
 * talked into typing a stranger's code gives that stranger their account, so the pages say what is at stake (RFC 10027).
 */
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { html } from '../http/html.ts'
import type { Route } from '../http/router.ts'
import type { PageFrame } from './pages.ts'
import type { ProviderParts } from './parts.ts'
import { PATHS } from './paths.ts'

/** The page takes no code from its address, and each code that is typed counts as an attempt. */
export function codeEntry(parts: Pick<ProviderParts, 'takeCodeEntry'>, route: Route): Route {
  return {
    ...route,
    async handle(context) {
      if (route.method === 'POST') await parts.takeCodeEntry?.(context.address)
      return route.handle({ ...context, url: new URL(context.url.pathname, context.url) })
    },
  }
}

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>

/** Without vowels and digits: 20^8, each entry counted. */
const MASK = '****-****'

export function deviceFlow(page: PageFrame): DeviceFlow {
  return {
    enabled: true,
    charset: 'base-20',
    mask: MASK,
    deviceInfo: () => ({}),
    userCodeInputSource(ctx, _form, _out, error) {
      answer(ctx, codePage(page, xsrfOf(ctx), error && problemOf(error)))
    },
    userCodeConfirmSource(ctx, _form, client, _device, userCode) {
      const scopes = String(ctx.oidc.deviceCode?.params?.scope ?? '').split(' ')
      answer(
        ctx,
        confirmPage(page, { xsrf: xsrfOf(ctx), userCode, client: client.clientName ?? client.clientId, scopes }),
      )
    },
    successSource(ctx) {
      answer(ctx, donePage(page, ctx.oidc.client?.clientName ?? 'the device'))
    },
  }
}

function answer(ctx: KoaContextWithOIDC, body: string): void {
  ctx.type = 'html'
  ctx.body = body
}

function xsrfOf(ctx: KoaContextWithOIDC): string {
  return String(ctx.oidc.session?.state?.secret ?? '')
}

/** The library's errors here are of its own kind; what they say of the request is not repeated. */
function problemOf(error: Error): string {
  if (error.name === 'AbortedError') return 'You have cancelled. The device has been told.'
  if (error.name === 'NoCodeError') return 'Type the code that the device shows.'
  return 'That code is wrong, has been used, or is too old. Ask the device for a new one.'
}

function codePage(frame: PageFrame, xsrf: string, problem: string | undefined): string {
  return frame({
    title: 'Connect a device',
    body: html`<div class="intro">
<h1>Connect a device</h1>
<p class="lead">Type the code that your device shows.</p>
</div>
<section class="panel" aria-label="Code">
${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
<form method="post" action="${PATHS.device}">
<input type="hidden" name="xsrf" value="${xsrf}">
<p><label for="user_code">Code</label>
<input id="user_code" name="user_code" type="text" required maxlength="20" autocomplete="off" autocapitalize="characters" spellcheck="false"></p>
<button type="submit">Continue</button>
</form>
<p>Only type a code from a device that is in front of you. If somebody sent or read you a code, stop: it would give them your account.</p>
</section>`,
  })
}

interface ConfirmPage {
  readonly xsrf: string
  readonly userCode: string
  readonly client: string
  readonly scopes: readonly string[]
}

function confirmPage(frame: PageFrame, { xsrf, userCode, client, scopes }: ConfirmPage): string {
  return frame({
    title: `Connect ${client}?`,
    body: html`<div class="intro">
<h1>Connect ${client}?</h1>
<p class="lead">A device that runs ${client} asks to be signed in as you.</p>
</div>
<section class="panel" aria-labelledby="confirm-title">
<h2 id="confirm-title">Does your device show ${userCode}?</h2>
<p>Continue only if you have started this yourself, the device is in front of you, and it shows this very code. Nobody who helps you will ever ask for it.</p>
${scopes.includes('offline_access') && html`<p>It will stay signed in until you end it under <a href="/">my devices</a>.</p>`}
<form method="post" action="${PATHS.device}">
<input type="hidden" name="xsrf" value="${xsrf}">
<input type="hidden" name="user_code" value="${userCode}">
<button type="submit" name="confirm" value="yes">Yes, connect it</button>
<button type="submit" name="abort" value="yes" class="quiet">No, this is not mine</button>
</form>
</section>`,
  })
}

function donePage(frame: PageFrame, client: string): string {
  return frame({
    title: 'Connected',
    body: html`<div class="intro">
<h1>Connected</h1>
<p class="lead">${client} is signed in. You can close this page and go back to the device.</p>
</div>`,
  })
}
