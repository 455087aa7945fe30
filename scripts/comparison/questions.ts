/** The questions that everybody asks, each with the card that answers it. Numbers stand as `{name}`: they come from result files. */
import type { LineId } from '../../web/lab/claims/lines.ts'

export interface Question {
  readonly question: string
  readonly answer: string
  readonly card: LineId
}

export const QUESTIONS: readonly Question[] = [
  {
    question: 'Which should I use?',
    answer:
      'For pages on one domain a session cookie: with the weights of a consumer site, and nothing ruled out, it is {pointsAhead} of a hundred ahead of tokens in the page. Phones, partners, services that must not issue logins and unrelated sites need tokens; Sojourn gives them short ones of the same session. Decide asks about your system, says what fits and names the answer that would change it.',
    card: 'V-1',
  },
  {
    question: 'Why is my cookie not sent?',
    answer:
      'A browser sends a cookie to its own host (or, with `Domain`, to the hosts below that), to its path, over HTTPS if it is `Secure`, and from other sites only as far as `SameSite` allows. Often it was never stored: a `__Host-` name with a `Domain`, or `SameSite=None` without `Secure`. Paste the `Set-Cookie` line into Cookies, which names the rule; its rules and real Chromium agree in {jarCases}.',
    card: 'C+5',
  },
  {
    question: 'How long is a stolen token good?',
    answer:
      'Until it expires, if nobody notices: an access token of Sojourn lives {accessSeconds} unless told otherwise. Once it is revoked, no verifier of the fleet accepts it: {tokenAcceptedAfter} were let through after `revoke()` had returned. A verifier that hears nothing of revocations, and any other library that checks only the signature, goes on until it expires.',
    card: 'J-1',
  },
  {
    question: 'What does logging out do?',
    answer:
      'Deleting the cookie in the browser is no logout: a copy of it goes on. Sojourn ends the session itself and writes so to the log, and from then on cookie and tokens of that session are refused: {cookieAcceptedAfter} were let through afterwards. An application on another domain has a session of its own; a message from the provider ends that one, and until it arrives the application does not know.',
    card: 'C+1',
  },
  {
    question: 'Can I revoke a JWT?',
    answer:
      'Yes, but it takes state: whoever checks the token must hear of the revocation. Sojourn keeps that state in the memory of each verifier, {revocationBytes} for a live revocation, and off the path of the request. A verifier that cannot reach the log any more stops accepting when its lease ends.',
    card: 'J-3',
  },
  {
    question: 'Are cookies enough against CSRF?',
    answer:
      'No: the browser attaches the cookie whoever made the request. `SameSite=Lax` stops forms of other sites, but not those of a sibling sub-domain, which belongs to the same site. Sojourn also checks `Sec-Fetch-Site` and `Origin`, from the start; {forgeriesPassed} of the forged ones that were tried got through.',
    card: 'C-5',
  },
  {
    question: 'What about phones?',
    answer:
      'An app signs in by the system browser, with PKCE, and gets an access token of minutes and a refresh token that changes at each use; it holds {phoneCookies}. Both belong to a session like any other, which the user sees in the list of devices and can end from there.',
    card: 'C-6',
  },
  {
    question: 'Where do I store the refresh token?',
    answer:
      'In a browser: nowhere that script can read. Let the page have a session cookie, and keep tokens at your server. On a phone it belongs into the key store of the system; on a server, with the other secrets. A copy is found out when it is used: {reuseCaughtAfter} of a spent one, and the whole family ends, the thief’s successor included.',
    card: 'V-3',
  },
]
