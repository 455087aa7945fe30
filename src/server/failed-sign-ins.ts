/** Sign-ins that failed, in the audit log: by id only, an address that has no account is not written down. */
import type { Audit } from '../audit/audit.ts'
import type { Clock } from '../clock.ts'
import type { Store } from '../login/store.ts'

export interface FailedSignIns {
  /** A password was looked at and was wrong. */
  wrong(email: string, address: string | null): Promise<void>
  /** An attempt was not let through: written once a minute for each account and address, and a hundred times at most. */
  throttled(email: string, address: string | null): Promise<void>
}

const EVERY_SECONDS = 60
/** Anybody can be refused thousands of times a second, for nothing: the log must not fill the disk by that. */
const MOST = 100

export function createFailedSignIns(options: {
  readonly audit: Audit
  readonly accounts: Pick<Store['accounts'], 'findByEmail'>
  readonly clock: Clock
}): FailedSignIns {
  const { audit, accounts, clock } = options
  const written = new Set<string>()
  let beganAt = Number.NEGATIVE_INFINITY

  const isNew = (key: string): boolean => {
    const now = clock.now()
    if (Math.abs(now - beganAt) >= EVERY_SECONDS) {
      beganAt = now
      written.clear()
    }
    if (written.has(key) || written.size >= MOST) return false
    written.add(key)
    return true
  }
  const record = async (
    action: 'session.throttled' | 'session.sign_in_failed',
    email: string,
    address: string | null,
  ): Promise<void> => {
    const account = await accounts.findByEmail(email)
    await audit.record({ action, actor: { kind: 'anonymous' }, subject: account?.id ?? null, address })
  }
  return {
    wrong: (email, address) => record('session.sign_in_failed', email, address),
    async throttled(email, address) {
      if (isNew(`${email} ${address}`)) await record('session.throttled', email, address)
    },
  }
}
