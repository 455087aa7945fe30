/** What can be chosen on the SSO screen. */

export const FLOWS = ['redirect', 'form_post', 'sibling', 'bff', 'mobile', 'bridge'] as const
export type Flow = (typeof FLOWS)[number]

/**
 * What happens to the state cookie of a sign-in whose answer comes as a form from another site. `aside`: as the product does,
 * which puts the form aside and fetches it by a redirect to itself.
 */
export const STATE_COOKIES = ['lax', 'none', 'aside'] as const
export type StateCookie = (typeof STATE_COOKIES)[number]

export interface SsoSettings {
  readonly flow: Flow
  /** For `form_post`. */
  readonly stateCookie: StateCookie
  /** How long a logout at the provider takes to reach each application. */
  readonly delayOneSeconds: number
  readonly delayTwoSeconds: number
}
