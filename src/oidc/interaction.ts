/** Where the library stops to ask somebody: sign in (again), or allow a client what it asks for. */
import type { Interaction, Provider } from 'oidc-provider'
import { AuthError } from '../errors.ts'
import { readFields } from '../http/body.ts'
import { readCookie } from '../http/cookie.ts'
import { type HttpRequest, type HttpResponse, privateHeaders } from '../http/message.ts'
import type { Route } from '../http/router.ts'
import type { Login } from '../login/login.ts'
import { inRequest } from './in-request.ts'
import type { Library } from './library.ts'
import { formPolicy, formTarget } from './page-policy.ts'
import { consentPage } from './pages.ts'
import type { ProviderParts } from './parts.ts'
import { INTERACTION_PATH } from './paths.ts'
import { loginOf, NOBODY } from './routes.ts'

const COOKIE = 'sojourn-oidc-asked'
const PATH = `${INTERACTION_PATH}/{uid}`

export interface Interactions {
  readonly routes: readonly Route[]
  /** Where the browser goes in the end when it returns to this path, for the policy of a form before it; null: it stays here. */
  formTargetOf(path: string): Promise<string | null>
}

export function createInteractions(parts: ProviderParts, library: Library): Interactions {
  const { page, signInPath, clock, onEvent, userClaims } = parts

  /** The question that this very browser was asked. */
  const findAsked = async (provider: Provider, request: HttpRequest, uid: string): Promise<Interaction> => {
    const header = request.headers.get('cookie')
    const presented = header === null ? null : readCookie(header, COOKIE)
    const asked = presented === uid ? await provider.Interaction.find(uid) : undefined
    if (asked) return asked
    throw new AuthError(
      'request.not_found',
      'this sign-in is over, or was begun in another browser; go back to the application',
    )
  }

  const finish = async (
    asked: Interaction,
    login: Login | null,
    result: Interaction['result'],
  ): Promise<HttpResponse> => {
    asked.result = { ...asked.lastSubmission, ...result }
    // From here on it is about the login that was just looked at, whichever there was when the question was asked.
    asked.session = login ? { accountId: login.subject, uid: login.sessionId, cookie: login.sessionId } : undefined
    await asked.persist()
    const headers = privateHeaders()
    headers.set('Location', asked.returnTo)
    return { status: 303, headers, body: null }
  }

  const signIn = (uid: string): HttpResponse => {
    const headers = privateHeaders()
    headers.set('Location', `${signInPath}?return_to=${encodeURIComponent(`${INTERACTION_PATH}/${uid}`)}`)
    return { status: 303, headers, body: null }
  }

  const ask = async (provider: Provider, asked: Interaction, login: Login): Promise<HttpResponse> => {
    const client = await provider.Client.find(String(asked.params.client_id))
    if (!client) throw new AuthError('request.not_found', 'there is no such application any more')
    const { missingOIDCScope, missingResourceScopes } = asked.prompt.details
    const redirect = String(asked.params.redirect_uri ?? '')
    const { email } = await userClaims(login.subject)
    const body = consentPage(page, {
      action: `${INTERACTION_PATH}/${asked.uid}`,
      client: client.clientName ?? client.clientId,
      host: URL.canParse(redirect) ? new URL(redirect).host || new URL(redirect).protocol : 'the application',
      account: typeof email === 'string' ? email : login.subject,
      scopes: texts(missingOIDCScope ?? String(asked.params.scope ?? '').split(' ')),
      resources: resourcesOf(asked, missingResourceScopes),
    })
    const headers = privateHeaders('text/html; charset=utf-8')
    headers.set('Content-Security-Policy', formPolicy(formTarget(redirect)))
    return { status: 200, headers, body }
  }

  const allow = async (provider: Provider, asked: Interaction, login: Login): Promise<HttpResponse> => {
    const clientId = String(asked.params.client_id)
    const known = asked.grantId === undefined ? undefined : await provider.Grant.find(asked.grantId)
    const grant =
      known?.accountId === login.subject ? known : new provider.Grant({ accountId: login.subject, clientId })
    const { missingOIDCScope, missingResourceScopes } = asked.prompt.details
    const scopes = texts(missingOIDCScope)
    if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '))
    for (const [resource, names] of Object.entries(Object(missingResourceScopes ?? {}))) {
      grant.addResourceScope(resource, texts(names).join(' '))
    }
    // It lives as long as the login at hand.
    const grantId = await inRequest({ login, signOut: NOBODY.signOut }, () => grant.save())
    await onEvent({
      action: 'oidc.consent',
      subject: login.subject,
      sessionId: login.sessionId,
      detail: { client_id: clientId, scopes: [...scopes] },
    })
    return finish(asked, login, { consent: { grantId } })
  }

  const routes: readonly Route[] = [
    {
      method: 'GET',
      path: PATH,
      async handle({ request, params: { uid = '' } }) {
        const provider = await library.current()
        const asked = await findAsked(provider, request, uid)
        const login = await loginOf(parts, request)
        if (!login) return signIn(uid)
        if (asked.prompt.name === 'consent') return ask(provider, asked, login)
        if (!satisfies(asked, login)) return signIn(uid)
        return finish(asked, login, {
          login: { accountId: login.subject, ts: login.authenticatedAt, ...strength(login) },
        })
      },
    },
    {
      method: 'POST',
      path: PATH,
      async handle({ request, params: { uid = '' } }) {
        const fields = await readFields(request)
        const provider = await library.current()
        const asked = await findAsked(provider, request, uid)
        const login = await loginOf(parts, request)
        if (fields.text('answer') !== 'allow') {
          return finish(asked, login, { error: 'access_denied', error_description: 'End-User aborted interaction' })
        }
        if (!login) return signIn(uid)
        // Somebody else than the one who saw the page has signed in meanwhile: they have not been asked.
        if (asked.prompt.name !== 'consent' || asked.session?.accountId !== login.subject) return signIn(uid)
        return allow(provider, asked, login)
      },
    },
  ]
  return {
    routes,
    async formTargetOf(path) {
      if (!path.startsWith(`${INTERACTION_PATH}/`)) return null
      const provider = await library.current()
      const asked = await provider.Interaction.find(path.slice(INTERACTION_PATH.length + 1))
      return asked && clock.now() < asked.exp ? formTarget(String(asked.params.redirect_uri ?? '')) : null
    },
  }
}

/** A login that was there before only answers whether somebody is logged in; everything else asks for a new one. */
function satisfies(asked: Interaction, login: Login): boolean {
  const { reasons } = asked.prompt
  if (reasons.every((reason) => reason === 'no_session' || reason === 'no_login')) return true
  return login.sessionId !== asked.session?.uid && login.authenticatedAt >= asked.iat
}

function strength({ acr, amr }: Login): { acr?: string; amr: string[] } {
  return { ...(acr === null ? {} : { acr }), amr: [...amr] }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string' && one !== '') : []
}

function resourcesOf(asked: Interaction, missing: unknown): { audience: string; scopes: readonly string[] }[] {
  const { resource } = asked.params
  const named = texts(Array.isArray(resource) ? resource : [resource])
  const scopes: Readonly<Record<string, unknown>> = Object(missing ?? {})
  return named.map((audience) => ({ audience, scopes: texts(scopes[audience]) }))
}
