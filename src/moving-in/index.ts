/** `sojourn/moving-in`: logins that another library began go on as ours, so that a switch logs nobody out. */
export type { FormerCookie, FormerLogins, MovedLogin } from '../http/move-in.ts'
export type { FormerLogin } from '../login/move-in-shape.ts'
export { type ExpressSessionOptions, type ExpressSessionStore, fromExpressSession } from './express-session.ts'
export { type IncomingRequest, type MovingIn, movingIn, type OutgoingResponse } from './middleware.ts'
export { fromSealedCookie, type SealedCookieOptions } from './sealed-cookie.ts'
