/** `sojourn/oidc/client`: sign-in with any OpenID provider; the result is a session of ours. */
export { createOidcLogin, type OidcLogin, type ProviderAccessToken } from './oidc-login.ts'
export type { ClientKey, OidcLoginOptions, OwnAuth, ProviderLogin } from './options.ts'
export type { BeginInput } from './sign-in.ts'
