/**
 * The lines of the text that Sojourn was created from, by id and in our own words. J: tokens, C: cookies, I: introduction,
 * V: verdict, T: the tool; + speaks for it, - against it.
 */
export const LINES = {
  'I-1': 'An opaque handle to state at the server, or a signed token that carries its own claims',
  'I-2': 'Both have edges that show at scale or under attack only',
  'I-3': 'Architecture decides, not fashion',
  'J+1': 'A token is validated by its signature, without a look-up',
  'J+2': 'Any instance can check a token, with no session storage to share',
  'J+3': 'Claims such as user, roles and expiry come along inline',
  'J+4': 'Works across domains and services',
  'J+5': 'A standard, with libraries in every language',
  'J+6': 'Good for short-lived API access, issued by an OAuth or OpenID provider',
  'J-1': 'A stolen token is good until it expires, unless somebody keeps a denylist',
  'J-2': 'Claims make every request larger',
  'J-3': 'Invalidating at the server brings state back in',
  'J-4': 'A changed role takes effect only when the token is refreshed',
  'J-5': 'Easy to misuse: the algorithm "none", weak shared secrets',
  'J-6': 'No long-lived browser session by itself; it needs refresh tokens',
  'C+1': 'Revocation is simple: delete the session, and the cookie is worth nothing',
  'C+2': 'Opaque to the client, and out of the reach of script when HttpOnly',
  'C+3': 'Small on the wire, however much is known of the user',
  'C+4': 'A changed role or password takes effect at the next request',
  'C+5': 'Browsers have mature rules for cookies: SameSite, Secure, HttpOnly',
  'C+6': 'Fits long web sessions on one domain',
  'C-1': 'Sessions need storage at the server',
  'C-2': 'More instances must all reach the same session state',
  'C-3': 'A look-up at every request costs time and load',
  'C-4': 'Single sign-on across domains is awkward: cookies stay at home',
  'C-5': 'Cross-site request forgery is real; protection is compulsory',
  'C-6': 'Of no direct use to phones and third parties, without a bridge to tokens',
  'V-1': 'Pages on one domain: session cookies are nearly always the better default',
  'V-2': 'Tokens for APIs of many clients, for microservices, for single sign-on',
  'V-3': 'Even then: short access tokens with refresh tokens, never one long token alone',
  'V-4': 'The real question: where should the state live?',
  'T-1': 'The tool wants no account',
  'T-2': 'The tool has no advertising',
  'T-3': 'The tool runs on your device alone',
} as const

export type LineId = keyof typeof LINES
export const LINE_IDS = Object.keys(LINES) as readonly LineId[]
