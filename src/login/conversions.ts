/**
 * A session changes its mode without ending: the same record, the same id, another credential.
 *
 *   cookie or hybrid --- convert ---> both work --- first refresh ------------> token
 *   token            --- convert ---> both work --- first use of the cookie --> cookie or hybrid
 *   cookie           <-------------- at its next read from the store ---------> hybrid
 *
 * Both credentials work until the client has shown that the new one arrived: an answer that was lost, a tab that was slow or a
 * request that was under way costs nobody the login. Asked again, the same credential is handed out again.
 */
import { sha256Base64url } from '../crypto/digest.ts'
import { randomId, randomSecret } from '../crypto/random.ts'
import { AuthError } from '../errors.ts'
import { insist } from '../insist.ts'
import { newRefreshToken } from '../refresh/refresh-token.ts'
import type { Session } from '../session/session.ts'
import { sessionEnded } from '../session/sessions.ts'
import type { BrowserAccounts } from './browser-accounts.ts'
import { type Claim, readClaim } from './conversion-claim.ts'
import type { ConvertInput, LoggedIn } from './login.ts'
import { modeRefused } from './modes.ts'
import type { Parts } from './parts.ts'
import { grantScope } from './scope.ts'
import type { SessionCookies } from './session-cookie.ts'
import type { SettleMode } from './settle-mode.ts'
import type { TokenPairs } from './token-pairs.ts'

export interface Conversions {
  convert(input: ConvertInput): Promise<LoggedIn>
}

const SECRET = 'conversion'
/** For so long the same credential is handed out again. A claim is never removed before: somebody may be about to make it good. */
const REPEAT_SECONDS = 600
const ATTEMPTS = 20

export function createConversions(
  parts: Parts,
  through: {
    readonly cookies: SessionCookies
    readonly accounts: BrowserAccounts
    readonly tokenPairs: TokenPairs
    readonly settleMode: SettleMode
  },
): Conversions {
  const { options, sessions, modes } = parts
  const { clock, store, secrets } = options
  const { cookies, accounts, tokenPairs, settleMode } = through
  const records = store.records('conversion')

  /** The claim that holds for this session, whoever made it. `isUsed`: what it hands out has been used up. */
  const claimFor = async (
    session: Session,
    to: Claim['to'],
    isUsed: (claim: Claim) => Promise<boolean>,
  ): Promise<{ readonly claim: Claim; readonly secret: string }> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const now = clock.now()
      const found = await records.find(session.id, now)
      const held = found && readClaim(found.value)
      if (held?.to === to && now < held.at + REPEAT_SECONDS && !(await isUsed(held))) {
        return { claim: held, secret: await secrets.open(SECRET, held.sealed, session.id) }
      }
      const secret = to === 'token' ? randomSecret() : randomId()
      const familyId = to === 'token' ? store.families.newId(session.id) : ''
      const claim = { to, familyId, sealed: await secrets.seal(SECRET, secret, session.id), at: now }
      const until = now + REPEAT_SECONDS
      const written = await insist(() =>
        records.compareAndSet(session.id, found?.version ?? null, claim, until, clock.now()),
      )
      if (written) return { claim, secret }
    }
    throw new AuthError('session.conflict', 'the session is changing too often', { retryAfterSeconds: 1 })
  }

  /** What every audience of a token allows. */
  const scopesOf = (audience: readonly string[]): readonly string[] => {
    const [first = [], ...others] = audience.map((name) => options.audiences.get(name)?.scopes ?? [])
    return first.filter((scope) => others.every((scopes) => scopes.includes(scope)))
  }

  const toTokens = async (given: Session, input: ConvertInput): Promise<LoggedIn> => {
    // A cookie that comes back has arrived: what it came from is over before the next change begins.
    const session = given.mode === 'token' ? await settleMode.cookieArrived(given) : given
    const audience = await tokenPairs.checkAudience(input.audience, input.browser === true)
    const scope = grantScope(input.scope ?? '', scopesOf(audience))
    if ((await accounts.list(session)).length > 1) {
      throw new AuthError('policy.denied', 'this browser holds several accounts: sign out of the others first')
    }
    const { claim, secret } = await claimFor(session, 'token', async ({ familyId }) => {
      const family = await store.families.find(familyId, clock.now())
      return family !== null && family.step > 0
    })
    const other = await store.families.findBySession(session.id, clock.now())
    if (other && other.id !== claim.familyId) await store.families.revoke(other.id)
    const first = { ...newRefreshToken(claim.familyId, 0), secret }
    const tokens = await tokenPairs.start(session, { audience, scope }, first)
    return { session, cookie: null, tokens }
  }

  const toCookie = async (session: Session): Promise<LoggedIn> => {
    const { secret } = await claimFor(session, 'cookie', async () => false)
    const secretHash = sha256Base64url(secret)
    // In token mode with a cookie: it has been handed out and has not arrived yet.
    const next = await sessions.update(session.id, (row) =>
      row.secretHash === secretHash ? null : { secretHash, mode: 'token', browserId: row.browserId ?? randomId() },
    )
    cookies.forget(session.id)
    return { session: next, cookie: `${session.id}.${secret}`, tokens: null }
  }

  return {
    async convert(input) {
      const session =
        input.refreshToken !== undefined
          ? await tokenPairs.present(input.refreshToken)
          : ((await sessions.resume(input.cookie ?? ''))?.session ?? null)
      if (session?.subject == null) throw sessionEnded()
      if (input.refreshToken === undefined && !modes.admitsCookie(session.mode, session.clientId)) throw modeRefused()
      const wanted = modes.current === null ? null : modes.issueFor(session.clientId)
      if (wanted === null) throw new AuthError('policy.denied', 'no change of mode is under way')
      if (input.refreshToken === undefined) {
        if (wanted === 'token') return toTokens(session, input)
        const changed = await settleMode.toCookieMode(session, wanted)
        return { session: changed, cookie: input.cookie ?? null, tokens: null }
      }
      if (wanted === 'token') throw new AuthError('policy.denied', 'the session is in the mode that is issued')
      return toCookie(session)
    },
  }
}
