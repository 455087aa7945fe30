/** The front door: re-exports only. */
export { type Clock, systemClock } from './clock.ts'
export { AuthError, type AuthErrorCode, isAuthError } from './errors.ts'
export { createAuth } from './http/auth.ts'
export type { AuthOptions } from './http/auth-options.ts'
export type { Asking, Auth, AuthLogin, SignedIn, SignInInput } from './http/auth-shape.ts'
export { type CookieAttributes, parseCookie, readCookie, type SameSite, writeCookie } from './http/cookie.ts'
export { type CsrfRequest, checkCsrf } from './http/csrf.ts'
export type { Presented } from './http/identify.ts'
export { localPath } from './http/local-path.ts'
export type { LoggedInAnswer } from './http/logged-in.ts'
export type { HeadersLike, HttpRequest, HttpResponse, IncomingBody } from './http/message.ts'
export { createOriginPolicy, type OriginPolicy } from './http/origin.ts'
export { type Problem, type ProblemOptions, problemResponse, toProblem } from './http/problem.ts'
export { createRouter, type Route, type RouteContext, type Router, type RouterOptions } from './http/router.ts'
export type { SessionCookieOptions } from './http/session-cookie.ts'
export type { Json, JsonObject } from './json.ts'
export type { TransactionClient } from './login/fence.ts'
export type {
  BrowserAccount,
  IssuedAccessToken,
  IssuedTokens,
  LoggedIn,
  LogInInput,
  Login,
  MintInput,
  RevokeInput,
  RevokeOptions,
} from './login/login.ts'
export type { ModeChange, ModeChangeInput, ModeChangeReport } from './login/mode-change-shape.ts'
export type { ModePolicies, ModePolicy } from './login/modes.ts'
export type { AudiencePolicy, Lifetimes, LoginEvent } from './login/options.ts'
export type { Store } from './login/store.ts'
export { type Consistency, type Freshness, type OnStale, type RevocationView, staleOk } from './revocation/check.ts'
export type { Confirmation, Receipt } from './revocation/revoke.ts'
export type { Device, Mode, Session } from './session/session.ts'
