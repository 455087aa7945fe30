/** Accounts of Sojourn's own server in Redis: one slot, so that id and email are taken in one step. */
import type { Account } from '../../accounts/account.ts'
import type { AccountStore } from '../../accounts/store.ts'
import type { Reply } from './connection.ts'
import { asCount, asList, asObject, asText, checkLimit, parseJson, toJson } from './fields.ts'
import type { Steps } from './steps.ts'

export function createAccounts(steps: Steps): AccountStore {
  const tag = `${steps.prefix}=accounts`
  const keys = [`{${tag}}rows`, `{${tag}}emails`, `{${tag}}ids`]
  const on = (name: Parameters<Steps['on']>[0], ...args: readonly string[]): Promise<Reply> =>
    steps.on(name, tag, keys, 0, ...args)
  const one = async (id: string, email: string): Promise<Account | null> => {
    const reply = await on('findAccount', id, email)
    if (reply === null) return null
    const [found, text] = asList(reply, 'accounts')
    return text === null ? null : parseAccount(asText(found, 'accounts'), text)
  }
  return {
    async create(account) {
      return (await on('createAccount', account.id, toJson(account.email), textOf(account))) as 'created' | 'exists'
    },
    findById: (id) => (id === '' ? Promise.resolve(null) : one(id, '')),
    findByEmail: (email) => one('', toJson(email)),
    async save(account) {
      const args = [account.id, toJson(account.email), textOf(account), String(account.version)]
      return (await on('saveAccount', ...args)) as 'saved' | 'conflict' | 'missing' | 'exists'
    },
    async list(cursor, limit) {
      checkLimit(limit)
      const flat = asList(await on('listAccounts', cursor === null ? '-' : `(${cursor}`, String(limit)), 'accounts')
      const found: Account[] = []
      for (let i = 0; i + 1 < flat.length; i += 2) found.push(parseAccount(asText(flat[i], 'accounts'), flat[i + 1]))
      return found
    },
    async count() {
      return asCount(await on('countAccounts'), 'accounts')
    },
  }
}

function textOf({ version, email, passwordHash, claims, mustChangePassword, createdAt }: Account): string {
  return `${version}\n${toJson(email)}\n${toJson({ passwordHash, claims, mustChangePassword, createdAt })}`
}

function parseAccount(id: string, text: unknown): Account {
  const place = `accounts/${id}`
  const [version, email, rest] = asText(text, place).split('\n')
  const fields = asObject(parseJson(rest, place), place)
  return {
    id,
    email: asText(parseJson(email, place), place),
    passwordHash: asText(fields.passwordHash, place),
    claims: asObject(fields.claims, place),
    mustChangePassword: fields.mustChangePassword === true,
    createdAt: asCount(fields.createdAt, place),
    version: asCount(version, place),
  }
}
