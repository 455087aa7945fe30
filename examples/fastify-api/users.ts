/** The application's own users: a table, and argon2id by Node. */
import { argon2, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'

export interface User {
  readonly id: string
  readonly email: string
  readonly role: string
}

const COST = { parallelism: 1, tagLength: 32, memory: 19_456, passes: 2 }
const hash = (password: string, nonce: Uint8Array) =>
  promisify(argon2)('argon2id', { message: password, nonce, ...COST })

export function openUsers(path: string) {
  const db = new DatabaseSync(path)
  db.exec('CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, email TEXT UNIQUE, role TEXT, salt BLOB, hash BLOB)')
  const nobody = { salt: randomBytes(16), hash: randomBytes(32) }

  return {
    /** null: the address is taken. */
    async signUp(email: string, password: string, role = 'reader'): Promise<User | null> {
      const [id, salt] = [randomUUID(), randomBytes(16)]
      const { changes } = db
        .prepare('INSERT INTO users VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
        .run(id, email, role, salt, await hash(password, salt))
      return changes === 1 ? { id, email, role } : null
    },
    /** Takes as long for an address that nobody has. */
    async signIn(email: string, password: string): Promise<User | null> {
      const row = db.prepare('SELECT * FROM users WHERE email = ?').get(email)
      const known = (row ?? nobody) as { readonly salt: Uint8Array; readonly hash: Uint8Array }
      const right = timingSafeEqual(await hash(password, known.salt), known.hash)
      return right && row ? (row as unknown as User) : null
    },
    find: (id: string) => db.prepare('SELECT id, email, role FROM users WHERE id = ?').get(id) as User | undefined,
    all: () => db.prepare('SELECT id, email, role FROM users ORDER BY email').all() as unknown as readonly User[],
    setRole: (id: string, role: string) => void db.prepare('UPDATE users SET role = ? WHERE id = ?').run(role, id),
    close: () => db.close(),
  }
}
