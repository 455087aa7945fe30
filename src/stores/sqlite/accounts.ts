/** Accounts in SQLite. */
import type { Account } from '../../accounts/account.ts'
import type { AccountStore } from '../../accounts/store.ts'
import { checkLimit, following } from './batches.ts'
import { columnsOf } from './columns.ts'
import type { Row } from './connection.ts'
import type { Database } from './database.ts'

export function createAccounts(database: Database): AccountStore {
  return {
    create: (account) =>
      database.write((connection) => {
        if (connection.get('SELECT 1 FROM accounts WHERE id = ? OR email = ?', account.id, account.email))
          return 'exists'
        connection.run(
          `INSERT INTO accounts (id, email, password_hash, claims, must_change_password, created_at, version)
            VALUES (?, ?, ?, ?, ?, ?, ?)`,
          account.id,
          account.email,
          account.passwordHash,
          JSON.stringify(account.claims),
          account.mustChangePassword ? 1 : 0,
          account.createdAt,
          account.version,
        )
        return 'created'
      }),

    findById: (id) => database.read((connection) => parse(connection.get('SELECT * FROM accounts WHERE id = ?', id))),

    findByEmail: (email) =>
      database.read((connection) => parse(connection.get('SELECT * FROM accounts WHERE email = ?', email))),

    save: (account) =>
      database.write((connection) => {
        const current = parse(connection.get('SELECT * FROM accounts WHERE id = ?', account.id))
        if (!current) return 'missing'
        if (current.version !== account.version - 1) return 'conflict'
        const sql = 'SELECT 1 FROM accounts WHERE email = ? AND id <> ?'
        if (connection.get(sql, account.email, account.id)) return 'exists'
        connection.run(
          `UPDATE accounts SET email = ?, password_hash = ?, claims = ?, must_change_password = ?, created_at = ?,
            version = ? WHERE id = ?`,
          account.email,
          account.passwordHash,
          JSON.stringify(account.claims),
          account.mustChangePassword ? 1 : 0,
          account.createdAt,
          account.version,
          account.id,
        )
        return 'saved'
      }),

    async list(cursor, limit) {
      checkLimit(limit)
      const sql = `SELECT * FROM accounts WHERE id ${following(cursor)} ORDER BY id LIMIT ?`
      const rows = await database.read((connection) => connection.all(sql, cursor ?? '', limit))
      return rows.map(parseAccount)
    },

    count: () => database.read((connection) => Number(connection.get('SELECT count(*) AS n FROM accounts')?.n)),
  }
}

function parse(row: Row | undefined): Account | null {
  return row ? parseAccount(row) : null
}

function parseAccount(row: Row): Account {
  const columns = columnsOf(row, `accounts/${row.id}`)
  return {
    id: columns.text('id'),
    email: columns.text('email'),
    passwordHash: columns.text('password_hash'),
    claims: columns.object('claims').all(),
    mustChangePassword: columns.count('must_change_password') === 1,
    createdAt: columns.count('created_at'),
    version: columns.count('version'),
  }
}
