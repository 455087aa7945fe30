/** The end of a login, told by the provider (back-channel) or asked for by its user (RP-initiated). */
import { buildEndSessionUrl } from 'openid-client'
import { isAuthError } from '../../errors.ts'
import { localPath } from '../../http/local-path.ts'
import {
  type HttpRequest,
  type HttpResponse,
  jsonResponse,
  privateHeaders,
  redirectResponse,
} from '../../http/message.ts'
import { STATUS } from '../../http/problem.ts'
import { readForm } from './form.ts'
import type { Links, ProviderSession } from './links.ts'
import type { LogoutTokens } from './logout-token.ts'
import type { CheckedOptions } from './options.ts'
import type { Provider } from './provider.ts'
import type { Tokens } from './tokens.ts'

export interface SignOut {
  /** `logout_token` in a form. Answers when no verifier accepts any of the ended sessions. */
  backChannel(request: HttpRequest): Promise<HttpResponse>
  /** Ends our session, then sends the browser to the provider's sign-out, where it has one. */
  signOut(request: HttpRequest): Promise<HttpResponse>
  /** Back from the provider's sign-out. */
  signedOut(request: Pick<HttpRequest, 'url'>): Promise<HttpResponse>
}

/** The provider's page is where the user may stay for long; the state only says where to go next. */
const STATE = 'sso signed out'

export function createSignOut(
  options: CheckedOptions,
  through: {
    readonly provider: Provider
    readonly links: Links
    readonly tokens: Tokens
    readonly logoutTokens: LogoutTokens
  },
): SignOut {
  const { auth, store, clock, secrets, redirectUri, folder, name } = options
  const { provider, links, tokens, logoutTokens } = through

  const forget = async (sessionId: string): Promise<void> => {
    const link = await links.remove(sessionId)
    if (link) await tokens.remove(link)
  }

  /**
   * A session that goes on under a new id at this very moment is known by both. Its old id is dead after the first round, so
   * the second one sees the new id if it has come to life, and it cannot any more if it has not.
   */
  const endAll = async (whom: ProviderSession): Promise<void> => {
    const found = await links.end(whom)
    await Promise.all(found.map((sessionId) => auth.logOut({ sessionId })))
    const all = await links.sessionsOf(whom)
    for (const sessionId of all) {
      if (await store.sessions.find(sessionId, clock.now())) await auth.logOut({ sessionId })
    }
    for (const sessionId of all) await forget(sessionId)
  }

  const providerSignOut = async (idToken: string | null, returnTo: string): Promise<string | null> => {
    const state = await secrets.seal(STATE, returnTo, name)
    try {
      return await provider.ask(async (configuration) => {
        if (configuration.serverMetadata().end_session_endpoint === undefined) return null
        const url = buildEndSessionUrl(configuration, {
          ...(idToken === null ? {} : { id_token_hint: idToken }),
          post_logout_redirect_uri: `${redirectUri.origin}${folder}signed-out`,
          state,
        })
        return url.href
      })
    } catch (error) {
      // Ours has ended, and that is what counts here.
      options.onBackgroundError(error, 'finding the sign-out of the provider')
      return null
    }
  }

  return {
    async backChannel(request) {
      try {
        const token = (await readForm(request)).get('logout_token') ?? ''
        const { whom, done } = await logoutTokens.check(token)
        await endAll(whom)
        await done()
        return { status: 200, headers: privateHeaders(), body: null }
      } catch (error) {
        if (!isAuthError(error)) throw error
        const status = STATUS[error.code] >= 500 ? 503 : 400
        const wire = status === 400 ? 'invalid_request' : 'temporarily_unavailable'
        return jsonResponse(status, { error: wire, error_description: error.message })
      }
    },

    async signOut(request) {
      const login = await auth.identify(request)
      const link = login && (await links.find(login.sessionId))
      const held = link && (await tokens.find(link))
      const { setCookie } = await auth.signOut(request)
      if (login) await forget(login.sessionId)
      const away = link && (await providerSignOut(held?.idToken ?? null, options.afterSignOut))
      const response = redirectResponse(away ?? options.afterSignOut)
      if (setCookie !== null) response.headers.append('Set-Cookie', setCookie)
      return response
    },

    async signedOut(request) {
      const state = new URL(request.url, redirectUri).searchParams.get('state')
      let path: string | null = null
      if (state !== null) {
        path = await secrets.open(STATE, state, name).catch((error: unknown) => {
          if (isAuthError(error, 'store.corrupt')) return null
          throw error
        })
      }
      return redirectResponse(localPath(path) ?? options.afterSignOut)
    },
  }
}
