/** `sojourn/oidc`: an OpenID Connect provider over an application's logins. */
export { type ProviderOptions, withProvider } from './with-provider.ts'
