/** Accounts in Postgres. */
import type { Account } from '../../accounts/account.ts'
import type { AccountStore } from '../../accounts/store.ts'
import { checkLimit } from './batches.ts'
import { columnsOf, type Row } from './columns.ts'
import type { Database } from './database.ts'
import { oneOf } from './log.ts'
import { calling, reading } from './statement.ts'
import { storable } from './storable.ts'

/** @param s  the quoted name of the schema */
export function createAccounts(database: Database, s: string): AccountStore {
  const sql = {
    create: calling(s, 'create_account', 1),
    save: calling(s, 'save_account', 1),
    findById: reading(`SELECT * FROM ${s}.accounts WHERE id = $1`),
    findByEmail: reading(`SELECT * FROM ${s}.accounts WHERE email = $1`),
    list: reading(`SELECT * FROM ${s}.accounts WHERE $1::text IS NULL OR id > $1 ORDER BY id LIMIT $2`),
    count: reading(`SELECT count(*) AS n FROM ${s}.accounts`),
  }
  return {
    async create(account) {
      return oneOf(await database.step(sql.create, accountJson(account)), 'create_account', ['created', 'exists'])
    },

    async findById(id) {
      const [row] = await database.read(sql.findById, id)
      return row ? parseAccount(row) : null
    },

    async findByEmail(email) {
      const [row] = await database.read(sql.findByEmail, email)
      return row ? parseAccount(row) : null
    },

    async save(account) {
      const row = await database.step(sql.save, accountJson(account))
      return oneOf(row, 'save_account', ['saved', 'conflict', 'missing', 'exists'])
    },

    async list(cursor, limit) {
      checkLimit(limit)
      return (await database.scan(sql.list, cursor, limit)).map(parseAccount)
    },

    async count() {
      const [row] = await database.scan(sql.count)
      return columnsOf(row ?? {}, 'accounts').count('n')
    },
  }
}

function accountJson(account: Account): string {
  return JSON.stringify({
    id: storable(account.id),
    email: storable(account.email),
    password_hash: storable(account.passwordHash),
    claims: JSON.stringify(account.claims),
    must_change_password: account.mustChangePassword,
    created_at: account.createdAt,
    version: account.version,
  })
}

function parseAccount(row: Row): Account {
  const columns = columnsOf(row, `accounts/${row.id}`)
  return {
    id: columns.text('id'),
    email: columns.text('email'),
    passwordHash: columns.text('password_hash'),
    claims: columns.object('claims').all(),
    mustChangePassword: columns.flag('must_change_password'),
    createdAt: columns.count('created_at'),
    version: columns.count('version'),
  }
}
