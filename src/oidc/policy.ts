/** When somebody has to be asked: to sign in (again), or for consent. */
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import { loginAtHand } from './in-request.ts'

const { Check, base } = interactionPolicy

/**
 * The library's policy, with one check of ours before all: whatever it believes of its session, each authorization stands on
 * a login of ours that lives now.
 */
export function createPolicy(acrValues: readonly string[]): ReturnType<typeof base> {
  const policy = base()
  const login = policy.get('login')
  login?.checks.add(
    new Check('no_login', 'End-User authentication is required', 'login_required', (ctx) => !isOurs(ctx)),
    0,
  )
  if (acrValues.length > 0) {
    login?.checks.add(
      new Check('acr_values', 'none of the requested ACRs could be obtained', 'login_required', (ctx) => {
        const { params, result } = ctx.oidc
        const asked = typeof params?.acr_values === 'string' ? params.acr_values.split(' ') : []
        const known = asked.filter((acr) => acrValues.includes(acr))
        // A wish, not a demand (OpenID Connect Core §3.1.2.1): after one more sign-in the ID token says what was had.
        return known.length > 0 && !known.includes(loginAtHand()?.acr ?? '') && !result?.login
      }),
    )
  }
  return policy
}

function isOurs({ oidc }: KoaContextWithOIDC): boolean {
  const login = loginAtHand()
  return login !== null && oidc.session?.accountId === login.subject && oidc.session.uid === login.sessionId
}
