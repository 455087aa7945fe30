/** `sojourn accounts list|create|claims|reset`: the accounts of Sojourn's own server. */
import type { Account } from '../accounts/account.ts'
import { randomSecret } from '../crypto/random.ts'
import type { JsonObject } from '../json.ts'
import type { Instance } from '../server/instance.ts'
import { type Command, JSON_OPTION } from './command.ts'
import { withInstance } from './open.ts'
import { inWords, iso, plain, printJson, printRows, receiptJson, receiptLine } from './output.ts'
import { UsageError } from './usage-error.ts'

const PAGE = 500
const CLAIMS_LIMIT = 16_384

export const accountsList: Command = {
  summary: 'list accounts',
  options: JSON_OPTION,
  run: ({ terminal, flag }) =>
    withInstance(terminal.env, async ({ accounts, clock }) => {
      const list: Account[] = []
      let page: readonly Account[]
      do {
        page = await accounts.list(list.at(-1)?.id ?? null, PAGE)
        list.push(...page)
      } while (page.length === PAGE)
      const now = clock.now()
      if (flag('json')) printJson(terminal, { accounts: list.map(asJson) })
      else
        printRows(
          terminal,
          list,
          [
            { title: 'subject', show: (account) => account.id },
            { title: 'email', show: (account) => account.email },
            { title: 'roles', show: (account) => roles(account) },
            {
              title: 'created',
              show: ({ createdAt }) => inWords(createdAt, now),
              raw: ({ createdAt }) => iso(createdAt),
            },
            { title: 'password', show: (account) => (account.mustChangePassword ? 'must be changed' : 'set') },
          ],
          'There are no accounts yet.',
        )
      return 0
    }),
}

export const accountsCreate: Command = {
  summary: 'create an account and print a one-time link that sets its password',
  positionals: ['EMAIL'],
  options: {
    claims: { type: 'boolean', help: 'read the account\'s claims from standard input, e.g. {"roles":["operator"]}' },
    ...JSON_OPTION,
  },
  run: async ({ terminal, positionals: [email = ''], flag }) => {
    const claims = flag('claims') ? readClaims(await terminal.readInput('claims as JSON', CLAIMS_LIMIT)) : {}
    return withInstance(terminal.env, async (instance) => {
      // Nobody knows this password: the link replaces it.
      const account = await instance.accounts.signUp({ email, password: randomSecret(), claims })
      await instance.audit.record({ action: 'account.sign_up', actor: { kind: 'cli' }, subject: account.id })
      return printReset(instance, account.id, terminal, flag('json'))
    })
  },
}

export const accountsClaims: Command = {
  summary: "show an account's claims, or replace them",
  positionals: ['WHO'],
  options: {
    set: {
      type: 'boolean',
      help: 'read the new claims from standard input, e.g. {"roles":["editor"]}; they replace all',
    },
    ...JSON_OPTION,
  },
  notes: [
    'WHO is a subject or an email address. When it returns, the next request everywhere sees the new claims; nobody is',
    'logged out.',
  ],
  run: async ({ terminal, positionals: [who = ''], flag }) => {
    const claims = flag('set') ? readClaims(await terminal.readInput('claims as JSON', CLAIMS_LIMIT)) : null
    return withInstance(terminal.env, async ({ accounts }) => {
      const account = await findAccount(accounts, who)
      if (!claims) {
        printJson(terminal, flag('json') ? { subject: account.id, claims: account.claims } : account.claims)
        return 0
      }
      const receipt = await accounts.setClaims(account.id, claims)
      if (flag('json'))
        printJson(terminal, { subject: account.id, claims: receipt.claims, receipt: receiptJson(receipt) })
      else
        terminal.out(
          `Claims of ${plain(account.email)} are in force: ${receiptLine(receipt).replace('refused', 'known')}.`,
        )
      return 0
    })
  },
}

export const accountsReset: Command = {
  summary: 'print a one-time link with which the owner sets a new password',
  positionals: ['WHO'],
  options: JSON_OPTION,
  notes: [
    'WHO is a subject or an email address. Using the link ends every session of the account; an older link stops working.',
  ],
  run: ({ terminal, positionals: [who = ''], flag }) =>
    withInstance(terminal.env, (instance) => printReset(instance, who, terminal, flag('json'))),
}

async function printReset(
  { accounts, audit, clock, config }: Instance,
  who: string,
  terminal: { out(text: string): void },
  asJsonText: boolean,
): Promise<number> {
  const reset = await accounts.requestReset(who)
  if (!reset) throw noAccount()
  await audit.record({ action: 'account.reset_requested', actor: { kind: 'cli' }, subject: reset.account.id })
  const link = `${config.url}/reset#${reset.code}`
  if (asJsonText)
    terminal.out(
      JSON.stringify({ subject: reset.account.id, code: reset.code, link, expires_at: reset.expiresAt }, null, 2),
    )
  else {
    terminal.out(
      `One-time link for ${plain(reset.account.email)}, good until ${iso(reset.expiresAt)} (${inWords(reset.expiresAt, clock.now())}):`,
    )
    terminal.out(link)
  }
  return 0
}

async function findAccount(accounts: Instance['accounts'], who: string): Promise<Account> {
  const account = await accounts.find(who)
  if (!account) throw noAccount()
  return account
}

function noAccount(): UsageError {
  return new UsageError('there is no such account; `sojourn accounts list` shows them', 1)
}

/** @throws UsageError for anything but a JSON object */
function readClaims(text: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new UsageError('standard input is not JSON: give an object such as {"roles":["editor"]}', 1, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UsageError('standard input is no JSON object: give one such as {"roles":["editor"]}', 1)
  return value as JsonObject
}

function roles(account: Account): string {
  const found = account.claims.roles
  return (Array.isArray(found) && found.map(String).join(', ')) || '-'
}

function asJson(account: Account) {
  return {
    subject: account.id,
    email: account.email,
    claims: account.claims,
    created_at: account.createdAt,
    must_change_password: account.mustChangePassword,
  }
}
