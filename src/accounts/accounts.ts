/** Accounts: email and password, claims, and the one-time codes that reset a password. */
import type { Clock } from '../clock.ts'
import { randomId } from '../crypto/random.ts'
import { AuthError, isAuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { RecordsOf } from '../records.ts'
import type { Receipt } from '../revocation/revoke.ts'
import type { Account } from './account.ts'
import { acceptClaims, FIRST_CLAIMS } from './account-claims.ts'
import { normaliseEmail, readEmail } from './email.ts'
import { createPasswordChanges } from './password-changes.ts'
import { createResetCodes } from './password-reset.ts'
import { acceptNewPassword, type PasswordHasher, readPresentedPassword } from './passwords.ts'
import type { AccountStore } from './store.ts'

/** What accounts need of the logins; the part above hands it in. */
export interface AccountLogins {
  /** Ends every session of the subject; resolves when nobody accepts them any more. */
  endAll(subject: string): Promise<Receipt>
  /** Loads the subject's claims anew everywhere. */
  changeClaims(subject: string): Promise<Receipt & { readonly claims: JsonObject }>
}

export interface ResetCode {
  /** `<id>.<secret>`: shown once, to whoever asked for it; only the secret's hash is stored. */
  readonly code: string
  /** Seconds since 1970. */
  readonly expiresAt: number
  readonly account: Account
}

/** Accounts of Sojourn's own server. Emails are normalised by every method. */
export interface Accounts {
  /** @throws AuthError `account.invalid`, `account.exists`, `account.password_weak`, `account.busy` */
  signUp(input: { readonly email: string; readonly password: string; readonly claims?: JsonObject }): Promise<Account>
  /**
   * The account, if the password is its own. An unknown email costs the same time and gives the same answer.
   * Sessions that a password change has left behind end first.
   * @throws AuthError `account.credentials`, `account.busy`
   */
  signIn(input: { readonly email: string; readonly password: string }): Promise<Account>
  /**
   * Whether `account`'s password still is `password`: asked once more after a session was started, so that a password
   * change that ran in between is not straddled.
   */
  stillSignsIn(account: Account, password: string): Promise<boolean>
  /**
   * Checks the current password and replaces it; then ends all sessions, by `endOthers` where the caller keeps its own.
   * That one answers false when it has ended nothing, for the caller's session is gone: then all of them end.
   * When the store fails in between, the sessions end at the next sign-in or by `finishPasswordChanges`.
   *
   * @throws AuthError `account.credentials` (current password wrong), `account.password_weak`, `account.invalid` (same as before), `account.busy`
   */
  changePassword(
    subject: string,
    current: string,
    next: string,
    endOthers?: (account: Account) => Promise<boolean>,
  ): Promise<Account>
  /** Makes a one-time code, for 30 minutes; an older one of the same account no longer works. Null: no such account. */
  requestReset(emailOrId: string): Promise<ResetCode | null>
  /**
   * Spends the code (at most once), sets the password and ends all sessions; as `changePassword` when the store fails in between.
   * @throws AuthError `account.reset_invalid`, `account.password_weak` (the code stays good), `account.busy`
   */
  resetPassword(code: string, password: string): Promise<Account>
  /** Ends the sessions of accounts whose password was changed by a process that did not get to it; answers how many. */
  finishPasswordChanges(): Promise<number>
  /** Sets all application claims. @throws AuthError `account.invalid` (no such account, or claims that are not allowed) */
  setClaims(subject: string, claims: JsonObject): Promise<Receipt & { readonly claims: JsonObject }>
  /** By id or email. */
  find(emailOrId: string): Promise<Account | null>
  list(cursor: string | null, limit: number): Promise<readonly Account[]>
  /**
   * Makes the first operator's account with a one-time password when there is no account at all yet.
   * Null: there are accounts already. Of several callers at once one makes it.
   */
  createFirstOperator(email: string): Promise<{ readonly account: Account; readonly password: string } | null>
}

export interface AccountsOptions {
  readonly store: AccountStore
  readonly records: RecordsOf
  readonly hasher: PasswordHasher
  readonly logins: AccountLogins
  readonly clock: Clock
}

const SAVE_ATTEMPTS = 8

export function createAccounts({ store, records, hasher, logins, clock }: AccountsOptions): Accounts {
  const resetCodes = createResetCodes(records, clock)
  const changes = createPasswordChanges(records, clock)

  const find = async (emailOrId: string): Promise<Account | null> => {
    if (!emailOrId.includes('@')) return store.findById(emailOrId)
    const email = readEmail(emailOrId)
    return email === null ? null : store.findByEmail(email)
  }

  const create = async (email: string, password: string, rest: Pick<Account, 'claims' | 'mustChangePassword'>) => {
    const account: Account = {
      id: randomId(),
      email,
      passwordHash: await hasher.hash(password),
      createdAt: clock.now(),
      version: 1,
      ...rest,
    }
    return (await store.create(account)) === 'created' ? account : null
  }

  /** Compare-and-set with retry; null when the account is gone or `change` answers null. */
  const update = async (id: string, change: (account: Account) => Account | null): Promise<Account | null> => {
    for (let attempt = 0; attempt < SAVE_ATTEMPTS; attempt++) {
      const current = await store.findById(id)
      const changed = current && change(current)
      if (!changed) return null
      const next = { ...changed, version: current.version + 1 }
      const outcome = await store.save(next)
      if (outcome === 'saved') return next
      if (outcome === 'missing') return null
    }
    throw new AuthError('store.unavailable', 'The account is being changed by somebody else. Try again.')
  }

  /** Ends the sessions that an unfinished password change has left behind; whether there was one. */
  const finish = async (account: Account): Promise<boolean> => {
    const unfinished = await changes.unfinished(account)
    if (unfinished.length === 0) return false
    await logins.endAll(account.id)
    for (const change of unfinished) await change.done()
    return true
  }

  /** Saves the password and ends the sessions. Null, and nothing changed: `isStill` says no, or the account is gone. */
  const replacePassword = async (
    id: string,
    passwordHash: string,
    isStill: (stored: Account) => boolean,
    endSessions: (account: Account) => Promise<boolean>,
  ): Promise<Account | null> => {
    const change = await changes.begin(id, passwordHash)
    const changed = await update(id, (stored) =>
      isStill(stored) ? { ...stored, passwordHash, mustChangePassword: false } : null,
    )
    if (changed && !(await endSessions(changed))) await logins.endAll(id)
    await change.done()
    return changed
  }

  /** Stores the password under today's parameters. A sign-in does not fail because this could not be done now. */
  const rehash = async (account: Account, password: string): Promise<void> => {
    try {
      await store.save({ ...account, passwordHash: await hasher.hash(password), version: account.version + 1 })
    } catch (error) {
      // Under load the next sign-in does it.
      if (!isAuthError(error, 'account.busy')) throw error
    }
  }

  return {
    async signUp({ email: given, password, claims }) {
      const email = normaliseEmail(given)
      const accepted = claims === undefined ? FIRST_CLAIMS : acceptClaims(claims)
      const account = await create(email, acceptNewPassword(password, email), {
        claims: accepted,
        mustChangePassword: false,
      })
      if (!account) throw new AuthError('account.exists', 'There is an account with this email address already.')
      return account
    },

    async signIn({ email: given, password: presented }) {
      const email = readEmail(given)
      const password = readPresentedPassword(presented)
      const account = email === null ? null : await store.findByEmail(email)
      if (!account || password === null) {
        await hasher.verifyNothing(password ?? '')
        throw wrongCredentials()
      }
      if (!(await hasher.verify(account.passwordHash, password))) throw wrongCredentials()
      await finish(account)
      if (hasher.needsRehash(account.passwordHash)) await rehash(account, password)
      return account
    },

    async stillSignsIn(account, presented) {
      const current = await store.findById(account.id)
      if (!current) return false
      if (current.passwordHash === account.passwordHash) return true
      const password = readPresentedPassword(presented)
      return password !== null && hasher.verify(current.passwordHash, password)
    },

    async changePassword(subject, presented, next, endOthers = endNobody) {
      const account = await store.findById(subject)
      const current = readPresentedPassword(presented)
      if (!account || current === null || !(await hasher.verify(account.passwordHash, current)))
        throw new AuthError('account.credentials', 'The current password is not right.')
      const accepted = acceptNewPassword(next, account.email)
      if (accepted === current)
        throw new AuthError('account.invalid', 'The new password is the same as the current one.')
      const passwordHash = await hasher.hash(accepted)
      // Somebody else may have changed it meanwhile: then what was checked above is no longer the current password.
      const isStill = (stored: Account) => stored.passwordHash === account.passwordHash
      const changed = await replacePassword(subject, passwordHash, isStill, endOthers)
      if (!changed) throw new AuthError('account.credentials', 'The current password is not right.')
      return changed
    },

    async requestReset(emailOrId) {
      const account = await find(emailOrId)
      return account && { ...(await resetCodes.issue(account.id)), account }
    },

    async resetPassword(code, password) {
      const found = await resetCodes.find(code)
      const account = found && (await store.findById(found.accountId))
      if (!account) throw badReset()
      const passwordHash = await hasher.hash(acceptNewPassword(password, account.email))
      if (!(await found.spend())) throw badReset()
      const changed = await replacePassword(account.id, passwordHash, () => true, endNobody)
      if (!changed) throw badReset()
      return changed
    },

    async finishPasswordChanges() {
      let finished = 0
      for (const id of await changes.forgotten()) {
        const account = await store.findById(id)
        if (account && (await finish(account))) finished++
      }
      return finished
    },

    async setClaims(subject, claims) {
      const accepted = acceptClaims(claims)
      if (!(await update(subject, (stored) => ({ ...stored, claims: accepted }))))
        throw new AuthError('account.invalid', 'There is no such account.')
      return logins.changeClaims(subject)
    },

    find,
    list: (cursor, limit) => store.list(cursor, limit),

    async createFirstOperator(email) {
      if ((await store.count()) > 0) return null
      const password = randomId()
      const account = await create(normaliseEmail(email), password, {
        claims: { roles: ['operator'] },
        mustChangePassword: true,
      })
      return account && { account, password }
    },
  }
}

/** Leaves it to `endAll`. */
async function endNobody(): Promise<boolean> {
  return false
}

/** One answer whether it was the email or the password. */
function wrongCredentials(): AuthError {
  return new AuthError('account.credentials', 'Email or password is not right.')
}

function badReset(): AuthError {
  return new AuthError(
    'account.reset_invalid',
    'This reset code has been used, replaced, or is over. Ask for a new one.',
  )
}
